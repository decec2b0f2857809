#include "deploy/folder/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "deploy/folder/number_text.h"
#include "int8/engine/reals.h"

namespace octet::deploy {
namespace {

std::vector<double> of_channels(const char* what, const std::vector<double>& values,
                                std::size_t channels) {
  OCTET_CHECK(values.size() == 1 || values.size() == channels, "preprocessing: ", what,
              ": expected 1 value or ", channels, " (the channels), got ", values.size());
  for (const double v : values)
    OCTET_CHECK(std::isfinite(v), "preprocessing: ", what, ": expected finite values, got ", v);
  return values.size() == channels ? values : std::vector<double>(channels, values[0]);
}

/// The number that is added to every pixel value, if there is one that does it.
bool is_offset(const std::vector<std::vector<int>>& table, int& offset) {
  offset = table[0][0];
  for (const std::vector<int>& row : table) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      if (row[static_cast<std::size_t>(pixel)] != pixel + offset) return false;
    }
  }
  return true;
}

std::string list_text(const std::vector<double>& values) {
  const bool same = std::equal(values.begin() + 1, values.end(), values.begin());
  if (same) return short_text(values[0]);
  std::string text;
  for (const double v : values) text += (text.empty() ? "(" : ", ") + short_text(v);
  return text + ")";
}

}  // namespace

Preprocessing::Preprocessing(const PixelNormalization& normalization, const int8::ValueInfo& input)
    : input_(input) {
  const std::vector<std::int32_t>& shape = input.shape;
  const bool picture = shape.size() == 4 && shape[0] == 1 && (shape[3] == 1 || shape[3] == 3);
  std::string text;
  for (const std::int32_t extent : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(extent);
  OCTET_CHECK(picture, "preprocessing: input '", input.name,
              "': expected a picture [1, height, width, 1 or 3], got [", text, "]");
  const bool real = input.type == int8::DType::f32;
  OCTET_CHECK(real || (int8::is_codes(input.type) && input.scale > 0), "preprocessing: input '",
              input.name, "': expected quantized codes of one byte or float32, got ",
              int8::dtype_name(input.type));
  const auto channels = static_cast<std::size_t>(shape[3]);
  mean_ = of_channels("mean", normalization.mean, channels);
  std_ = of_channels("std", normalization.std, channels);
  for (const double v : std_)
    OCTET_CHECK(v > 0, "preprocessing: std: expected values above 0, got ", v);
  if (real) return;
  for (std::size_t c = 0; c < channels; ++c) {
    const std::vector<float> values = reals(c);
    std::vector<std::byte> codes(values.size());
    int8::quantize_values(input_, int8::Isa::portable, values.data(), codes.data(), 256);
    std::vector<int> row;
    for (const std::byte code : codes) {
      row.push_back(input.type == int8::DType::u8 ? std::to_integer<int>(code)
                                                  : static_cast<std::int8_t>(code));
    }
    table_.push_back(std::move(row));
  }
  if (std::count(table_.begin(), table_.end(), table_[0]) == std::ssize(table_)) table_.resize(1);
  form_ = is_offset(table_, offset_) ? Form::offset : Form::table;
}

std::size_t Preprocessing::pixel_bytes() const noexcept {
  return static_cast<std::size_t>(height()) * static_cast<std::size_t>(width()) *
         static_cast<std::size_t>(channels());
}

std::vector<float> Preprocessing::reals(std::size_t channel) const {
  std::vector<float> values(256);
  for (std::size_t pixel = 0; pixel < values.size(); ++pixel) {
    values[pixel] =
        static_cast<float>((static_cast<double>(pixel) - mean_[channel]) / std_[channel]);
  }
  return values;
}

std::vector<std::byte> Preprocessing::apply(std::span<const std::uint8_t> pixels) const {
  const std::size_t channels = mean_.size();
  std::vector<std::byte> input;
  if (form_ == Form::real) {
    std::vector<std::vector<float>> values;
    for (std::size_t c = 0; c < channels; ++c) values.push_back(reals(c));
    input.resize(pixels.size() * sizeof(float));
    for (std::size_t i = 0; i < pixels.size(); ++i)
      std::memcpy(&input[i * sizeof(float)], &values[i % channels][pixels[i]], sizeof(float));
    return input;
  }
  for (std::size_t i = 0; i < pixels.size(); ++i)
    input.push_back(
        static_cast<std::byte>(table_[table_.size() == 1 ? 0 : i % channels][pixels[i]]));
  return input;
}

std::string Preprocessing::picture_words() const {
  return std::to_string(height()) + " x " + std::to_string(width()) +
         " pixels (height x width), row by row from the top left, " +
         (channels() == 1 ? "grey, one byte each" : "three bytes each: red, green, blue");
}

std::string Preprocessing::value_words() const {
  const std::string formula = "(pixel - " + list_text(mean_) + ") / " + list_text(std_);
  switch (form_) {
    case Form::real:
      return "input = " + formula;
    case Form::table:
      return "input = a table of the pixel: " + formula + ", quantized (scale " +
             short_text(static_cast<double>(input_.scale)) + ", zero point " +
             std::to_string(input_.zero_point) + ")";
    case Form::offset:
      break;
  }
  const std::string sum = offset_ == 0  ? "pixel"
                          : offset_ < 0 ? "pixel - " + std::to_string(-offset_)
                                        : "pixel + " + std::to_string(offset_);
  return "input = " + sum + ", exactly what " + formula + " is when quantized (scale " +
         short_text(static_cast<double>(input_.scale)) + ", zero point " +
         std::to_string(input_.zero_point) + ")";
}

}  // namespace octet::deploy
