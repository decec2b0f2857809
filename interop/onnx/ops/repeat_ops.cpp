// Repetition, and pixels from channels.
#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

int block_size(OpNode& node) {
  const std::int64_t block = node.integer("blocksize", 0);
  OCTET_CHECK(block >= 1 && block <= 1024, "blocksize: expected 1 to 1024, got ", block);
  return static_cast<int>(block);
}

/// `op` on an image [N, C, H, W].
Value moved_image(OpNode& node, Value x, std::shared_ptr<LayoutOp> op) {
  OCTET_CHECK(x.rank() == 4, "expected [N, C, H, W], got ", text(x.dims));
  const Shape shape = op->result(node.graph.node(x.node).shape);
  x.dims = {x.dims[0], shape[3], shape[1], shape[2]};
  x.node = node.graph.op(std::move(op), {x.node}, shape);
  return x;
}

}  // namespace

void import_expand(OpNode& node) {
  Value x = node.activation(0);
  const Extents dims = broadcast(x.dims, int_list(*node.constant(1, "shape")));
  x = with_all_dims(node.graph, with_rank(std::move(x), dims.size()));
  if (dims == x.dims) {
    node.set(std::move(x));
    return;
  }
  if (x.batch_axis() >= 0) {
    const auto batch = static_cast<std::size_t>(x.batch_axis());
    if (dims[batch] != x.dims[batch]) x = with_all_dims(node.graph, without_batch(x));
  }
  const Shape shape = node_shape(dims, x.order);
  const auto extents = shape.dims();
  x.dims = dims;
  x.node = node.graph.op(
      std::make_shared<ExpandOp>(std::vector<std::int64_t>(extents.begin(), extents.end())),
      {x.node}, shape);
  node.set(std::move(x));
}

void import_tile(OpNode& node) {
  Value x = with_all_dims(node.graph, node.activation(0));
  const std::vector<std::int64_t>& repeats = int_list(*node.constant(1, "repeats"));
  OCTET_CHECK(repeats.size() == x.rank(), "repeats: expected ", x.rank(), ", got ", repeats.size());
  if (x.batch_axis() >= 0 && repeats[static_cast<std::size_t>(x.batch_axis())] != 1)
    x = with_all_dims(node.graph, without_batch(x));
  for (std::size_t d = 0; d < x.rank(); ++d) {
    OCTET_CHECK(repeats[d] >= 1 && repeats[d] <= largest_result,
                "repeats: expected 1 or more, got ", repeats[d]);
    x.dims[d] = product({x.dims[d], repeats[d]});
  }
  std::vector<std::int64_t> own{1};
  for (std::size_t d = 1; d < x.order.size(); ++d)
    own.push_back(repeats[static_cast<std::size_t>(x.order[d])]);
  x.node = node.graph.op(std::make_shared<TileOp>(std::move(own)), {x.node},
                         node_shape(x.dims, x.order));
  node.set(std::move(x));
}

void import_depth_to_space(OpNode& node) {
  const std::string mode = node.string("mode", "DCR");
  OCTET_CHECK(mode == "DCR" || mode == "CRD", "mode: '", one_line(mode), "' is not known");
  Value x = channels_last(node.graph, node.activation(0), true);
  const DepthOrder order = mode == "DCR" ? DepthOrder::dcr : DepthOrder::crd;
  node.set(
      moved_image(node, std::move(x), std::make_shared<DepthToSpaceOp>(block_size(node), order)));
}

void import_space_to_depth(OpNode& node) {
  Value x = channels_last(node.graph, node.activation(0), true);
  node.set(moved_image(node, std::move(x), std::make_shared<SpaceToDepthOp>(block_size(node))));
}

}  // namespace octet::onnx
