// What a model says of a picture, for people and programs.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/octet/pictures/picture_scores.h"

namespace octet::app {

/// {"classes": [{"class", "name", "probability"}, ...]}, the `top` most probable; {"values":
/// [{"name", "value"}, ...]}; {"heads": {NAME: one of the two, ...}}; {"score", "threshold",
/// "anomaly"}; or {"classes": [{"class", "name", "share"}, ...]}, of the pixels, the largest first.
nlohmann::ordered_json shown_json(const PictureModel& model, const PictureResult& result, int top);
/// The same in a line: "ankle boot 0.93, sneaker 0.05".
std::string shown_text(const nlohmann::ordered_json& shown);

/// The class of each pixel, of a model for segmentation, as a PNG file (see encode_mask_png()).
void write_mask(const PictureModel& model, const PictureResult& result,
                const std::filesystem::path& file);

}  // namespace octet::app
