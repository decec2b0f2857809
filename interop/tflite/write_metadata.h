// The standard metadata of a TFLite file as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "interop/tflite/model_metadata.h"

namespace octet::tflite {

/// Name of its entry in the file.
inline constexpr const char* standard_metadata = "TFLITE_METADATA";

/// ImageProperties.color_space.
inline constexpr std::int8_t rgb_space = 1, grey_space = 2;

/// Name of the file with the labels of output `i`.
std::string label_file_name(std::size_t i);

/// The content of the entry: a flatbuffer.
std::vector<std::byte> metadata_bytes(const ModelMetadata& metadata, const int8::Graph& graph);

/// The archive of label files that stands behind a model of `model_bytes`; empty without labels.
std::vector<std::byte> label_archive(const ModelMetadata& metadata, std::uint64_t model_bytes);

}  // namespace octet::tflite
