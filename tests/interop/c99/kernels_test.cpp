// The C kernels against the reference, function by function.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "int8/reference/add.h"
#include "int8/reference/fixed_point_functions.h"
#include "int8/reference/pool.h"
#include "int8/reference/quantize.h"
#include "int8/reference/resize.h"
#include "int8/reference/softmax.h"
#include "tests/support.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // they are C
namespace kernels {
#include "interop/c99/kernels/one_over_one_plus.c"
#include "interop/c99/kernels/quantize.c"
namespace single {
#include "interop/c99/kernels/bilinear_round_single.c"
#include "interop/c99/kernels/rescale_single.c"
}  // namespace single
namespace twice {
#include "interop/c99/kernels/bilinear_round_double.c"
#include "interop/c99/kernels/rescale_double.c"
}  // namespace twice
namespace softmax {
#include "interop/c99/kernels/softmax.c"
}  // namespace softmax
}  // namespace kernels
#pragma GCC diagnostic pop

using namespace octet;
using namespace octet::int8;

TEST_CASE("C99 kernels: one rescale is the reference's, at all shifts, at ties and at the ends") {
  std::mt19937_64 random = test::rng(3);
  for (int shift = -31; shift <= 30; ++shift) {
    const int most = std::max(shift, 0);
    for (int i = 0; i < 20000; ++i) {
      const auto m = static_cast<std::int32_t>((1u << 30) + random() % (1u << 30));
      const auto any = static_cast<std::int32_t>(random());
      std::int32_t x = any >> (most + 1 + static_cast<int>(random() % 30) % (31 - most));
      if (i % 4 == 0) x = (x >> 8) * 256 + 128;
      const Multiplier by{i % 5 == 0 ? 1 << 30 : m, shift};
      REQUIRE(kernels::single::rescale(x, by.m, shift) ==
              multiply_by_quantized_multiplier(x, by, Rounding::single_rounding));
      REQUIRE(kernels::twice::rescale(x, by.m, shift) ==
              multiply_by_quantized_multiplier(x, by, Rounding::double_rounding));
    }
  }
}

TEST_CASE("C99 kernels: reciprocals, bilinear rounding") {
  std::mt19937_64 random = test::rng(4);
  for (int i = 0; i < 1 << 20; ++i) {
    const auto a = static_cast<std::int32_t>(random() >> 33);  // [0, 1) in Q0
    REQUIRE(kernels::one_over_one_plus(a) == one_over_one_plus(a));
    const std::int32_t sum = static_cast<std::int32_t>(random() >> 37) - (1 << 26);
    REQUIRE(kernels::single::bilinear_round(sum) == bilinear_round(sum, Rounding::single_rounding));
    REQUIRE(kernels::twice::bilinear_round(sum) == bilinear_round(sum, Rounding::double_rounding));
  }
}

TEST_CASE("C99 kernels: floats become the reference's codes, ties and NaN too") {
  std::mt19937_64 random = test::rng(5);
  for (int i = 0; i < 1 << 20; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    float v = 0;
    std::memcpy(&v, &bits, 4);
    if (i % 2 == 0) v = static_cast<float>(static_cast<int>(bits % 2401) - 1200) * 0.25f;
    const float scale = i % 3 == 0 ? 0.5f : 0.013f;
    const std::int32_t zero = static_cast<std::int32_t>(random() % 256) - 128;
    std::int8_t code = 0;
    kernels::quantize(&v, scale, zero, 0, &code, 1);
    REQUIRE(code == quantize_one(v, scale, zero));
  }
}

TEST_CASE("C99 kernels: rows of softmax, long ones too") {
  std::mt19937_64 random = test::rng(6);
  for (const std::int32_t depth : {1, 2, 10, 1000, 6625, 600000}) {
    for (const float scale : {0.001f, 0.1f, 1.5f}) {
      const SoftmaxParams params = make_softmax_params(1.0f, scale, Rounding::double_rounding);
      std::vector<std::int8_t> x(static_cast<std::size_t>(depth)), y(x), expected(x);
      for (auto& v : x) v = static_cast<std::int8_t>(random());
      kernels::softmax::softmax(params.exponentials.data(), 1, depth, x.data(), y.data());
      softmax_row(params, x.data(), expected.data(), depth);
      CHECK(y == expected);
    }
  }
}
