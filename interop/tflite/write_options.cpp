#include "base/error.h"
#include "interop/tflite/options.h"
#include "interop/tflite/tflite_ops.h"
#include "interop/tflite/visit_op.h"

namespace octet::tflite {
namespace {

using int8::Activation;
using int8::Padding;
using Builder = flatbuffers::FlatBufferBuilder;

// --- single values ---

std::int8_t write_padding(Padding padding) {
  return padding == Padding::same ? 0 : 1;
}
std::int8_t write_activation(Activation activation) {
  return static_cast<std::int8_t>(activation);
}

// --- options tables ---

auto write(Builder& b, const int8::ConvAttributes& a, const Conv2DOptions*) {
  return CreateConv2DOptions(b, write_padding(a.padding), a.stride_w, a.stride_h,
                             write_activation(a.activation), a.dilation_w, a.dilation_h);
}
auto write(Builder& b, const int8::ConvAttributes& a, const DepthwiseConv2DOptions*) {
  return CreateDepthwiseConv2DOptions(b, write_padding(a.padding), a.stride_w, a.stride_h,
                                      a.depth_multiplier, write_activation(a.activation),
                                      a.dilation_w, a.dilation_h);
}
auto write(Builder& b, const int8::TransposeConvAttributes& a, const TransposeConvOptions*) {
  return CreateTransposeConvOptions(b, write_padding(a.padding), a.stride_w, a.stride_h,
                                    write_activation(a.activation));
}
auto write(Builder& b, const int8::PoolAttributes& a, const Pool2DOptions*) {
  return CreatePool2DOptions(b, write_padding(a.padding), a.stride_w, a.stride_h, a.filter_w,
                             a.filter_h, write_activation(a.activation));
}
auto write(Builder& b, const int8::FullyConnectedAttributes& a, const FullyConnectedOptions*) {
  return CreateFullyConnectedOptions(b, write_activation(a.activation), 0, a.keep_num_dims);
}
auto write(Builder& b, const int8::ElementwiseAttributes& a, const AddOptions*) {
  return CreateAddOptions(b, write_activation(a.activation));
}
auto write(Builder& b, const int8::ElementwiseAttributes& a, const SubOptions*) {
  return CreateSubOptions(b, write_activation(a.activation));
}
auto write(Builder& b, const int8::ElementwiseAttributes& a, const MulOptions*) {
  return CreateMulOptions(b, write_activation(a.activation));
}
auto write(Builder& b, const int8::ConcatenationAttributes& a, const ConcatenationOptions*) {
  return CreateConcatenationOptions(b, a.axis);
}
auto write(Builder& b, const int8::ReshapeAttributes& a, const ReshapeOptions*) {
  if (a.new_shape.empty()) return CreateReshapeOptions(b);
  const auto shape = b.CreateVector(a.new_shape);
  return CreateReshapeOptions(b, shape);
}
auto write(Builder& b, const int8::SqueezeAttributes& a, const SqueezeOptions*) {
  const auto dims = b.CreateVector(a.dims);
  return CreateSqueezeOptions(b, dims);
}
auto write(Builder& b, const int8::ResizeAttributes& a, const ResizeBilinearOptions*) {
  return CreateResizeBilinearOptions(b, a.align_corners, a.half_pixel_centers);
}
auto write(Builder& b, const int8::ResizeAttributes& a, const ResizeNearestNeighborOptions*) {
  return CreateResizeNearestNeighborOptions(b, a.align_corners, a.half_pixel_centers);
}
auto write(Builder& b, const int8::SoftmaxAttributes& a, const SoftmaxOptions*) {
  return CreateSoftmaxOptions(b, a.beta);
}
auto write(Builder& b, const int8::MeanAttributes& a, const ReducerOptions*) {
  return CreateReducerOptions(b, a.keep_dims);
}
auto write(Builder& b, const int8::StridedSliceAttributes& a, const StridedSliceOptions*) {
  return CreateStridedSliceOptions(b, a.begin_mask, a.end_mask, a.ellipsis_mask, a.new_axis_mask,
                                   a.shrink_axis_mask);
}
auto write(Builder& b, const int8::SplitAttributes& a, const SplitOptions*) {
  return CreateSplitOptions(b, a.num_splits);
}
auto write(Builder& b, const int8::SplitAttributes& a, const SplitVOptions*) {
  return CreateSplitVOptions(b, a.num_splits);
}
auto write(Builder& b, const int8::GatherAttributes& a, const GatherOptions*) {
  return CreateGatherOptions(b, a.axis, a.batch_dims);
}
auto write(Builder& b, const int8::PackAttributes& a, const PackOptions*) {
  return CreatePackOptions(b, a.count, a.axis);
}
auto write(Builder& b, const int8::PackAttributes& a, const UnpackOptions*) {
  return CreateUnpackOptions(b, a.count, a.axis);
}
auto write(Builder& b, const int8::ElementwiseAttributes& a, const L2NormOptions*) {
  return CreateL2NormOptions(b, write_activation(a.activation));
}
auto write(Builder& b, const int8::BlockAttributes& a, const SpaceToDepthOptions*) {
  return CreateSpaceToDepthOptions(b, a.size);
}
auto write(Builder& b, const int8::BlockAttributes& a, const DepthToSpaceOptions*) {
  return CreateDepthToSpaceOptions(b, a.size);
}
auto write(Builder& b, const int8::MirrorPadAttributes& a, const MirrorPadOptions*) {
  return CreateMirrorPadOptions(b, a.symmetric ? 1 : 0);
}
auto write(Builder& b, const int8::BatchMatMulAttributes& a, const BatchMatMulOptions*) {
  return CreateBatchMatMulOptions(b, a.adj_x, a.adj_y);
}
constexpr std::int8_t index_type = 2;  // INT32
auto write(Builder& b, const int8::ArgAttributes&, const ArgMaxOptions*) {
  return CreateArgMaxOptions(b, index_type);
}
auto write(Builder& b, const int8::ArgAttributes&, const ArgMinOptions*) {
  return CreateArgMinOptions(b, index_type);
}
auto write(Builder& b, const int8::LeakyReluAttributes& a, const LeakyReluOptions*) {
  return CreateLeakyReluOptions(b, a.alpha);
}
auto write(Builder& b, const int8::ElementwiseAttributes& a, const DivOptions*) {
  return CreateDivOptions(b, write_activation(a.activation));
}
auto write(Builder& b, const int8::SvdfAttributes& a, const SVDFOptions*) {
  return CreateSVDFOptions(b, a.rank, write_activation(a.activation));
}
auto write(Builder& b, const int8::LstmAttributes& a, const UnidirectionalSequenceLSTMOptions*) {
  return CreateUnidirectionalSequenceLSTMOptions(b, tanh_activation, a.cell_clip, 0.0f,
                                                 a.time_major);
}
auto write(Builder& b, const int8::GeluAttributes& a, const GeluOptions*) {
  return CreateGeluOptions(b, a.approximate);
}

struct WriteVisitor {
  Builder& builder;
  const int8::Node& node;
  const OpFacts& facts;
  const std::string& where;

  template <class Attributes, class Options>
  WrittenOptions attributes() const {
    const Attributes defaults{};
    const auto* found = std::get_if<Attributes>(&node.attributes);
    const bool use_defaults =
        !facts.options_required && std::holds_alternative<std::monostate>(node.attributes);
    OCTET_CHECK(found || use_defaults, where,
                ": the node's attributes are missing or another op's");
    const Options* tag = nullptr;
    return {BuiltinOptionsTraits<Options>::enum_value,
            write(builder, found ? *found : defaults, tag).Union()};
  }
  WrittenOptions empty(BuiltinOptions type) const {
    check_no_attributes();
    return {type, flatbuffers::Offset<void>(builder.EndTable(builder.StartTable()))};
  }
  WrittenOptions none() const {
    check_no_attributes();
    return {};
  }
  void check_no_attributes() const {
    OCTET_CHECK(std::holds_alternative<std::monostate>(node.attributes), where,
                ": the node has attributes, but its op has none");
  }
};

}  // namespace

WrittenOptions write_options(Builder& builder, const int8::Node& node, const std::string& where) {
  const OpFacts& facts = *find_op(static_cast<std::int32_t>(node.op));
  return visit_op(node.op, WriteVisitor{builder, node, facts, where});
}

}  // namespace octet::tflite
