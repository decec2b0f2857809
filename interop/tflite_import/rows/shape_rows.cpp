// Other shapes, and other orders of dimensions.
#include <algorithm>
#include <numeric>

#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {

void import_reshape(FileNode& node) {
  node.set_reshaped(node.value(0));
}

void import_transpose(FileNode& node) {
  const int8::Dims& dims = node.dims(0);
  std::vector<std::int32_t> order = node.integers(1, "permutation");
  std::vector<bool> seen(dims.size());
  OCTET_CHECK(order.size() == dims.size(), "permutation: expected ", dims.size(),
              " dimensions, got ", order.size());
  int8::Dims result;
  for (const std::int32_t d : order) {
    const auto from = static_cast<std::size_t>(d);
    OCTET_CHECK(d >= 0 && from < dims.size() && !seen[from], "permutation: ", d,
                " is no dimension, or twice");
    seen[from] = true;
    result.push_back(dims[from]);
  }
  OCTET_CHECK(node.output().shape == result, "its result is not of the permuted shape");
  // In the graph the batch stays in front. The file's own, of extent 1, may be moved as it likes.
  int x = node.value(0);
  if (!has_batch(dims)) {
    for (std::int32_t& d : order) ++d;
    order.insert(order.begin(), 0);
  } else {
    order.erase(std::ranges::find(order, 0));
    order.insert(order.begin(), 0);
  }
  if (!std::ranges::is_sorted(order)) {
    const auto op = std::make_shared<TransposeOp>(std::vector<int>(order.begin(), order.end()));
    x = node.add(op, {x}, op->result(node.shape(x)));
  }
  node.set_reshaped(x);
}

namespace {

template <class Op>
void import_blocks(FileNode& node) {
  const int x = node.value(0);
  const auto op = std::make_shared<Op>(node.attributes<int8::BlockAttributes>().size);
  node.set(node.add(op, {x}, op->result(node.shape(x))));
}

}  // namespace

void import_depth_to_space(FileNode& node) {
  import_blocks<DepthToSpaceOp>(node);
}
void import_space_to_depth(FileNode& node) {
  import_blocks<SpaceToDepthOp>(node);
}

}  // namespace octet::tflite_import
