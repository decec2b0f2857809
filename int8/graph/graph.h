// The integer graph as plain data: what a reader or `convert` produces, what a writer stores and
// what Model validates and compiles. Vocabulary and semantics are TFLite's (docs/numerics.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/export.h"
#include "int8/graph/rounding.h"

namespace octet::int8 {

/// Values are TFLite's BuiltinOperator codes.
enum class OpCode : std::int32_t {
#define OCTET_INT8_OP(op, code, name, create) op = code,
#include "int8/graph/ops.inc"
};

/// "CONV_2D" etc.; "?" for a value outside the enumeration.
OCTET_API std::string_view op_name(OpCode op) noexcept;

/// u8: codes of values at the edges of a graph, 128 more than the i8 codes of the same reals. i16:
/// wide codes of values at the edges and of the states of recurrent operators. i64: indices that a
/// graph computes.
enum class DType : std::uint8_t { f32, i32, i8, u8, i16, i64 };
/// "f32", "i8", ...
OCTET_API std::string_view dtype_name(DType type) noexcept;
/// Values of the type are codes of one byte, most often quantized.
constexpr bool is_codes(DType type) noexcept {
  return type == DType::i8 || type == DType::u8;
}
/// Values of the type may have a scale and a zero point.
constexpr bool is_quantizable(DType type) noexcept {
  return is_codes(type) || type == DType::i16;
}
/// Values of the type are what an operator counts, not codes.
constexpr bool is_integer(DType type) noexcept {
  return type == DType::i32 || type == DType::i64;
}
/// The lowest and the highest code.
constexpr std::int32_t least_code(DType type) noexcept {
  return type == DType::u8 ? 0 : type == DType::i16 ? -32768 : -128;
}
/// The highest code.
constexpr std::int32_t most_code(DType type) noexcept {
  return type == DType::i16 ? 32767 : least_code(type) + 255;
}
/// Bytes of an element.
constexpr std::size_t dtype_size(DType type) noexcept {
  return is_codes(type) ? 1 : type == DType::i16 ? 2 : type == DType::i64 ? 8 : 4;
}

/// TFLite's: out = ceil(in / stride), or windows inside the input only.
enum class Padding : std::uint8_t { same, valid };
/// Values are TFLite's ActivationFunctionType codes.
enum class Activation : std::uint8_t { none = 0, relu = 1, relu_n1_to_1 = 2, relu6 = 3 };

/// real = scale * (code - zero_point). Per tensor: one entry; per channel: shape[axis] entries.
/// Empty scale: not quantized; such codes can be moved, but not computed with.
struct Quantization {
  std::vector<float> scale;
  std::vector<std::int32_t> zero_point;
  int axis = 0;
  bool operator==(const Quantization&) const = default;
};

/// Scale and zero point of a per-tensor quantized value.
struct QuantParams {
  float scale = 1.0f;
  std::int32_t zero_point = 0;
  bool operator==(const QuantParams&) const = default;
};

/// Constant bytes, little-endian row-major, kept alive by `owner` (a mapped file or a vector).
/// `data` is not necessarily aligned to the element type.
struct ConstBytes {
  std::shared_ptr<const void> owner;
  const std::byte* data = nullptr;
  std::size_t size = 0;
  explicit operator bool() const noexcept { return data != nullptr; }
};
/// Copies `bytes` into an owned, 64-byte aligned buffer.
OCTET_API ConstBytes own_bytes(std::span<const std::byte> bytes);

/// Extents of a tensor, row-major; dimension 0 is the batch, images are NHWC.
using Dims = std::vector<std::int32_t>;

/// A value or a constant of the graph.
struct TensorDef {
  std::string name;
  DType type = DType::i8;
  Dims shape;
  Quantization quantization;
  ConstBytes constant;    ///< set for constants only
  bool computed = false;  ///< a constant that the file has as the result of operators on shapes
};

/// CONV_2D and DEPTHWISE_CONV_2D.
struct ConvAttributes {
  Padding padding = Padding::valid;
  int stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int depth_multiplier = 1;  ///< depthwise only; 0: as the shapes say
  Activation activation = Activation::none;
};
/// TRANSPOSE_CONV.
struct TransposeConvAttributes {
  Padding padding = Padding::valid;
  int stride_h = 1, stride_w = 1;
  Activation activation = Activation::none;
};
/// FULLY_CONNECTED.
struct FullyConnectedAttributes {
  Activation activation = Activation::none;
  bool keep_num_dims = false;
};
/// AVERAGE_POOL_2D and MAX_POOL_2D.
struct PoolAttributes {
  Padding padding = Padding::valid;
  int stride_h = 1, stride_w = 1, filter_h = 1, filter_w = 1;
  Activation activation = Activation::none;
};
/// ADD, SUB, MUL and L2_NORMALIZATION.
struct ElementwiseAttributes {
  Activation activation = Activation::none;
};
/// CONCATENATION.
struct ConcatenationAttributes {
  int axis = 0;
};
/// RESHAPE.
struct ReshapeAttributes {
  std::vector<std::int32_t> new_shape;  ///< as in the file; may hold one -1
};
/// SQUEEZE.
struct SqueezeAttributes {
  std::vector<std::int32_t> dims;
};
/// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
struct ResizeAttributes {
  bool align_corners = false, half_pixel_centers = false;
};
/// SOFTMAX.
struct SoftmaxAttributes {
  float beta = 1.0f;
};
/// MEAN, SUM, REDUCE_MAX and REDUCE_MIN.
struct MeanAttributes {
  bool keep_dims = false;
};
/// STRIDED_SLICE.
struct StridedSliceAttributes {
  int begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0, shrink_axis_mask = 0;
};
/// SPLIT and SPLIT_V.
struct SplitAttributes {
  int num_splits = 1;
};
/// GATHER.
struct GatherAttributes {
  int axis = 0;
  int batch_dims = 0;
};
/// PACK and UNPACK.
struct PackAttributes {
  int count = 0;
  int axis = 0;
};
/// DEPTH_TO_SPACE and SPACE_TO_DEPTH.
struct BlockAttributes {
  int size = 1;
};
/// MIRROR_PAD.
struct MirrorPadAttributes {
  bool symmetric = false;  ///< the border itself is repeated, too
};
/// BATCH_MATMUL.
struct BatchMatMulAttributes {
  bool adj_x = false, adj_y = false;  ///< the matrix is given transposed
};
/// ARG_MAX and ARG_MIN.
struct ArgAttributes {};
/// LEAKY_RELU.
struct LeakyReluAttributes {
  float alpha = 0.0f;
};
/// SVDF.
struct SvdfAttributes {
  int rank = 1;
  Activation activation = Activation::none;
};
/// UNIDIRECTIONAL_SEQUENCE_LSTM.
struct LstmAttributes {
  float cell_clip = 0.0f;   ///< 0: none
  bool time_major = false;  ///< dimensions are time, batch, features; else batch, time, features
};
/// GELU.
struct GeluAttributes {
  bool approximate = false;  ///< tanh's approximation of the normal distribution function
};

/// What a node says beside its operands, by its operator.
using Attributes =
    std::variant<std::monostate, ConvAttributes, TransposeConvAttributes, FullyConnectedAttributes,
                 PoolAttributes, ElementwiseAttributes, ConcatenationAttributes, ReshapeAttributes,
                 SqueezeAttributes, ResizeAttributes, SoftmaxAttributes, MeanAttributes,
                 StridedSliceAttributes, SplitAttributes, GatherAttributes, PackAttributes,
                 BlockAttributes, MirrorPadAttributes, BatchMatMulAttributes, ArgAttributes,
                 LeakyReluAttributes, GeluAttributes, SvdfAttributes, LstmAttributes>;

/// An operator, from tensors to tensors.
struct Node {
  OpCode op = OpCode::add;
  std::vector<int> inputs;  ///< tensor indices in TFLite's operand order; -1 = absent optional
  std::vector<int> outputs;
  Attributes attributes;
};

/// A value that is kept from run to run, as the networks need that hear or see a stream: before a
/// run tensor `input` gets what `output` was after the run before, at first `initial`. Where both
/// are one tensor, the recurrent operator that has it as an operand (SVDF,
/// UNIDIRECTIONAL_SEQUENCE_LSTM) writes it.
struct State {
  int input = -1;      ///< that no node writes
  int output = -1;     ///< any tensor with a value, of the same type and shape
  ConstBytes initial;  ///< of one sample
};

/// Nodes are in execution order.
struct Graph {
  std::vector<TensorDef> tensors;
  std::vector<Node> nodes;
  std::vector<int> inputs, outputs;
  /// What the file's signature calls them. None, or "": as the tensor.
  std::vector<std::string> input_names, output_names;
  std::vector<State> states;
  Rounding rounding = Rounding::double_rounding;
  std::string name;                             ///< subgraph name
  std::string description;                      ///< who wrote it
  std::map<std::string, std::string> metadata;  ///< other octet.* metadata entries
};

/// Name of input or output `i`: the signature's, else the tensor's.
OCTET_API const std::string& input_name(const Graph& graph, std::size_t i);
/// The same of an output.
OCTET_API const std::string& output_name(const Graph& graph, std::size_t i);

}  // namespace octet::int8
