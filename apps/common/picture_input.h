// How pictures of any size become those that a network was trained on, as its file says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/resize_image.h"

namespace octet {

/// Of an entry of int8::Graph::metadata.
inline constexpr const char* picture_input_entry = "octet.picture";

/// The entry: JSON with the size that pictures are brought to, of which the network sees the
/// middle, and how.
std::string picture_input_text(const InputSize& size);
/// Nothing if `text` is of another version or damaged.
std::optional<InputSize> parse_picture_input(std::string_view text);

}  // namespace octet
