// Preprocessing as code.
#pragma once

#include <cstdint>
#include <string>

#include "deploy/folder/preprocessing.h"

namespace octet::deploy {

enum class Language : std::uint8_t { c, java, javascript, python };

/// What computes a value of the input: in Python of an array `pixels` [..., channels], else of one
/// `pixel` (0 to 255) of `channel`.
struct PixelCode {
  std::string declarations;  ///< tables and constants, in whole lines; may be empty
  std::string expression;    ///< of Python an array of the input's type, else a number
};
PixelCode pixel_code(const Preprocessing& preprocessing, Language language,
                     const int8::ValueInfo& input);

}  // namespace octet::deploy
