// From a model in memory to a graph. Not for users of the library.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interop/onnx/import_onnx.h"
#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// What the first dimension of the inputs is.
enum class FileBatch {
  open,    ///< the batch
  one,     ///< the batch, and 1 for all that the file computes from it
  inside,  ///< a dimension as others: the file's tensors are one sample each
};

class Importer {
 public:
  Importer(ModelFile& file, const OnnxOptions& options, FileBatch batch);
  /// Throws Error naming all nodes that cannot be read, BatchError for one that needs another
  /// FileBatch.
  OnnxNetwork run();

 private:
  void add_inputs();
  Extents input_dims(const proto::ValueInfoProto& input) const;
  /// An input that the file transposes to NCHW is NHWC already.
  bool is_channels_last(const std::string& input) const;
  void count_readers();
  void import_node(proto::NodeProto& node);
  void keep_results(const proto::NodeProto& node, OpNode& op);
  /// The value called `name`; null if it is one of a node that could not be read.
  const Value* find(const std::string& name);
  std::string layer_name(const proto::NodeProto& node,
                         const std::vector<const Value*>& inputs) const;
  void drop_read(const proto::NodeProto& node);
  std::vector<GraphOutput> take_outputs(OnnxNetwork& network);

  ModelFile& file_;
  const OnnxOptions& options_;
  FileBatch batch_;
  int opset_;
  NetworkBuilder graph_;
  std::map<std::string, Value, std::less<>> values_;
  std::map<int, int> names_of_;  ///< of values_, how many are a node of the graph
  std::map<std::string, proto::TensorProto*, std::less<>> initializers_;
  std::map<std::string, int, std::less<>> readers_;  // of each value; outputs count
  std::vector<OnnxValue> inputs_;
  std::int64_t computed_ = 0;  // elements of constants beyond those of their operands
  std::vector<std::string> notes_, problems_;
};

/// A row of the table of operators.
struct OpRow {
  std::string_view op;
  int since, until;  ///< operator sets
  void (*import)(OpNode& node);
  std::string_view text;  ///< for the documentation
};
const OpRow* find_op(std::string_view op);

/// The results if all that the node computes is known, else nothing.
bool fold_constants(OpNode& node);

}  // namespace octet::onnx
