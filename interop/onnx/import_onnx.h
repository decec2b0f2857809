// Float networks from ONNX files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"

namespace octet {

/// Where the elements of an input or output of the file lie in the graph's.
struct OnnxValue {
  std::string name;
  /// As in the file; 0 for the batch, which is open here whatever the file says.
  std::vector<std::int64_t> dims;
  /// Dimension d of the graph's tensor is dimension order[d] of the file's ([0, 2, 3, 1]: images
  /// are NCHW there and NHWC here); -1: the file has no such dimension, its extent is 1.
  std::vector<int> order;
};

/// A network read from an ONNX file.
struct OnnxNetwork {
  std::shared_ptr<GraphModule> graph;  ///< in evaluation mode
  std::vector<OnnxValue> inputs, outputs;
  int opset = 0;
  std::vector<std::string> notes;  ///< what was folded, a sentence each
  StoredQuantization stored;       ///< of a file with QuantizeLinear and DequantizeLinear
};

/// What the file leaves open.
struct OnnxOptions {
  /// Shapes of inputs, by name, instead of those of the file: where it leaves extents open that
  /// are not the batch's.
  std::map<std::string, std::vector<std::int64_t>> shapes;
};

/// Inputs of a file as it has them, without initializers; extents that it leaves open are 0, and
/// the order is that of the file. Throws Error as import_onnx() does for what is no model.
std::vector<OnnxValue> onnx_inputs(const std::string& path);

/// Reads a float network of operator sets 7 to 28. Weights of convolutions, matrix products and
/// normalizations are parameters under the names that they have in the file, made printable;
/// other constants are constants. Images are NHWC. Dimension 0 of the inputs is the batch and open.
/// Throws Error naming the file, and all nodes that cannot be read (name, operator, reason).
OnnxNetwork import_onnx(const std::string& path, const OnnxOptions& options = {});
/// The same of a file in memory; `path` is for messages and external data.
OnnxNetwork import_onnx(std::span<const std::byte> bytes, const std::string& path,
                        const OnnxOptions& options = {});

/// An operator that is read: of which operator sets, and what docs/onnx.md says of it.
struct OnnxOperator {
  std::string_view name;
  int since, until;
  std::string notes;
};
/// All of them.
std::vector<OnnxOperator> onnx_operators();

/// Moves elements between the file's order and the graph's: [batch, ...] both, of the same batch.
/// `batch`: of the result.
Tensor onnx_to_graph(const OnnxValue& value, std::span<const float> elements, std::int64_t batch);
/// The other way.
std::vector<float> graph_to_onnx(const OnnxValue& value, const Tensor& tensor);

}  // namespace octet
