// Networks that train, from TFLite files.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "int8/graph/graph.h"
#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"

namespace octet {

/// An input or output of the file. The graph's is float, of the same elements in the same order;
/// its dimension 0 is the batch: the file's own if that is 1, else one in front of the file's.
struct TfliteValue {
  std::string name;
  int8::DType type = int8::DType::f32;  ///< in the file
  /// In the file; of one sample where that has several rows, in a file of several samples.
  int8::Dims dims;
};

/// A network read from a TFLite file, to train.
struct TfliteNetwork {
  std::shared_ptr<GraphModule> graph;  ///< in evaluation mode
  std::vector<TfliteValue> inputs, outputs;
  StoredQuantization stored;
  int8::Rounding rounding = int8::Rounding::double_rounding;  ///< that the file asks for
  std::vector<std::string> notes;  ///< what became of the file's nodes, a sentence each
};

/// Reads an int8 or a float network: weights become parameters under the names that the file has
/// for them, made printable, other constants are constants; codes become the reals that they stand
/// for. Weights in float16, or in int8 beside float values, are read, too. Throws Error naming the
/// file, and all nodes that cannot train (operator, name, reason).
TfliteNetwork import_tflite(const std::string& path);
/// The same of a file in memory; `path` is for messages.
TfliteNetwork import_tflite(std::span<const std::byte> bytes, const std::string& path);

/// An operator of the engine: what docs/tflite-import.md says of it.
struct TfliteOperator {
  std::string_view name;
  bool trains;
  std::string_view notes;  ///< if it does not: why
};
/// All of them.
std::vector<TfliteOperator> tflite_operators();

}  // namespace octet
