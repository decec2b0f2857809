#include "apps/common/picture_input.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/image.h"

namespace octet {

std::string picture_input_text(const InputSize& size) {
  return nlohmann::ordered_json{
      {"h", size.h},
      {"w", size.w},
      {"resize", resize_filter_names()[static_cast<std::size_t>(size.resize)]},
      {"keep_aspect", keep_aspect_names()[static_cast<std::size_t>(size.keep_aspect)]}}
      .dump();
}

std::optional<InputSize> parse_picture_input(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    InputSize size;
    json.at("h").get_to(size.h);
    json.at("w").get_to(size.w);
    size.resize = parse_resize_filter(json.at("resize").get<std::string>());
    size.keep_aspect = parse_keep_aspect(json.at("keep_aspect").get<std::string>());
    if (size.h < 1 || size.w < 1 || size.h > max_image_side || size.w > max_image_side)
      return std::nullopt;
    return size;
  } catch (const nlohmann::json::exception&) {
  } catch (const Error&) {
  }
  return std::nullopt;
}

}  // namespace octet
