// A named value of a file while it becomes a graph.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/shape.h"
#include "interop/onnx/constant.h"

namespace octet::onnx {

/// Known already, or made by a node of the graph. The file's order of dimensions is a matter of
/// `dims` alone: where they lie in the node's tensor is `order`, so that most transpositions and
/// changes of rank are no operation at all. The node's dimension 0 is always the batch.
struct Value {
  Extents dims;          ///< as the file has them
  ConstantPtr constant;  ///< known; else:
  int node = -1;         ///< of the graph
  /// order[d] is which of `dims` the node's dimension d is; -1: none, its extent is 1. order[0] is
  /// the batch's; -1: the file has no dimension for it (its batch is 1). Dimensions not in the list
  /// have the extent 1.
  std::vector<int> order;
  /// Instead of a node: these values as [batch, K], in the file's order of elements. Whoever reads
  /// them with weights permutes those; others have them transposed.
  std::shared_ptr<const Value> flattened;
  /// The value is codes in the file; the node makes their reals.
  std::optional<Codes> codes = std::nullopt;

  bool is_constant() const { return constant != nullptr; }
  int batch_axis() const { return order[0]; }
  std::size_t rank() const { return dims.size(); }
};

/// The extents of the node's tensor, with a batch of 1.
Shape node_shape(const Extents& dims, const std::vector<int>& order);

/// The file does something to its batch that a graph with an open batch cannot do.
class BatchError : public Error {
 public:
  using Error::Error;
};

}  // namespace octet::onnx
