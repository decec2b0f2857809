// Pooling.
#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/node_window.h"
#include "interop/onnx/ops/op_list.h"

namespace octet::onnx {
namespace {

/// Throws Error if a window has no pixel of the image.
void check_windows(std::int64_t in, std::int64_t out, int kernel, int stride, int dilation,
                   int before) {
  for (std::int64_t q = 0; q < out; ++q) {
    const std::int64_t start = q * stride - before;
    const std::int64_t first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    OCTET_CHECK(first < kernel && start + first * dilation < in, "window ", q,
                " lies in the padding: expected a pixel in each");
  }
}

Value pooled(OpNode& node, const Value& x, const OpPtr& op, const Window2d& window) {
  const Shape& in = node.graph.node(x.node).shape;
  const auto [h, w] = window.output_size(in[1], in[2], node.type());
  const Padding2d pads = window.resolve(in[1], in[2]);
  check_windows(in[1], h, window.kernel_h, window.stride_h, window.dilation_h, pads.top);
  check_windows(in[2], w, window.kernel_w, window.stride_w, window.dilation_w, pads.left);
  const int y = node.graph.op(op, {x.node}, {1, h, w, in[3]});
  if (x.rank() == 3) return {{x.dims[0], in[3], w}, nullptr, y, {0, -1, 2, 1}, nullptr};
  return {{x.dims[0], in[3], h, w}, nullptr, y, {0, 2, 3, 1}, nullptr};
}

Value image(OpNode& node) {
  const std::size_t rank = node.input(0).rank();
  OCTET_CHECK(rank == 3 || rank == 4, "expected [N, C, H, W] or [N, C, L], got ",
              text(node.input(0).dims));
  return channels_last(node.graph, node.activation(0), true);
}

}  // namespace

void import_max_pool(OpNode& node) {
  OCTET_CHECK(!node.wants(1), "its indices are not read");
  OCTET_CHECK(node.integer("storage_order", 0) == 0, "storage_order: expected 0");
  const Value x = image(node);
  const Window2d w =
      window_of(node, kernel_of(node, x.rank()), node.graph.node(x.node).shape, x.rank());
  node.set(pooled(node, x, std::make_shared<MaxPool2dOp>(w), w));
}

void import_average_pool(OpNode& node) {
  const bool include = node.integer("count_include_pad", 0) != 0;
  const Value x = image(node);
  const Shape in = node.graph.node(x.node).shape;
  Window2d w = window_of(node, kernel_of(node, x.rank()), in, x.rank());
  const Padding2d all = w.resolve(in[1], in[2]);
  Value padded = x;
  bool counts = include;
  const std::string automatic = node.string("auto_pad", "NOTSET");
  const bool explicit_pads = automatic.empty() || automatic == "NOTSET";
  if (include && node.integer("ceil_mode", 0) != 0 && explicit_pads) {
    // Zeros of the file's pads count, those that make the last windows fit do not.
    const std::vector<std::int64_t> pads = node.ints("pads", {0, 0, 0, 0});
    const auto at = [&](std::size_t i) { return static_cast<int>(pads[i]); };
    const Padding2d own = x.rank() == 4 ? Padding2d{at(0), at(2), at(1), at(3), false}
                                        : Padding2d{0, 0, at(0), at(1), false};
    padded.node =
        node.graph.op(std::make_shared<Pad2dOp>(own), {x.node},
                      {1, in[1] + own.top + own.bottom, in[2] + own.left + own.right, in[3]});
    w.padding = {0, all.bottom - own.bottom, 0, all.right - own.right, false};
    counts = false;
  }
  node.set(pooled(node, padded, std::make_shared<AvgPool2dOp>(w, counts), w));
}

void import_global_average_pool(OpNode& node) {
  Value x = channels_last(node.graph, node.activation(0), true);
  OCTET_CHECK(x.rank() == 3 || x.rank() == 4, "expected [N, C, H, W], got ", text(x.dims));
  for (std::size_t d = 2; d < x.rank(); ++d) x.dims[d] = 1;
  x.node =
      node.graph.op(std::make_shared<GlobalAvgPoolOp>(), {x.node}, node_shape(x.dims, x.order));
  node.set(std::move(x));
}

void import_global_max_pool(OpNode& node) {
  const Value x = image(node);
  const Shape& in = node.graph.node(x.node).shape;
  const Window2d w{static_cast<int>(in[1]), static_cast<int>(in[2]), 1, 1, 1, 1, {}};
  node.set(pooled(node, x, std::make_shared<MaxPool2dOp>(w), w));
}

}  // namespace octet::onnx
