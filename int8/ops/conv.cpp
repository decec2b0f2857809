// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: geometry and integers here, kernels in
// PackedConv.
#include "base/error.h"
#include "int8/kernels/packed_conv.h"
#include "int8/ops/conv_node.h"
#include "int8/reference/spatial.h"

namespace octet::int8 {
namespace {

class ConvStep final : public Step {
 public:
  ConvStep(const ConvGeometry& geometry, Isa isa, ConvOperands conv_operands)
      : conv(geometry, isa, conv_operands.weights.values().data()),
        operands(std::move(conv_operands)) {
    operands.weights = {};  // packed now
    conv.prepare(operands.in.zero_point, operands.requantization());
  }
  void run(const RunArgs& args) const noexcept override {
    conv.run(args.in_i8(0), operands.in.zero_point, operands.requantization(), args.out_i8(),
             args.batch * images, args.threads, args.scratch);
  }
  std::int64_t unit_bytes() const noexcept override { return conv.unit_bytes(images); }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return conv.bytes_read(units, images);
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    conv.run_units(args.in_i8(0), operands.in.zero_point, operands.requantization(), args.out_i8(),
                   images, units, args.scratch);
  }
  std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept override {
    return conv.scratch_bytes(threads, batch * images);
  }
  std::size_t packed_bytes() const noexcept override {
    return conv.packed_bytes() + operands.copied_bytes();
  }
  const char* kernel_name() const noexcept override { return conv.kernel_name(); }

  PackedConv conv;
  ConvOperands operands;
  std::int64_t images = 1;  ///< of one sample
};

std::unique_ptr<Step> create_step(const NodeView& node, ConvNode conv) {
  const ConvGeometry& g = conv.geometry;
  auto step = std::make_unique<ConvStep>(g, node.isa(), std::move(conv.operands));
  step->inputs = {node.data_input()};
  step->outputs = {node.output_index()};
  step->images = conv.images;
  step->macs = conv.images * g.out_h * g.out_w * g.out_c * g.weights_per_channel();
  return step;
}

}  // namespace

ConvNode read_conv(const NodeView& node) {
  const bool depthwise = node.op() == OpCode::depthwise_conv_2d;
  node.expect_operands(2, 3);
  const auto a = node.attributes<ConvAttributes>();
  const TensorDef& x = node.tensor(node.data_input());
  const TensorDef& w = node.input(1);
  node.expect_rank(x, 4);
  node.expect_rank(w, 4);
  const FusedPads& pads = node.fused_pads;
  const Extent h = spatial_extent(
      {x.shape[1], w.shape[1], a.stride_h, a.dilation_h, a.padding, pads.top, pads.bottom},
      "height");
  const Extent v = spatial_extent(
      {x.shape[2], w.shape[2], a.stride_w, a.dilation_w, a.padding, pads.left, pads.right},
      "width");
  const int in_c = x.shape[3];
  const int out_c = depthwise ? w.shape[3] : w.shape[0];
  int groups = in_c;
  if (depthwise) {
    // The attribute repeats what the shapes say; some writers leave it 0.
    const int multiplier = a.depth_multiplier == 0 ? out_c / in_c : a.depth_multiplier;
    OCTET_CHECK(w.shape[0] == 1 && multiplier >= 1 && out_c == std::int64_t{in_c} * multiplier,
                quoted(w), ": expected shape [1,h,w,", in_c, "*", multiplier, "], got ",
                to_string(w.shape));
  } else {
    OCTET_CHECK(in_c % w.shape[3] == 0, quoted(w), ": expected input channels dividing ", in_c,
                ", got shape ", to_string(w.shape));
    groups = in_c / w.shape[3];
    OCTET_CHECK(out_c % groups == 0, quoted(w), ": expected output channels divisible by ", groups,
                " groups, got shape ", to_string(w.shape));
  }
  node.expect_output_shape({x.shape[0], h.out, v.out, out_c});

  const ConvGeometry geometry{.in_h = x.shape[1],
                              .in_w = x.shape[2],
                              .in_c = in_c,
                              .out_h = h.out,
                              .out_w = v.out,
                              .out_c = out_c,
                              .kernel_h = w.shape[1],
                              .kernel_w = w.shape[2],
                              .stride_h = a.stride_h,
                              .stride_w = a.stride_w,
                              .dilation_h = a.dilation_h,
                              .dilation_w = a.dilation_w,
                              .pad_top = h.pad_before,
                              .pad_left = v.pad_before,
                              .groups = groups};
  return {geometry,
          read_conv_operands(node, {.axis = depthwise ? 3 : 0, .activation = a.activation}),
          x.shape[0]};
}

ConvNode read_fully_connected(const NodeView& node) {
  node.expect_operands(2, 3);
  const auto a = node.attributes<FullyConnectedAttributes>();
  const TensorDef& x = node.input(0);
  const TensorDef& w = node.input(1);
  node.expect_rank(w, 2);
  const std::int32_t out = w.shape[0], in = w.shape[1];
  const std::int64_t elements = element_count(x.shape);
  OCTET_CHECK(elements % in == 0, quoted(x), ": expected a multiple of ", in,
              " elements, got shape ", to_string(x.shape));
  const std::int64_t rows = elements / in;
  if (a.keep_num_dims) {
    OCTET_CHECK(!x.shape.empty() && x.shape.back() == in, quoted(x),
                ": expected a last dimension of ", in, ", got shape ", to_string(x.shape));
    Dims shape = x.shape;
    shape.back() = out;
    node.expect_output_shape(shape);
  } else {
    node.expect_output_shape({static_cast<std::int32_t>(rows), out});
  }
  return {{.in_c = in, .out_c = out}, read_conv_operands(node, {.activation = a.activation}), rows};
}

std::unique_ptr<Step> create_conv(const NodeView& node) {
  return create_step(node, read_conv(node));
}
std::unique_ptr<Step> create_depthwise_conv(const NodeView& node) {
  return create_step(node, read_conv(node));
}
std::unique_ptr<Step> create_fully_connected(const NodeView& node) {
  return create_step(node, read_fully_connected(node));
}

}  // namespace octet::int8
