// Reductions over dimensions.
#include <set>

#include "core/ops/ops.h"
#include "interop/tflite_import/rows/axis_ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

template <class Op>
void import_reduction(FileNode& node) {
  const auto a = node.attributes<int8::MeanAttributes>();
  const int8::Dims& dims = node.dims(0);
  const auto rank = static_cast<std::int32_t>(dims.size());
  const int before = has_batch(dims) ? 0 : 1;  // of the graph's dimensions, in front of the file's
  const int x = node.value(0);
  Shape result = node.shape(x);
  int8::Dims reduced = dims;
  std::set<int> axes;
  for (const std::int32_t axis : node.integers(1, "axes")) {
    OCTET_CHECK(axis >= -rank && axis < rank, "axes: expected one of ", rank, " dimensions, got ",
                axis);
    const int d = axis < 0 ? axis + rank : axis;
    reduced[static_cast<std::size_t>(d)] = 1;
    if (d + before == 0) continue;  // the batch, of extent 1
    axes.insert(d + before);
    result.set(d + before, 1);
  }
  OCTET_CHECK(!a.keep_dims || node.output().shape == reduced,
              "its result is not of the shape that "
              "is left");
  int y = x;
  const bool neighbours = !axes.empty() && *axes.rbegin() - *axes.begin() + 1 == std::ssize(axes);
  if (std::is_same_v<Op, ReduceMaxOp> && neighbours) {
    y = largest(node, x, *axes.begin(), *axes.rbegin());
  } else if (!axes.empty()) {
    y = node.add(std::make_shared<Op>(std::vector<int>(axes.begin(), axes.end()), true), {x},
                 result);
  }
  node.set_reshaped(y);
}

}  // namespace

void import_mean(FileNode& node) {
  import_reduction<MeanOp>(node);
}
void import_sum(FileNode& node) {
  import_reduction<SumOp>(node);
}
void import_reduce_max(FileNode& node) {
  import_reduction<ReduceMaxOp>(node);
}
void import_reduce_min(FileNode& node) {
  import_reduction<ReduceMinOp>(node);
}

}  // namespace octet::tflite_import
