// From the pixels of a picture to a network's input: one description, from which come the values,
// the words and the code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "int8/engine/model.h"

namespace octet::deploy {

/// real = (pixel - mean) / std, in pixel units (0 to 255), one value for each channel or a single
/// one for all: what the network was trained on.
struct PixelNormalization {
  std::vector<double> mean{0}, std{255};
};

/// What becomes of each pixel value. The reals are computed in double and rounded to float32, as
/// data/transform.h does; codes are those of `octet run --float`, for all 256 values of every
/// channel.
class Preprocessing {
 public:
  /// How the values can be written down without changing one of them.
  enum class Form : std::uint8_t {
    offset,  ///< code = pixel + offset
    table,   ///< code = table[channel][pixel]
    real,    ///< (float)((pixel - mean) / std): the input is float32
  };

  /// `input`: [1, height, width, channels] with 1 or 3 channels, codes of one byte or float32.
  /// Throws Error, naming what it is, for another input, for a number of values that is neither 1
  /// nor that of the channels, and for a std that is not above 0.
  Preprocessing(const PixelNormalization& normalization, const int8::ValueInfo& input);

  Form form() const noexcept { return form_; }
  int offset() const noexcept { return offset_; }
  /// Codes by pixel values: a row for each channel, or one if all are alike.
  const std::vector<std::vector<int>>& table() const noexcept { return table_; }
  /// One for each channel.
  const std::vector<double>& mean() const noexcept { return mean_; }
  const std::vector<double>& std() const noexcept { return std_; }

  std::int32_t height() const noexcept { return input_.shape[1]; }
  std::int32_t width() const noexcept { return input_.shape[2]; }
  std::int32_t channels() const noexcept { return input_.shape[3]; }
  /// Of a picture: height * width * channels, a byte each.
  std::size_t pixel_bytes() const noexcept;

  /// The input for a picture's pixels [H, W, C].
  std::vector<std::byte> apply(std::span<const std::uint8_t> pixels) const;

  /// "28 x 28 pixels (height x width), grey, one byte each".
  std::string picture_words() const;
  /// "input = pixel - 128, exactly what (pixel - 0) / 255 is when quantized (scale 0.00392157,
  /// ...)".
  std::string value_words() const;

 private:
  std::vector<float> reals(std::size_t channel) const;

  int8::ValueInfo input_;
  std::vector<double> mean_, std_;
  Form form_ = Form::real;
  int offset_ = 0;
  std::vector<std::vector<int>> table_;
};

}  // namespace octet::deploy
