// Moves of any axis, the batch included: slice, split, transpose, pad, tile, expand, view,
// depth_to_space, space_to_depth, concat.
#include <doctest/doctest.h>

#include "tests/core/op_checks.h"

namespace octet::test {
namespace {

using Vars = std::span<const Var>;
constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();

std::vector<OpCase> cases() {
  const Tensor image = random_tensor({3, 5, 4, 6}, 1);
  const Tensor deep = random_tensor({3, 2, 2, 3, 2, 3}, 2);
  const auto pads = [](PadMode mode, real value = 0) {
    return [=](Vars v) { return pad(v[0], {1, 0, 5, -1, 0, 2}, {0, 1, 1, 2, 0, 0}, mode, value); };
  };
  return {
      {"slice of the batch", {image}, [](Vars v) { return slice(v[0], 0, 1, 3); }},
      {"slice backwards", {image}, [](Vars v) { return slice(v[0], -1, 4, -1, -2); }},
      {"slices",
       {deep},
       [](Vars v) {
         const AxisRange slices[] = {{0, -2}, {2, -1, -9, -1}, {-1, 0, all, 2}};
         return slice(v[0], slices);
       }},
      {"uneven split",
       {image},
       [](Vars v) {
         const auto parts = split(v[0], 1, std::vector<std::int64_t>{2, 1, 2});
         return parts[0] * parts[2] + parts[1];
       }},
      {"transpose of the batch",
       {image},
       [](Vars v) {
         return transpose(v[0], {2, 3, 0, 1});
       }},
      {"transpose of six",
       {deep},
       [](Vars v) {
         return transpose(v[0], {5, 0, 3, 2, 4, 1});
       }},
      {"pad of six", {deep}, pads(PadMode::constant, real(0.7))},
      {"reflect", {deep}, pads(PadMode::reflect)},
      {"edge", {deep}, pads(PadMode::edge)},
      {"wrap", {deep}, pads(PadMode::wrap)},
      {"tile",
       {image},
       [](Vars v) {
         return tile(v[0], {2, 1, 3, 1});
       }},
      {"tile of the last",
       {image},
       [](Vars v) {
         return tile(v[0], {1, 2, 1, 2});
       }},
      {"expand",
       {random_tensor({3, 1, 4, 1}, 3)},
       [](Vars v) {
         return expand(v[0], {5, 1, 6});
       }},
      {"expand to more dimensions",
       {random_tensor({1, 4}, 4)},
       [](Vars v) {
         return expand(v[0], {3, 2, 4});
       }},
      {"view",
       {image},
       [](Vars v) {
         return view(v[0], {-1, 2, 0, 3});
       }},
      {"depth_to_space, crd",
       {random_tensor({3, 2, 3, 8}, 5)},
       [](Vars v) { return depth_to_space(v[0], 2, DepthOrder::crd); }},
      {"space_to_depth",
       {random_tensor({3, 4, 6, 2}, 6)},
       [](Vars v) { return space_to_depth(v[0], 2); }},
      {"concat of the batch",
       {image, random_tensor({2, 5, 4, 6}, 7)},
       [](Vars v) {
         return concat({v[1], v[0]}, 0);
       }},
  };
}

}  // namespace

TEST_SUITE("core layout ops") {
  TEST_CASE("threads and gradients") {
    check_cases(cases());
    const Tensor big = random_tensor({4, 60, 50, 16}, 8);
    check_threads("big pad", {big}, [](Vars v) {
      return pad(v[0], {0, 3, 3, 0}, {0, 3, 3, 0}, PadMode::reflect);
    });
    check_threads("big transpose", {big}, [](Vars v) { return transpose(v[0], {3, 0, 2, 1}); });
  }

  TEST_CASE("values by hand") {
    Tape tape;
    const Var a = tape.input(counting({2, 3}));
    const auto sliced = [&](AxisRange s) { return slice(a, std::span(&s, 1)); };
    CHECK(largest_error(sliced({1, all, -9, -1}).value(), {2, 1, 0, 5, 4, 3}) == 0);
    CHECK(largest_error(sliced({1, -1, -4, -2}).value(), {2, 0, 5, 3}) == 0);
    CHECK(largest_error(sliced({-2, 1}).value(), {3, 4, 5}) == 0);
    CHECK(sliced({1, -7, 9}).id == a.id);
    CHECK(contains(error_of([&] { sliced({1, 2, 2}); }), "slice: x [2, 3]: nothing from 2 to 2"));
    CHECK(contains(error_of([&] { sliced({1, 0, 2, 0}); }), "a step other than 0"));
    CHECK(largest_error(transpose(a, {1, 0}).value(), {0, 3, 1, 4, 2, 5}) == 0);
    CHECK(largest_error(concat({a, a}, 0).value(), {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}) == 0);
    const auto row = [&](PadMode mode) { return pad(slice(a, 0, 0, 1), {0, 5}, {0, 3}, mode); };
    CHECK(largest_error(row(PadMode::reflect).value(), {1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1}) == 0);
    CHECK(largest_error(row(PadMode::edge).value(), {0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2}) == 0);
    CHECK(largest_error(row(PadMode::wrap).value(), {1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}) == 0);
    CHECK(largest_error(pad(a, {-1, 1}, {1, -1}, PadMode::constant, 7).value(),
                        {7, 3, 4, 7, 7, 7}) == 0);
    CHECK(largest_error(tile(a, {1, 2}).value(), {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}) == 0);
    CHECK(largest_error(tile(a, {2, 1}).value(), {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}) == 0);
    const Var column = slice(a, 1, 2, 3);
    CHECK(largest_error(expand(column, {2, 2, 3}).value(), {2, 2, 2, 5, 5, 5, 2, 2, 2, 5, 5, 5}) ==
          0);
    CHECK(view(a, {-1, 1, 2}).shape() == Shape({3, 1, 2}));
    CHECK(view(a, {0, 3, -1}).shape() == Shape({2, 3, 1}));
    const Var deep = tape.input(counting({1, 1, 2, 4}));
    CHECK(largest_error(depth_to_space(deep, 2, DepthOrder::crd).value(),
                        {0, 1, 4, 5, 2, 3, 6, 7}) == 0);
    const Var two = tape.input(counting({1, 1, 1, 8}));
    CHECK(largest_error(depth_to_space(two, 2).value(), {0, 1, 2, 3, 4, 5, 6, 7}) == 0);
    CHECK(largest_error(depth_to_space(two, 2, DepthOrder::crd).value(),
                        {0, 4, 1, 5, 2, 6, 3, 7}) == 0);
    CHECK(same_bits(space_to_depth(depth_to_space(two, 2), 2).value(), two.value()));
  }

  TEST_CASE("pad takes the op that has an integer form where it can") {
    Tape tape;
    const Var x = tape.input(counting({1, 2, 2, 1}));
    const auto op = [&](Var y) { return std::string(tape.node(y.id).op->name()); };
    CHECK(op(pad(x, {0, 1, 0, 0}, {0, 0, 2, 0})) == "pad2d");
    CHECK(op(pad(x, {0, 1, 0, 0}, {0, 0, 2, 1})) == "pad");
    CHECK(op(pad(x, {0, -1, 0, 0}, {0, 0, 2, 0})) == "pad");
    CHECK(op(pad(x, {0, 1, 0, 0}, {0, 0, 2, 0}, PadMode::edge)) == "pad");
  }

  TEST_CASE("errors name op, expected and got") {
    Tape tape;
    const Var a = tape.input(counting({2, 3}));
    CHECK(contains(error_of([&] { slice(a, 1, 3, 4, -1); }), "begin > end >= -1"));
    CHECK(contains(error_of([&] { slice(a, 1, 3, 0, -1); }), "an end of at most 3 on axis 1"));
    CHECK(contains(error_of([&] {
                     split(a, 1, std::vector<std::int64_t>{1, 1});
                   }),
                   "parts that add up to axis 1 of [2, 3], got [1, 1]"));
    CHECK(contains(error_of([&] { pad(a, {0}, {0}); }), "pad: x: expected 1 dimensions"));
    CHECK(contains(error_of([&] { pad(a, {0, -2}, {0, -1}); }), "leave nothing"));
    CHECK(contains(error_of([&] { pad(a, {0, all}, {0, 0}); }), "or are too large"));
    CHECK(contains(error_of([&] { tile(a, {0, 1}); }), "tile: expected repeats >= 1, got [0, 1]"));
    CHECK(contains(error_of([&] { expand(a, {2, 2}); }), "[2, 3] does not broadcast to [2, 2]"));
    CHECK(contains(error_of([&] { view(a, {4, -1}); }), "6 values do not divide into 4"));
    CHECK(contains(error_of([&] { view(a, {1, 6, 0}); }), "there is no dimension 2"));
    CHECK(contains(error_of([&] { space_to_depth(a, 2); }), "H and W divisible by 2"));
  }
}

}  // namespace octet::test
