#include "interop/onnx_export/rows.h"

#include <algorithm>

namespace octet::onnx_export {
namespace {

using int8::OpCode;

// In the order of docs/onnx.md: of products, windows, two values, one value, moves.
constexpr OnnxRow rows[] = {
    {OpCode::conv_2d, "Conv", write_conv},
    {OpCode::depthwise_conv_2d, "Conv", write_conv, "Conv, a group for each channel"},
    {OpCode::transpose_conv, "ConvTranspose", write_transpose_conv},
    {OpCode::fully_connected, "Gemm", write_fully_connected},
    {OpCode::batch_matmul, "MatMul", write_batch_matmul},
    {OpCode::average_pool_2d, "AveragePool", write_pool,
     "AveragePool, of the whole image GlobalAveragePool"},
    {OpCode::max_pool_2d, "MaxPool", write_pool},
    {OpCode::mean, "ReduceMean", write_reduction,
     "ReduceMean, of height and width GlobalAveragePool"},
    {OpCode::sum, "ReduceSum", write_reduction},
    {OpCode::reduce_max, "ReduceMax", write_reduction},
    {OpCode::reduce_min, "ReduceMin", write_reduction},
    {OpCode::arg_max, "ArgMax", write_arg},
    {OpCode::arg_min, "ArgMin", write_arg},
    {OpCode::resize_bilinear, "linear", write_resize, "Resize, linear"},
    {OpCode::resize_nearest_neighbor, "nearest", write_resize, "Resize, nearest"},
    {OpCode::add, "Add", write_binary},
    {OpCode::sub, "Sub", write_binary},
    {OpCode::mul, "Mul", write_binary},
    {OpCode::div, "Div", write_binary},
    {OpCode::pow, "Pow", write_binary},
    {OpCode::maximum, "Max", write_binary},
    {OpCode::minimum, "Min", write_binary},
    {OpCode::prelu, "PRelu", write_binary},
    {OpCode::squared_difference, "", write_squared_difference, "Sub, Mul"},
    {OpCode::quantize, "", write_conversion, "QuantizeLinear"},
    {OpCode::dequantize, "", write_conversion, "DequantizeLinear"},
    {OpCode::cast, "Cast", write_cast},
    {OpCode::logistic, "Sigmoid", write_unary},
    {OpCode::tanh, "Tanh", write_unary},
    {OpCode::hard_swish, "HardSwish", write_unary, "HardSwish (operator set 14)", 14},
    {OpCode::elu, "Elu", write_unary},
    {OpCode::exp, "Exp", write_unary},
    {OpCode::log, "Log", write_unary},
    {OpCode::sqrt, "Sqrt", write_unary},
    {OpCode::abs, "Abs", write_unary},
    {OpCode::neg, "Neg", write_unary},
    {OpCode::floor, "Floor", write_unary},
    {OpCode::ceil, "Ceil", write_unary},
    {OpCode::round, "Round", write_unary},
    {OpCode::relu, "Relu", write_activation},
    {OpCode::relu6, "Clip", write_activation},
    {OpCode::relu_n1_to_1, "Clip", write_activation},
    {OpCode::relu_0_to_1, "Clip", write_activation},
    {OpCode::softmax, "Softmax", write_softmax},
    {OpCode::log_softmax, "LogSoftmax", write_along_channels},
    {OpCode::l2_normalization, "LpNormalization", write_along_channels},
    {OpCode::leaky_relu, "LeakyRelu", write_leaky_relu},
    {OpCode::gelu, "", write_gelu, "Erf (or Tanh), Mul, Add"},
    {OpCode::rsqrt, "", write_rsqrt, "Sqrt, Reciprocal"},
    {OpCode::square, "", write_square, "Mul"},
    {OpCode::reshape, "Reshape", write_reshape},
    {OpCode::squeeze, "Reshape", write_reshape},
    {OpCode::expand_dims, "Reshape", write_reshape},
    {OpCode::transpose, "Transpose", write_transpose},
    {OpCode::concatenation, "Concat", write_concatenation},
    {OpCode::pad, "Pad", write_pad, "Pad, or the pads of the Conv behind it"},
    {OpCode::padv2, "Pad", write_pad, "Pad, or the pads of the MaxPool behind it"},
    {OpCode::mirror_pad, "", write_mirror_pad, "Gather of each padded dimension"},
    {OpCode::tile, "Tile", write_tile},
    {OpCode::broadcast_to, "Expand", write_broadcast},
    {OpCode::depth_to_space, "DepthToSpace", write_blocks},
    {OpCode::space_to_depth, "SpaceToDepth", write_blocks},
    {OpCode::slice, "Slice", write_slice},
    {OpCode::strided_slice, "Slice", write_strided_slice},
    {OpCode::split, "Split", write_split},
    {OpCode::split_v, "Split", write_split},
    {OpCode::gather, "Gather", write_gather},
    {OpCode::pack, "", write_pack, "Reshape, Concat"},
    {OpCode::unpack, "", write_unpack, "Gather"},
};

}  // namespace

std::span<const OnnxRow> all_rows() noexcept {
  return rows;
}

const OnnxRow* find_row(OpCode op) noexcept {
  const auto found = std::find_if(std::begin(rows), std::end(rows),
                                  [op](const OnnxRow& row) { return row.op == op; });
  return found == std::end(rows) ? nullptr : found;
}

}  // namespace octet::onnx_export
