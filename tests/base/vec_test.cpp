// The vectors of every instruction set that the machine has, against single values.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/simd/simd.h"

namespace octet::test {
namespace {

constexpr std::int64_t count = 16;

struct IntInputs {
  const std::int32_t* x;
  const std::int8_t* codes;
};
struct Inputs {
  float a[count], b[count], c[count];
  double wide[count];
  std::int32_t x[count];
  std::int8_t codes[count];
  std::uint8_t bits[2] = {0x5a, 0xc7};

  operator IntInputs() const { return {x, codes}; }

  Inputs() {
    for (int i = 0; i < count; ++i) {
      a[i] = 0.1f * static_cast<float>(i * 7 % 16) - 0.7f;
      b[i] = 0.3f * static_cast<float>(i * 5 % 16) - 2.0f;
      c[i] = 0.7f * static_cast<float>(i * 3 % 16) - 5.0f;
      wide[i] = 1e10 / (i + 3);
      x[i] = (i % 2 == 0 ? 1 : -1) * (12345678 + i * 8765);
      codes[i] = static_cast<std::int8_t>(i * 37 - 128);
    }
    x[3] = 7;  // some results within the codes' range
    x[9] = 40;
    codes[3] = 4;
    codes[9] = -5;
  }
};
struct FloatResults {
  float add[count], sub[count], mul[count], fmadd[count], above[count], between[count], bits[count],
      from_ints[count];
  double widened[count], wide_sum[count], wide_fmadd[count];
  float some[count][count];
};
struct IntResults {
  std::int8_t codes[count];
  std::uint8_t mask[2];
  std::int32_t min, max;
};

bool bit(const std::uint8_t* bits, std::int64_t i) {
  return (bits[i / 8] >> (i % 8) & 1) != 0;
}

}  // namespace
}  // namespace octet::test

#define OCTET_VEC_INC "tests/base/vec_test.inc"
#include "base/simd/each_vec.inc"

namespace octet::test {
namespace {

using OnFloats = void (*)(const Inputs&, FloatResults&);
using OnInts = void (*)(const Inputs&, std::int64_t, IntResults&);
[[maybe_unused]] constexpr Dispatch<OnFloats> on_floats{OCTET_VEC_DISPATCH(nullptr, on_floats)};
[[maybe_unused]] constexpr Dispatch<OnInts> on_ints{OCTET_VEC_DISPATCH(nullptr, on_ints)};
[[maybe_unused]] constexpr Dispatch<std::int64_t> lanes_of{OCTET_VEC_DISPATCH(0, vec_lanes)};

}  // namespace

TEST_CASE("vectors: floats and doubles are those of single values, to the bit") {
  const Inputs in;
  for (const Isa isa : available_isas()) {
    if (!on_floats(isa)) continue;
    CAPTURE(isa_name(isa));
    FloatResults r = {};
    on_floats(isa)(in, r);
    for (std::int64_t i = 0; i < count; ++i) {
      CAPTURE(i);
      const float a = in.a[i], b = in.b[i], c = in.c[i];
      CHECK(r.add[i] == a + b);
      CHECK(r.sub[i] == a - b);
      CHECK(r.mul[i] == a * b);
      CHECK(r.fmadd[i] == std::fma(a, b, c));
      CHECK(r.above[i] == (b > c ? a : 0.0f));
      CHECK(r.between[i] == (0.0f < b && b < 1.5f ? a : 0.0f));
      CHECK(r.bits[i] == (bit(in.bits, i) ? a : 0.0f));
      CHECK(r.from_ints[i] == static_cast<float>(in.x[i]));
      CHECK(r.widened[i] == double{a});
      CHECK(r.wide_sum[i] == in.wide[i] + in.x[i]);
      CHECK(r.wide_fmadd[i] == std::fma(double{a}, double{b} * double{b}, double{c}));
    }
    for (std::int64_t last = 1; last <= lanes_of(isa); ++last) {
      for (std::int64_t i = 0; i < count; ++i) {
        CHECK(r.some[last - 1][i] == (i < last ? in.a[i] : 0.0f));
      }
    }
  }
}

TEST_CASE("vectors: int32, codes and bits up to every end") {
  const Inputs in;
  for (const Isa isa : available_isas()) {
    if (!on_ints(isa)) continue;
    CAPTURE(isa_name(isa));
    for (std::int64_t n = 1; n <= count; ++n) {
      CAPTURE(n);
      IntResults r = {};
      on_ints(isa)(in, n, r);
      std::int32_t min = 1 << 30, max = -(1 << 30);
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int32_t q = in.codes[i], v = q * q + 4 * q - in.x[i];
        if (i < n) {
          min = std::min(min, v);
          max = std::max(max, v);
        }
        CHECK(r.codes[i] == (i < n ? std::clamp(v, -100, 90) : 0));
        CHECK(bit(r.mask, i) == (i < n && v >= -100 && v <= 90));
      }
      CHECK(r.min == min);
      CHECK(r.max == max);
    }
  }
}

}  // namespace octet::test
