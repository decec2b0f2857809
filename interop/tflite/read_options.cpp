#include <cmath>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "interop/tflite/names.h"
#include "interop/tflite/options.h"
#include "interop/tflite/tflite_ops.h"
#include "interop/tflite/visit_op.h"

namespace octet::tflite {
namespace {

using int8::Activation;
using int8::OpCode;
using int8::Padding;

// --- single values ---

Padding read_padding(int value, const std::string& where) {
  OCTET_CHECK(value == 0 || value == 1, where, ": padding: expected 0 (SAME) or 1 (VALID), got ",
              value);
  return value == 0 ? Padding::same : Padding::valid;
}

Activation read_activation(int value, const std::string& where) {
  OCTET_CHECK(value >= 0 && value <= 3, where, ": fused activation ", activation_text(value),
              " is not supported (NONE, RELU, RELU_N1_TO_1 and RELU6 are)");
  return static_cast<Activation>(value);
}

std::vector<std::int32_t> read_ints(const flatbuffers::Vector<std::int32_t>* values,
                                    const std::string& where, const char* what) {
  if (!values) return {};
  constexpr unsigned limit = 64;  // far beyond any rank
  OCTET_CHECK(values->size() <= limit, where, ": ", what, " has ", values->size(), " entries");
  std::vector<std::int32_t> result(values->size());
  for (unsigned i = 0; i < values->size(); ++i) result[i] = values->Get(i);
  return result;
}

// --- options tables ---

int8::ConvAttributes read(const Conv2DOptions& o, const std::string& where) {
  return {.padding = read_padding(o.padding(), where),
          .stride_h = o.stride_h(),
          .stride_w = o.stride_w(),
          .dilation_h = o.dilation_h(),
          .dilation_w = o.dilation_w(),
          .activation = read_activation(o.activation(), where)};
}
int8::ConvAttributes read(const DepthwiseConv2DOptions& o, const std::string& where) {
  return {.padding = read_padding(o.padding(), where),
          .stride_h = o.stride_h(),
          .stride_w = o.stride_w(),
          .dilation_h = o.dilation_h(),
          .dilation_w = o.dilation_w(),
          .depth_multiplier = o.depth_multiplier(),
          .activation = read_activation(o.activation(), where)};
}
int8::TransposeConvAttributes read(const TransposeConvOptions& o, const std::string& where) {
  return {.padding = read_padding(o.padding(), where),
          .stride_h = o.stride_h(),
          .stride_w = o.stride_w(),
          .activation = read_activation(o.activation(), where)};
}
int8::PoolAttributes read(const Pool2DOptions& o, const std::string& where) {
  return {.padding = read_padding(o.padding(), where),
          .stride_h = o.stride_h(),
          .stride_w = o.stride_w(),
          .filter_h = o.filter_h(),
          .filter_w = o.filter_w(),
          .activation = read_activation(o.activation(), where)};
}
int8::FullyConnectedAttributes read(const FullyConnectedOptions& o, const std::string& where) {
  OCTET_CHECK(o.weights_format() == 0, where, ": weights format ", int{o.weights_format()},
              " is not supported (0, the default, is)");
  return {.activation = read_activation(o.activation(), where), .keep_num_dims = o.keep_num_dims()};
}
// AddOptions, SubOptions, MulOptions
template <class Options>
int8::ElementwiseAttributes read_elementwise(const Options& o, const std::string& where) {
  return {.activation = read_activation(o.activation(), where)};
}
int8::ElementwiseAttributes read(const AddOptions& o, const std::string& where) {
  return read_elementwise(o, where);
}
int8::ElementwiseAttributes read(const SubOptions& o, const std::string& where) {
  return read_elementwise(o, where);
}
int8::ElementwiseAttributes read(const MulOptions& o, const std::string& where) {
  return read_elementwise(o, where);
}
int8::ConcatenationAttributes read(const ConcatenationOptions& o, const std::string& where) {
  OCTET_CHECK(o.activation() == 0, where, ": fused activation ", activation_text(o.activation()),
              " is not supported here");
  return {.axis = o.axis()};
}
int8::ReshapeAttributes read(const ReshapeOptions& o, const std::string& where) {
  return {.new_shape = read_ints(o.new_shape(), where, "new_shape")};
}
int8::SqueezeAttributes read(const SqueezeOptions& o, const std::string& where) {
  return {.dims = read_ints(o.squeeze_dims(), where, "squeeze_dims")};
}
int8::ResizeAttributes read(const ResizeBilinearOptions& o, const std::string&) {
  return {.align_corners = o.align_corners(), .half_pixel_centers = o.half_pixel_centers()};
}
int8::ResizeAttributes read(const ResizeNearestNeighborOptions& o, const std::string&) {
  return {.align_corners = o.align_corners(), .half_pixel_centers = o.half_pixel_centers()};
}
int8::SoftmaxAttributes read(const SoftmaxOptions& o, const std::string& where) {
  OCTET_CHECK(std::isfinite(o.beta()), where, ": beta is not finite");
  return {.beta = o.beta()};
}
int8::MeanAttributes read(const ReducerOptions& o, const std::string&) {
  return {.keep_dims = o.keep_dims()};
}
int8::StridedSliceAttributes read(const StridedSliceOptions& o, const std::string& where) {
  OCTET_CHECK(!o.offset(), where, ": end given as an offset is not supported");
  return {.begin_mask = o.begin_mask(),
          .end_mask = o.end_mask(),
          .ellipsis_mask = o.ellipsis_mask(),
          .new_axis_mask = o.new_axis_mask(),
          .shrink_axis_mask = o.shrink_axis_mask()};
}
int8::SplitAttributes read(const SplitOptions& o, const std::string&) {
  return {.num_splits = o.num_splits()};
}
int8::SplitAttributes read(const SplitVOptions& o, const std::string&) {
  return {.num_splits = o.num_splits()};
}
int8::GatherAttributes read(const GatherOptions& o, const std::string&) {
  return {.axis = o.axis(), .batch_dims = o.batch_dims()};
}
int8::PackAttributes read(const PackOptions& o, const std::string&) {
  return {.count = o.values_count(), .axis = o.axis()};
}
int8::PackAttributes read(const UnpackOptions& o, const std::string&) {
  return {.count = o.num(), .axis = o.axis()};
}
int8::ElementwiseAttributes read(const L2NormOptions& o, const std::string& where) {
  return read_elementwise(o, where);
}
int8::BlockAttributes read(const SpaceToDepthOptions& o, const std::string&) {
  return {.size = o.block_size()};
}
int8::BlockAttributes read(const DepthToSpaceOptions& o, const std::string&) {
  return {.size = o.block_size()};
}
int8::MirrorPadAttributes read(const MirrorPadOptions& o, const std::string& where) {
  OCTET_CHECK(o.mode() == 0 || o.mode() == 1, where,
              ": mode: expected 0 (REFLECT) or 1 (SYMMETRIC), got ", int{o.mode()});
  return {.symmetric = o.mode() == 1};
}
int8::BatchMatMulAttributes read(const BatchMatMulOptions& o, const std::string&) {
  return {.adj_x = o.adj_x(), .adj_y = o.adj_y()};
}
int8::ArgAttributes read(const ArgMaxOptions&, const std::string&) {
  return {};
}
int8::ArgAttributes read(const ArgMinOptions&, const std::string&) {
  return {};
}
int8::LeakyReluAttributes read(const LeakyReluOptions& o, const std::string& where) {
  OCTET_CHECK(std::isfinite(o.alpha()), where, ": alpha is not finite");
  return {.alpha = o.alpha()};
}
int8::ElementwiseAttributes read(const DivOptions& o, const std::string& where) {
  return read_elementwise(o, where);
}
int8::SvdfAttributes read(const SVDFOptions& o, const std::string& where) {
  return {.rank = o.rank(), .activation = read_activation(o.activation(), where)};
}
int8::LstmAttributes read(const UnidirectionalSequenceLSTMOptions& o, const std::string& where) {
  OCTET_CHECK(o.activation() == tanh_activation, where, ": activation ",
              activation_text(o.activation()), " is not supported (TANH is)");
  OCTET_CHECK(std::isfinite(o.cell_clip()), where, ": cell_clip is not finite");
  OCTET_CHECK(!o.diagonal_recurrent_tensors(), where,
              ": diagonal recurrent weights are not supported");
  return {.cell_clip = o.cell_clip(), .time_major = o.time_major()};
}
int8::GeluAttributes read(const GeluOptions& o, const std::string&) {
  return {.approximate = o.approximate()};
}

struct ReadVisitor {
  const Operator& op;
  const OpFacts& facts;
  const std::string& where;

  template <class Attributes, class Options>
  int8::Attributes attributes() const {
    expect(BuiltinOptionsTraits<Options>::enum_value);
    const auto* options = static_cast<const Options*>(op.builtin_options());
    if (options) return read(*options, where);
    OCTET_CHECK(!facts.options_required, where, ": its options are missing");
    return Attributes{};
  }
  int8::Attributes empty(BuiltinOptions) const { return {}; }
  int8::Attributes none() const { return {}; }

 private:
  void expect(BuiltinOptions expected) const {
    const BuiltinOptions type = op.builtin_options_type();
    OCTET_CHECK(type == BuiltinOptions::NONE || type == expected, where, ": options of type ",
                static_cast<int>(type), ", expected type ", static_cast<int>(expected));
    OCTET_CHECK((type == BuiltinOptions::NONE) == (op.builtin_options() == nullptr), where,
                ": the type of its options and their presence disagree");
  }
};

}  // namespace

int8::Attributes read_options(const Operator& op, OpCode code, const std::string& where) {
  return visit_op(code, ReadVisitor{op, *find_op(static_cast<std::int32_t>(code)), where});
}

}  // namespace octet::tflite
