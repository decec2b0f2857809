// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: geometry and integers here, kernels in
// PackedConv.
#include "int8/kernels/packed_conv.h"
#include "int8/ops/operand_shapes.h"
#include "int8/ops/window_nodes.h"

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
  const ConvGeometry geometry = conv_geometry_of(node, depthwise);
  const auto a = node.attributes<ConvAttributes>();
  return {geometry,
          read_conv_operands(node, {.axis = depthwise ? 3 : 0, .activation = a.activation}),
          node.tensor(node.data_input()).shape[0]};
}

ConvNode read_fully_connected(const NodeView& node) {
  const FullyConnectedShape shape = fully_connected_shape_of(node);
  const auto a = node.attributes<FullyConnectedAttributes>();
  return {{.in_c = shape.in, .out_c = shape.out},
          read_conv_operands(node, {.activation = a.activation}),
          shape.rows};
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
