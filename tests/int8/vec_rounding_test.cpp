// The rounding modes on vectors of every instruction set, against the reference.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "base/simd/simd.h"
#include "int8/kernels/vec_rounding.h"
#include "int8/reference/fixed_point.h"
#include "int8/reference/float_rounding.h"
#include "tests/support.h"

namespace octet::test {
namespace {

/// n values, a multiple of 16.
struct Products {
  std::int64_t n;
  const std::int32_t *v, *multiplier, *shift, *plus;
  const float* factor;
  std::int32_t* out;
};

}  // namespace
}  // namespace octet::test

#define OCTET_VEC_INC "tests/int8/vec_rounding_test.inc"
#include "base/simd/each_vec.inc"
#include "tests/int8/isas.h"

namespace octet::test {
namespace {

using Multiply = void (*)(const Products&);
[[maybe_unused]] constexpr Dispatch<Multiply> single{OCTET_VEC_DISPATCH(nullptr, single_rounding)};
[[maybe_unused]] constexpr Dispatch<Multiply> twice{OCTET_VEC_DISPATCH(nullptr, double_rounding)};
[[maybe_unused]] constexpr Dispatch<Multiply> in_float{OCTET_VEC_DISPATCH(nullptr, float_rounding)};

struct Cases {
  std::vector<std::int32_t> v, multiplier, shift, plus;
  std::vector<float> factor;  // of float rounding: the multiplier's

  // Random values and, with few bits or a multiplier of 2^30, ties.
  Cases() {
    std::mt19937_64 rng = octet::test::rng(1);
    for (int i = 0; i < 16 * 4000; ++i) {
      shift.push_back(static_cast<std::int32_t>(rng() % 42) - 30);  // -30 to 11
      const int room = 30 - std::max(shift.back(), 0);
      const std::int32_t bits = static_cast<std::int32_t>(rng() >> 33) >> (31 - room);
      const auto value = rng() % 3 == 0 ? bits & -(1 << (rng() % 20)) : bits;
      v.push_back(rng() % 2 == 0 ? value : -value);
      multiplier.push_back(rng() % 3 == 0 ? 1 << 30
                                          : (1 << 30) + static_cast<std::int32_t>(rng() >> 34));
      plus.push_back(static_cast<std::int32_t>(rng() % 256) - 128);
      factor.push_back(std::ldexp(static_cast<float>(multiplier.back()), shift.back() - 31));
    }
  }
};

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("vectors: every rounding mode as on single values") {
    const Cases c;
    std::vector<std::int32_t> out(c.v.size());
    const Products p{static_cast<std::int64_t>(out.size()),
                     c.v.data(),
                     c.multiplier.data(),
                     c.shift.data(),
                     c.plus.data(),
                     c.factor.data(),
                     out.data()};
    const auto expected = [&](std::size_t i, int8::Rounding rounding) {
      return rounding == int8::Rounding::float_rounding
                 ? int8::scale_in_float(c.v[i], c.factor[i])
                 : int8::multiply_by_quantized_multiplier(c.v[i], {c.multiplier[i], c.shift[i]},
                                                          rounding);
    };
    for (const Isa isa : octet::test::isas_under_test()) {
      for (const auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding,
                                  int8::Rounding::float_rounding}) {
        const Multiply multiply = rounding == int8::Rounding::single_rounding   ? single(isa)
                                  : rounding == int8::Rounding::double_rounding ? twice(isa)
                                                                                : in_float(isa);
        if (!multiply) continue;
        CAPTURE(isa_name(isa));
        multiply(p);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
          wrong += out[i] != expected(i, rounding) + c.plus[i];
        }
        CHECK(wrong == 0);
      }
    }
  }
}

}  // namespace octet::test
