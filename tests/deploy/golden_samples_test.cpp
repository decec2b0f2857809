#include "deploy/folder/golden_samples.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace octet::deploy {
namespace {

using int8::DType;
using int8::ValueInfo;

std::vector<std::byte> bytes_of(const auto& values) {
  const auto* from = reinterpret_cast<const std::byte*>(values.data());
  return {from, from + values.size() * sizeof(values[0])};
}

TEST_CASE("compare_outputs: samples, values, distance, classes") {
  const std::vector<ValueInfo> outputs = {{.name = "y", .shape = {1, 3}, .bytes = 3}};
  const std::vector<std::int8_t> expected = {1, 2, 3, 5, 4, 3}, same = expected,
                                 other = {1, 4, 3, 5, 4, 3};
  CHECK(compare_outputs(outputs, {1}, bytes_of(expected), bytes_of(same)).text() == "2 of 2 equal");
  const Agreement a = compare_outputs(outputs, {1}, bytes_of(expected), bytes_of(other));
  CHECK(a.text() == "1 of 2 equal: 5 of 6 values, the others at most 2 apart; top-1 1 of 2");
}

TEST_CASE("compare_outputs: float32 values count in steps of a code") {
  const std::vector<ValueInfo> outputs = {
      {.name = "y", .type = DType::f32, .shape = {1, 2, 1}, .bytes = 8}};
  const std::vector<float> expected = {0.5f, 1.0f}, near = {0.5000001f, 1.0f}, far = {0.75f, 1.0f};
  CHECK(compare_outputs(outputs, {0.25f}, bytes_of(expected), bytes_of(near)).text() ==
        "1 of 1 equal");
  CHECK(compare_outputs(outputs, {0.25f}, bytes_of(expected), bytes_of(far)).text() ==
        "0 of 1 equal: 1 of 2 values, the others at most 1 apart");
}

TEST_CASE("compare_outputs: halves up, infinities, NaNs and what is too far for an int") {
  const std::vector<ValueInfo> outputs = {
      {.name = "y", .type = DType::f32, .shape = {1, 1}, .bytes = 4}};
  const auto apart = [&](float expected, float actual) {
    return compare_outputs(outputs, {1}, bytes_of(std::vector{expected}),
                           bytes_of(std::vector{actual}))
        .apart;
  };
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  CHECK(apart(0, 0.5f) == 1);
  CHECK(apart(0, 2.5f) == 3);
  CHECK(apart(inf, inf) == 0);
  CHECK(apart(nan, nan) == 0);
  CHECK(apart(nan, 0) == most_apart);
  CHECK(apart(0, -inf) == most_apart);
  CHECK(apart(0, 1e30f) == most_apart);
}

TEST_CASE("draw_samples: the same codes whatever the type at the edge") {
  const ValueInfo codes = {
      .name = "x", .type = DType::i8, .shape = {1, 5}, .scale = 0.5f, .zero_point = -3, .bytes = 5};
  ValueInfo bytes = codes, reals = codes;
  bytes.type = DType::u8;
  reals.type = DType::f32;
  reals.bytes = 20;
  const GoldenSamples a = draw_samples({codes}, {codes}, std::nullopt);
  const GoldenSamples b = draw_samples({codes}, {bytes}, std::nullopt);
  const GoldenSamples c = draw_samples({codes}, {reals}, std::nullopt);
  REQUIRE(a.inputs.size() == 50);
  REQUIRE(c.inputs.size() == 200);
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    const int code = static_cast<std::int8_t>(a.inputs[i]);
    CHECK(std::to_integer<int>(b.inputs[i]) == code + 128);
    float real;
    std::memcpy(&real, &c.inputs[4 * i], sizeof real);
    CHECK(real == 0.5f * static_cast<float>(code + 3));
  }
}

}  // namespace
}  // namespace octet::deploy
