// 16-bit floats: every one of them, and what lies between two.
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

#include "base/half.h"

using namespace octet;

TEST_CASE("half: every number is its own nearest") {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_of_half(half);
    if (std::isnan(value)) {
      CHECK(std::isnan(float_of_half(half_of_float(value))));
    } else if (half_of_float(value) != half) {
      FAIL_CHECK("half " << bits << " became " << half_of_float(value));
    }
  }
}

TEST_CASE("half: between two numbers the nearest, of two the even one") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x7c00; ++bits) {  // up to 65504, whose next is 65536
    const auto half = static_cast<std::uint16_t>(bits);
    const float low = float_of_half(half),
                high =
                    bits == 0x7bff ? 65536.0f : float_of_half(static_cast<std::uint16_t>(bits + 1));
    const float middle = (low + high) / 2;  // exact
    const auto next = static_cast<std::uint16_t>(bits + 1);
    const std::uint16_t even = bits % 2 == 0 ? half : next;
    for (const float sign : {1.0f, -1.0f}) {
      const auto signed_half = [&](std::uint16_t h) {
        return static_cast<std::uint16_t>(sign < 0 ? h | 0x8000u : h);
      };
      wrong += half_of_float(sign * middle) != signed_half(even);
      wrong += half_of_float(sign * std::nextafter(middle, 0.0f)) != signed_half(half);
      wrong += half_of_float(sign * std::nextafter(middle, 1e9f)) != signed_half(next);
    }
  }
  CHECK(wrong == 0);
  CHECK(half_of_float(1e30f) == 0x7c00);
  CHECK(half_of_float(-std::numeric_limits<float>::infinity()) == 0xfc00);
  CHECK(half_of_float(std::numeric_limits<float>::denorm_min()) == 0);
}
