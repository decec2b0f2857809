// From the bytes of a TFLite file to a graph, for those who do more with it than run it on the
// engine.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "int8/graph/graph.h"

namespace octet::tflite {

/// What a file may have that the engine does not run.
struct ReadOptions {
  /// Weights and biases of any type.
  bool any_weights = false;
  /// Values of FLOAT16, which are then read as FLOAT32. Constants always are.
  bool half_values = false;
};

/// parse_tflite() (interop/tflite/reader.h) does this with no options.
int8::Graph read_file(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                      const ReadOptions& options);

}  // namespace octet::tflite
