// What is known of a file's values while it becomes a graph. Not for users of the library.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "int8/graph/graph.h"
#include "layers/graph/network_builder.h"
#include "layers/graph/stored_quantization.h"

namespace octet::tflite_import {

using StoredValue = StoredQuantization::Value;

struct ImportState {
  explicit ImportState(const int8::Graph& graph);

  const int8::Graph& file;
  NetworkBuilder graph;
  std::vector<int> node_of;      ///< of each tensor; -1: none (yet)
  std::vector<int> readers;      ///< of each tensor; outputs count
  std::vector<int> constant_of;  ///< of each tensor, the constant of the file that it is; -1: none
  std::int64_t elements_left;    ///< of constants that may be made

  const int8::TensorDef& tensor(int t) const { return file.tensors[static_cast<std::size_t>(t)]; }
  /// Throws Error when more has been counted than files need.
  void count_elements(std::int64_t n);
};

/// The shape of a value in the graph, with a batch of 1: dimension 0 of the file's is the batch if
/// its extent is 1, else the batch stands in front of them.
Shape graph_shape(const int8::Dims& dims);
inline bool has_batch(const int8::Dims& dims) {
  return !dims.empty() && dims[0] == 1;
}

/// What a layer or parameter is called whose value the file calls `name`: printable, the first of
/// several that converters join by semicolons.
std::string layer_name(const std::string& name);

/// Scale and zero point as those of codes -128 to 127; nothing for values that are not codes.
/// Throws Error for codes without a scale.
std::optional<StoredValue> stored_value(const int8::TensorDef& tensor);

/// The reals of a constant, of the file's shape. Throws Error for codes without a scale and types
/// that hold none.
Tensor constant_reals(const int8::TensorDef& tensor);

}  // namespace octet::tflite_import
