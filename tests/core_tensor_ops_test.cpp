// Sub, mul, slice, pad, transpose, concat, mean, resize, transposed convolution, dropout.
#include <doctest/doctest.h>

#include "tests/op_checks.h"

namespace octet::test {
namespace {

Tensor counting(const Shape& shape) {
  Tensor t = Tensor::empty(shape);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.r()[i] = static_cast<real>(i);
  return t;
}

Window2d window(int k, int stride, Padding2d pads) {
  Window2d w;
  w.kernel_h = w.kernel_w = k;
  w.stride_h = w.stride_w = stride;
  w.padding = pads;
  return w;
}

/// An op on fixed inputs, for the tests that treat all alike.
struct Case {
  const char* name;
  std::vector<Tensor> inputs;
  std::function<Var(std::span<const Var>)> record;
};

std::vector<Case> cases() {
  const Tensor image = random_tensor({3, 5, 4, 6}, 1);
  const Tensor channels = random_tensor({3, 1, 1, 6}, 2), vector = random_tensor({6}, 3);
  using Vars = std::span<const Var>;
  return {
      {"sub", {image, random_tensor(image.shape(), 4)}, [](Vars v) { return v[0] - v[1]; }},
      {"sub broadcast", {channels, image}, [](Vars v) { return v[0] - v[1]; }},
      {"mul", {image, random_tensor(image.shape(), 5)}, [](Vars v) { return v[0] * v[1]; }},
      {"mul by channels", {image, channels}, [](Vars v) { return v[0] * v[1]; }},
      {"mul by a vector", {vector, image}, [](Vars v) { return v[0] * v[1]; }},
      {"mul of rows and columns",
       {random_tensor({3, 5, 1, 1}, 6), random_tensor({3, 1, 4, 6}, 7)},
       [](Vars v) { return v[0] * v[1]; }},
      {"mul by a constant", {image}, [](Vars v) { return v[0] * real(0.3); }},
      {"square", {image}, [](Vars v) { return v[0] * v[0]; }},
      {"slice", {image}, [](Vars v) { return slice(v[0], 1, 1, 5, 2); }},
      {"slice of channels", {image}, [](Vars v) { return slice(v[0], -1, 2, 5); }},
      {"split",
       {image},
       [](Vars v) {
         const auto parts = split(v[0], 3, 3);
         return parts[2] * parts[0];
       }},
      {"pad2d",
       {image},
       [](Vars v) {
         return pad2d(v[0], {1, 0, 2, 3});
       }},
      {"transpose",
       {image},
       [](Vars v) {
         return transpose(v[0], {0, 3, 1, 2});
       }},
      {"concat",
       {image, random_tensor({3, 5, 4, 2}, 8)},
       [](Vars v) {
         return concat({v[1], v[0], v[1]}, -1);
       }},
      {"concat of rows",
       {image, random_tensor({3, 2, 4, 6}, 9)},
       [](Vars v) {
         return concat({v[0], v[1]}, 1);
       }},
      {"mean of the image",
       {image},
       [](Vars v) {
         return mean(v[0], {1, 2});
       }},
      {"mean, dims kept",
       {image},
       [](Vars v) {
         return mean(v[0], {-1, 1}, true);
       }},
      {"nearest", {image}, [](Vars v) { return resize_nearest(v[0], 10, 7); }},
      {"nearest, aligned",
       {image},
       [](Vars v) { return resize_nearest(v[0], 3, 9, Coordinates::align_corners); }},
      {"bilinear", {image}, [](Vars v) { return resize_bilinear(v[0], 9, 3); }},
      {"bilinear, aligned",
       {image},
       [](Vars v) { return resize_bilinear(v[0], 7, 8, Coordinates::align_corners); }},
      {"bilinear, asymmetric",
       {image},
       [](Vars v) { return resize_bilinear(v[0], 10, 8, Coordinates::asymmetric); }},
      {"conv_transpose2d",
       {image, random_tensor({2, 3, 3, 6}, 10), random_tensor({2}, 11)},
       [](Vars v) {
         return conv_transpose2d(v[0], v[1], v[2], window(3, 2, Padding2d::all(1)), 1, 1);
       }},
      {"conv_transpose2d, same",
       {image, random_tensor({3, 4, 4, 6}, 12)},
       [](Vars v) {
         return conv_transpose2d(v[0], v[1], window(4, 2, Padding2d::same_padding()));
       }},
      {"dropout", {image}, [](Vars v) { return dropout(v[0], 0.3, 5); }},
  };
}

}  // namespace

TEST_SUITE("core tensor ops") {
  TEST_CASE("values by hand") {
    Tape tape;
    const Var a = tape.input(counting({1, 2, 3})), b = tape.input(counting({3}));
    CHECK(largest_error((a - b).value(), {0, 0, 0, 3, 3, 3}) == 0);
    CHECK(largest_error((a * b).value(), {0, 1, 4, 0, 4, 10}) == 0);
    CHECK(largest_error(slice(a, 2, 0, 3, 2).value(), {0, 2, 3, 5}) == 0);
    CHECK(largest_error(split(a, 1, 2)[1].value(), {3, 4, 5}) == 0);
    CHECK(largest_error(transpose(a, {0, 2, 1}).value(), {0, 3, 1, 4, 2, 5}) == 0);
    CHECK(largest_error(concat({a, a}, 2).value(), {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}) == 0);
    CHECK(largest_error(concat({a, a}, 1).value(), {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}) == 0);
    CHECK(largest_error(mean(a, {1}).value(), {1.5, 2.5, 3.5}) == 0);
    CHECK(mean(a, {2}, true).shape() == Shape({1, 2, 1}));
    const Var image = tape.input(counting({1, 2, 2, 1}));
    CHECK(largest_error(pad2d(image, {0, 1, 1, 0}).value(), {0, 0, 1, 0, 2, 3, 0, 0, 0}) == 0);
    CHECK(largest_error(resize_nearest(image, 3, 2).value(), {0, 1, 0, 1, 2, 3}) == 0);
    CHECK(largest_error(resize_bilinear(image, 2, 4).value(),
                        {0, 0.25, 0.75, 1, 2, 2.25, 2.75, 3}) < 1e-7);
    CHECK(largest_error(resize_bilinear(image, 2, 3, Coordinates::align_corners).value(),
                        {0, 0.5, 1, 2, 2.5, 3}) < 1e-7);
  }

  TEST_CASE("transposed convolution scatters") {
    struct Geometry {
      int kernel, stride, pad, extra;
    };
    for (const Geometry& g : {Geometry{3, 2, 1, 1}, Geometry{2, 2, 0, 0}, Geometry{4, 2, 1, 0},
                              Geometry{3, 1, 1, 0}, Geometry{2, 3, 0, 2}}) {
      CAPTURE(g.kernel);
      CAPTURE(g.stride);
      const Tensor x = random_tensor({2, 3, 4, 5}, 1);
      const Tensor w = random_tensor({6, g.kernel, g.kernel, 5}, 2), b = random_tensor({6}, 3);
      Tape tape;
      const Var y =
          conv_transpose2d(tape.input(x), tape.input(w), tape.input(b),
                           window(g.kernel, g.stride, Padding2d::all(g.pad)), g.extra, g.extra);
      const std::int64_t h = 2 * g.stride + g.kernel - 2 * g.pad + g.extra;
      const std::int64_t width = 3 * g.stride + g.kernel - 2 * g.pad + g.extra;
      REQUIRE(y.shape() == Shape({2, h, width, 6}));
      std::vector<double> expected(static_cast<std::size_t>(y.value().numel()));
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = double{b.r()[i % 6]};
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        const std::int64_t c = i % 5, ix = i / 5 % 4, iy = i / 20 % 3, n = i / 60;
        for (std::int64_t t = 0; t < w.numel(); ++t) {
          if (t % 5 != c) continue;
          const std::int64_t o = t / (5 * g.kernel * g.kernel);
          const std::int64_t oy = iy * g.stride - g.pad + t / 5 / g.kernel % g.kernel;
          const std::int64_t ox = ix * g.stride - g.pad + t / 5 % g.kernel;
          if (oy < 0 || oy >= h || ox < 0 || ox >= width) continue;
          expected[static_cast<std::size_t>(((n * h + oy) * width + ox) * 6 + o)] +=
              double{x.r()[i]} * double{w.r()[t]};
        }
      }
      CHECK(largest_error(y.value(), expected) < tolerance);
    }
  }

  TEST_CASE("dropout: what it keeps depends on seed, step and stream alone") {
    const Tensor ones = Tensor::full({40, 50, 10}, 1);
    const auto run = [&](int threads, std::uint64_t seed, std::uint64_t step,
                         std::uint64_t stream) {
      Context ctx(threads, seed);
      ctx.step = step;
      Tape tape(ctx);
      return dropout(tape.input(ones), 0.25, stream).value();
    };
    const Tensor y = run(1, 1, 2, 3);
    std::int64_t kept = 0;
    for (const real v : y.span<real>()) {
      CHECK_MESSAGE((v == 0 || v == real(1 / 0.75)), v);
      kept += v != 0;
    }
    CHECK(std::fabs(static_cast<double>(kept) / 20000 - 0.75) < 0.02);
    CHECK(same_bits(y, run(5, 1, 2, 3)));
    CHECK_FALSE(same_bits(y, run(1, 2, 2, 3)));
    CHECK_FALSE(same_bits(y, run(1, 1, 3, 3)));
    CHECK_FALSE(same_bits(y, run(1, 1, 2, 4)));
    Context ctx;
    ctx.training = false;
    Tape tape(ctx);
    CHECK(dropout(tape.input(ones), 0.25, 3).value().shares_storage(ones));
    CHECK(contains(error_of([&] { dropout(tape.input(ones), 1, 3); }), "[0, 1), got 1"));
  }

  TEST_CASE("errors name op, expected and got") {
    Tape tape;
    const Var a = tape.input(Tensor::zeros({2, 3, 4, 5}));
    const Var b = tape.input(Tensor::zeros({2, 3, 4, 6}));
    CHECK(contains(error_of([&] { a* b; }), "mul: shapes [2, 3, 4, 5] and [2, 3, 4, 6]"));
    CHECK(contains(error_of([&] { slice(a, 0, 0, 1); }), "an axis behind the batch"));
    CHECK(contains(error_of([&] { slice(a, 3, 2, 6); }), "an end of at most 5 on axis 3, got 6"));
    CHECK(contains(error_of([&] { split(a, 3, 2); }), "divides into 2 parts"));
    CHECK(contains(error_of([&] {
                     concat({a, b}, 1);
                   }),
                   "concat: input 1: expected [2, 3, 4, 5], got [2, 3, 4, 6]"));
    CHECK(contains(error_of([&] { transpose(a, {1, 0, 2, 3}); }), "keeps dimension 0 in front"));
    CHECK(contains(error_of([&] { mean(a, {0}); }), "different axes behind the batch"));
    CHECK(contains(error_of([&] { mean(a, {1, 1}); }), "different axes"));
    CHECK(contains(error_of([&] { pad2d(a, {-1, 0, 0, 0}); }), "explicit pads >= 0"));
    CHECK(contains(error_of([&] { resize_bilinear(a, 0, 2); }), "a size >= 1, got 0 x 2"));
    const Var w = tape.input(Tensor::zeros({4, 3, 3, 4}));
    CHECK(contains(error_of([&] { conv_transpose2d(a, w, window(3, 2, {})); }),
                   "conv_transpose2d: w: expected [O, 3, 3, 5], got [4, 3, 3, 4]"));
  }

  TEST_CASE("the same bits at 1, 2 and 5 threads") {
    for (const Case& c : cases()) check_threads(c.name, c.inputs, c.record);
    const Tensor big = random_tensor({8, 40, 40, 16}, 1);
    check_threads("mul by channels", {big, random_tensor({8, 1, 1, 16}, 2)},
                  [](std::span<const Var> v) { return v[0] * v[1]; });
    check_threads("bilinear", {big},
                  [](std::span<const Var> v) { return resize_bilinear(v[0], 17, 60); });
  }

#ifdef OCTET_REAL_DOUBLE
  TEST_CASE("gradients of tensor ops") {
    for (const Case& c : cases()) check_gradient(c.name, c.inputs, c.record);
  }
#endif
}

}  // namespace octet::test
