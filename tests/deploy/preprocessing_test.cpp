#include "deploy/folder/preprocessing.h"

#include <doctest/doctest.h>

#include <cstring>
#include <numeric>

#include "base/error.h"
#include "deploy/folder/pixel_code.h"
#include "int8/engine/reals.h"

namespace octet::deploy {
namespace {

using int8::DType;
using int8::ValueInfo;

ValueInfo picture(DType type, float scale, int zero_point, int channels) {
  return {.name = "x",
          .type = type,
          .shape = {1, 4, 4, channels},
          .scale = scale,
          .zero_point = zero_point};
}

std::vector<std::uint8_t> all_pixels(int channels) {
  std::vector<std::uint8_t> pixels;
  for (int v = 0; v < 256; ++v)
    for (int c = 0; c < channels; ++c) pixels.push_back(static_cast<std::uint8_t>(v));
  return pixels;
}

/// As the trainer's data and `octet run --float` make them.
std::vector<std::byte> defined(const PixelNormalization& n, const ValueInfo& input) {
  const auto channels = static_cast<std::size_t>(input.shape[3]);
  std::vector<float> reals;
  for (int v = 0; v < 256; ++v) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double mean = n.mean[n.mean.size() == 1 ? 0 : c],
                   std = n.std[n.std.size() == 1 ? 0 : c];
      reals.push_back(static_cast<float>((v - mean) / std));
    }
  }
  std::vector<std::byte> codes(reals.size());
  int8::quantize_values(input, int8::Isa::portable, reals.data(), codes.data(),
                        static_cast<std::int64_t>(reals.size()));
  return codes;
}

TEST_CASE("preprocessing: 1/255 and its zero point fold into an offset") {
  const Preprocessing p({{0}, {255}}, picture(DType::i8, 1.0f / 255, -128, 3));
  REQUIRE(p.form() == Preprocessing::Form::offset);
  CHECK(p.offset() == -128);
  CHECK(p.value_words().starts_with("input = pixel - 128, exactly what (pixel - 0) / 255"));
  CHECK(pixel_code(p, Language::c, picture(DType::i8, 1.0f / 255, -128, 3)).expression ==
        "pixel - 128");

  const Preprocessing u({{0}, {255}}, picture(DType::u8, 1.0f / 255, 0, 1));
  REQUIRE(u.form() == Preprocessing::Form::offset);
  CHECK(u.offset() == 0);
}

TEST_CASE("preprocessing: every pixel value of every channel is what quantizing it gives") {
  struct Case {
    PixelNormalization n;
    float scale;
    int zero_point, channels, rows;
  };
  const Case cases[] = {
      {{{0}, {255}}, 1.0f / 255, -128, 3, 1},  // offset
      {{{0}, {255}}, 0.00391f, -128, 1, 1},    // nearly: the last codes saturate
      {{{33.3}, {77.7}}, 0.0129f, -95, 1, 1},  // one table
      {{{125, 123, 114}, {63, 62, 67}}, 0.0168f, -10, 3, 3},
      {{{125, 125, 114}, {63, 63, 67}}, 0.0168f, -10, 3, 3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.scale);
    for (const DType type : {DType::i8, DType::u8}) {
      const ValueInfo input =
          picture(type, c.scale, c.zero_point + (type == DType::u8 ? 128 : 0), c.channels);
      const Preprocessing p(c.n, input);
      CHECK(static_cast<int>(p.table().size()) == c.rows);
      CHECK(p.apply(all_pixels(c.channels)) == defined(c.n, input));
    }
  }
  const Preprocessing saturates({{0}, {255}}, picture(DType::i8, 1.0f / 300, -128, 1));
  CHECK(saturates.form() == Preprocessing::Form::table);
}

TEST_CASE("preprocessing: float32 inputs get the reals") {
  const ValueInfo input = picture(DType::f32, 0, 0, 3);
  const Preprocessing p({{1, 2, 3}, {10, 20, 30}}, input);
  REQUIRE(p.form() == Preprocessing::Form::real);
  const std::vector<std::byte> bytes = p.apply(all_pixels(3));
  float v;
  std::memcpy(&v, &bytes[4 * (3 * 200 + 1)], 4);
  CHECK(v == static_cast<float>((200 - 2.0) / 20.0));
}

TEST_CASE("preprocessing: what does not fit is an error") {
  const auto make = [](PixelNormalization n, ValueInfo input) { Preprocessing p(n, input); };
  CHECK_THROWS_WITH_AS(make({{1, 2}, {3}}, picture(DType::i8, 1, 0, 3)),
                       "preprocessing: mean: expected 1 value or 3 (the channels), got 2", Error);
  CHECK_THROWS_WITH_AS(make({{1}, {0}}, picture(DType::i8, 1, 0, 3)),
                       "preprocessing: std: expected values above 0, got 0", Error);
  CHECK_THROWS_WITH_AS(
      make({{1}, {1}}, picture(DType::i8, 1, 0, 2)),
      "preprocessing: input 'x': expected a picture [1, height, width, 1 or 3], got [1, 4, 4, 2]",
      Error);
  CHECK_THROWS_AS(make({{1}, {1}}, picture(DType::i8, 0, 0, 3)), Error);
}

}  // namespace
}  // namespace octet::deploy
