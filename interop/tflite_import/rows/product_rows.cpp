// Products of matrices.
#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {

void import_fully_connected(FileNode& node) {
  const auto a = node.attributes<int8::FullyConnectedAttributes>();
  const int8::Dims& w = node.dims(1);
  OCTET_CHECK(w.size() == 2, "weight: expected 2 dimensions, got ", w.size());
  // The rows of features that the result has.
  const Shape result = graph_shape(node.output().shape);
  OCTET_CHECK(result.rank() >= 2 && result[-1] == w[0], "its result is ", result, ", expected ",
              w[0], " features");
  Shape rows = result;
  rows.set(-1, w[1]);
  std::vector<int> operands{node.reshaped(node.computed(0), rows), node.weight(1, {w[0], w[1]}, 0)};
  if (node.has(2)) operands.push_back(node.bias(2, w[0], 0, 1));
  const int y = node.add(std::make_shared<LinearOp>(), std::move(operands), result);
  node.set(node.activated(y, a.activation));
}

namespace {

/// The matrices of operand `i`, with `rank` dimensions behind the batch.
int matrices(FileNode& node, std::size_t i, std::size_t rank, bool transposed) {
  std::vector<std::int64_t> dims(node.dims(i).begin(), node.dims(i).end());
  OCTET_CHECK(dims.size() >= 2, "operand ", i, ": expected matrices");
  dims.insert(dims.begin(), rank + 1 - dims.size(), 1);
  int x = node.reshaped(node.value(i), Shape(std::span<const std::int64_t>(dims)));
  if (!transposed) return x;
  std::vector<int> order(dims.size());
  for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<int>(d);
  std::swap(order[rank - 1], order[rank]);
  const auto op = std::make_shared<TransposeOp>(order);
  return node.add(op, {x}, op->result(node.shape(x)));
}

}  // namespace

void import_batch_matmul(FileNode& node) {
  const auto a = node.attributes<int8::BatchMatMulAttributes>();
  const std::size_t rank = std::max(node.dims(0).size(), node.dims(1).size());
  OCTET_CHECK(rank < Shape::max_rank, "expected at most 5 dimensions, got ", rank);
  const int x = matrices(node, 0, rank, a.adj_x), y = matrices(node, 1, rank, a.adj_y);
  const auto op = std::make_shared<MatMulOp>();
  OCTET_CHECK(!node.is_constant(0) || !node.is_constant(1), "both of its operands are constants");
  node.set_reshaped(node.add(op, {x, y}, op->result(node.shape(x), node.shape(y))));
}

}  // namespace octet::tflite_import
