#include "interop/tflite/tflite_ops.h"

#include <algorithm>
#include <array>
#include <limits>

namespace octet::tflite {
namespace {

using int8::OpCode;

constexpr int any = std::numeric_limits<int>::max();

#define ATTRIBUTES(attributes, table) false
#define REQUIRED(attributes, table) true
#define EMPTY(code) false
#define NONE false
constexpr std::array ops = {
#define OCTET_TFLITE_OP(op, options, min, max, outputs, version, max_version, major, minor, patch) \
  OpFacts{OpCode::op, options, min, max, outputs, version, max_version, {major, minor, patch}},
#include "interop/tflite/ops.inc"
};
#undef ATTRIBUTES
#undef REQUIRED
#undef EMPTY
#undef NONE

struct Release {
  OpCode op;
  int version;
  RuntimeVersion runtime;
};
// Of the versions that version_to_write chooses beside the rows'.
constexpr std::array releases = {
    Release{OpCode::conv_2d, 6, {2, 9, 0}},
    Release{OpCode::dequantize, 3, {1, 15, 0}},
    Release{OpCode::dequantize, 5, {2, 7, 0}},
    Release{OpCode::fully_connected, 5, {2, 0, 0}},
    Release{OpCode::fully_connected, 6, {2, 1, 0}},
    Release{OpCode::mul, 3, {1, 15, 0}},
    Release{OpCode::resize_bilinear, 3, {2, 2, 0}},
    Release{OpCode::pad, 4, {2, 6, 0}},
    Release{OpCode::gather, 5, {2, 5, 0}},
    Release{OpCode::batch_to_space_nd, 3, {2, 3, 0}},
    Release{OpCode::space_to_batch_nd, 3, {2, 3, 0}},
    Release{OpCode::slice, 5, {2, 5, 0}},
    Release{OpCode::transpose, 4, {2, 3, 0}},
    Release{OpCode::transpose, 6, {2, 12, 0}},
    Release{OpCode::sub, 3, {2, 3, 0}},
    Release{OpCode::strided_slice, 4, {2, 2, 0}},
    Release{OpCode::strided_slice, 6, {2, 6, 0}},
    Release{OpCode::maximum, 3, {2, 3, 0}},
    Release{OpCode::minimum, 3, {2, 3, 0}},
    Release{OpCode::padv2, 4, {2, 6, 0}},
    Release{OpCode::transpose_conv, 3, {2, 3, 0}},
    Release{OpCode::transpose_conv, 4, {2, 13, 0}},
    Release{OpCode::resize_nearest_neighbor, 3, {2, 3, 0}},
};

struct Operands {
  const int8::Graph& graph;
  const int8::Node& node;

  const int8::TensorDef& input(std::size_t i) const {
    return graph.tensors[static_cast<std::size_t>(node.inputs[i])];
  }
  const int8::TensorDef& output() const {
    return graph.tensors[static_cast<std::size_t>(node.outputs[0])];
  }
  bool has_input(std::size_t i) const { return i < node.inputs.size() && node.inputs[i] >= 0; }
  bool broadcasts_beyond_4d() const {
    return input(0).shape != input(1).shape &&
           std::max(input(0).shape.size(), input(1).shape.size()) > 4;
  }
  bool is_grouped() const {
    return input(0).shape.size() == 4 && input(1).shape.size() == 4 &&
           input(0).shape[3] != input(1).shape[3];
  }
  bool mul_enlarges() const {
    const auto scale = [](const int8::TensorDef& t) {
      return t.quantization.scale.empty() ? 0.0f : t.quantization.scale[0];
    };
    const float out = scale(output());
    return out > 0.0f && scale(input(0)) * scale(input(1)) / out >= 1.0f;
  }
};

template <class T>
const T& attributes(const int8::Node& node) {
  static const T defaults{};
  const T* found = std::get_if<T>(&node.attributes);
  return found ? *found : defaults;
}

}  // namespace

const OpFacts* find_op(std::int32_t code) noexcept {
  const auto found = std::find_if(ops.begin(), ops.end(), [code](const OpFacts& facts) {
    return static_cast<std::int32_t>(facts.op) == code;
  });
  return found == ops.end() ? nullptr : &*found;
}

std::optional<WeightOperands> weight_operands(int8::OpCode op) noexcept {
  switch (op) {
    case OpCode::conv_2d:
    case OpCode::fully_connected:
      return WeightOperands{0, 1, 2, 0};
    case OpCode::depthwise_conv_2d:
      return WeightOperands{0, 1, 2, 3};
    case OpCode::transpose_conv:
      return WeightOperands{2, 1, 3, 0};
    default:
      return std::nullopt;
  }
}

int version_to_write(const int8::Graph& graph, const int8::Node& node) {
  const Operands o{graph, node};
  const int base = find_op(static_cast<std::int32_t>(node.op))->version;
  switch (node.op) {
    case OpCode::conv_2d:
      return o.is_grouped() ? 6 : base;
    case OpCode::dequantize:
      return o.input(0).quantization.scale.size() > 1 ? 5 : base;
    case OpCode::fully_connected:
      if (!o.has_input(2)) return 6;
      return attributes<int8::FullyConnectedAttributes>(node).keep_num_dims ? 5 : base;
    case OpCode::mul:
      return o.mul_enlarges() ? 3 : base;
    case OpCode::sub:
    case OpCode::maximum:
    case OpCode::minimum:
      return o.broadcasts_beyond_4d() ? 3 : base;
    case OpCode::pad:
    case OpCode::padv2:
      return o.input(0).shape.size() > 4 ? 4 : base;
    case OpCode::gather:
      return attributes<int8::GatherAttributes>(node).batch_dims != 0 ? 5 : base;
    case OpCode::batch_to_space_nd:
    case OpCode::space_to_batch_nd:
      return o.input(0).shape.size() != 4 ? 3 : base;
    case OpCode::slice:
      return o.input(0).shape.size() > 4 ? 5 : base;
    case OpCode::transpose:
      if (o.input(0).shape.size() > 5) return 6;
      return o.input(0).shape.size() > 4 ? 4 : base;
    case OpCode::strided_slice: {
      const auto& a = attributes<int8::StridedSliceAttributes>(node);
      if (a.ellipsis_mask != 0 || a.new_axis_mask != 0) return 6;
      return o.input(0).shape.size() > 4 ? 4 : base;
    }
    case OpCode::resize_bilinear:
      return attributes<int8::ResizeAttributes>(node).half_pixel_centers ? 3 : base;
    case OpCode::resize_nearest_neighbor: {
      const auto& a = attributes<int8::ResizeAttributes>(node);
      return a.align_corners || a.half_pixel_centers ? 3 : base;
    }
    case OpCode::transpose_conv:
      if (attributes<int8::TransposeConvAttributes>(node).activation != int8::Activation::none)
        return 4;
      return o.has_input(3) ? 3 : base;
    default:
      return base;
  }
}

std::string RuntimeVersion::text() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

RuntimeVersion runtime_needed(std::int32_t code, int version) noexcept {
  const auto found = std::find_if(releases.begin(), releases.end(), [&](const Release& r) {
    return static_cast<std::int32_t>(r.op) == code && r.version == version;
  });
  if (found != releases.end()) return found->runtime;
  const OpFacts* facts = find_op(code);
  return facts ? facts->release : RuntimeVersion{2, 6, 0};  // of the operators on variables
}

}  // namespace octet::tflite
