// From a network to files of float operators.
#pragma once

#include <string>

#include "layers/graph/graph_module.h"

namespace octet::app {

/// Files to write; empty: not asked for.
struct FloatOutputs {
  std::string fp16;       ///< TFLite, weights in float16
  std::string onnx;       ///< ONNX in float32
  std::string onnx_fp16;  ///< ONNX in float16, but for inputs and outputs
  bool any() const { return !fp16.empty() || !onnx.empty() || !onnx_fp16.empty(); }
};

/// Writes each file whole or not at all, and prints what it is: the network, read from file `path`,
/// as float operators. Its own weights may change: they need not be in memory twice. Throws Error
/// naming the option and every layer that has no such operator.
void write_floats(const std::string& path, GraphModule&& graph, const FloatOutputs& outputs);

}  // namespace octet::app
