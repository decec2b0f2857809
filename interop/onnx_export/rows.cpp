#include "interop/onnx_export/rows.h"

#include <algorithm>
#include <array>

namespace octet::onnx_export {
namespace {

using enum int8::OpCode;

constexpr std::array rows{
    OnnxRow{conv_2d, write_conv, "Conv"},
    OnnxRow{depthwise_conv_2d, write_conv, "Conv with groups"},
    OnnxRow{fully_connected, write_fully_connected, "Gemm"},
    OnnxRow{average_pool_2d, write_pool, "AveragePool; of the whole image GlobalAveragePool"},
    OnnxRow{max_pool_2d, write_pool, "MaxPool"},
    OnnxRow{mean, write_reduction, "ReduceMean; of height and width GlobalAveragePool"},
    OnnxRow{sum, write_reduction, "ReduceSum"},
    OnnxRow{reduce_max, write_reduction, "ReduceMax"},
    OnnxRow{reduce_min, write_reduction, "ReduceMin"},
    OnnxRow{add, write_binary, "Add"},
    OnnxRow{sub, write_binary, "Sub"},
    OnnxRow{mul, write_binary, "Mul"},
    OnnxRow{div, write_binary, "Div"},
    OnnxRow{pow, write_binary, "Pow"},
    OnnxRow{maximum, write_binary, "Max"},
    OnnxRow{minimum, write_binary, "Min"},
    OnnxRow{squared_difference, write_squared_difference, "Sub, Mul"},
    OnnxRow{relu, write_activation, "Relu"},
    OnnxRow{relu6, write_activation, "Clip"},
    OnnxRow{relu_n1_to_1, write_activation, "Clip"},
    OnnxRow{softmax, write_softmax, "Softmax"},
    OnnxRow{reshape, write_reshape, "Reshape"},
    OnnxRow{squeeze, write_reshape, "Reshape"},
    OnnxRow{expand_dims, write_reshape, "Reshape"},
    OnnxRow{concatenation, write_concatenation, "Concat"},
    OnnxRow{pad, write_pad, "Pad, or the pads of the convolution behind it"},
    OnnxRow{padv2, write_pad, "Pad, or the pads of the pool behind it"},
    OnnxRow{quantize, write_conversion, "QuantizeLinear"},
    OnnxRow{dequantize, write_conversion, "DequantizeLinear"},
    OnnxRow{logistic, write_unary, "Sigmoid"},
    OnnxRow{int8::OpCode::tanh, write_unary, "Tanh"},
    OnnxRow{hard_swish, write_unary, "HardSwish"},
};

}  // namespace

const OnnxRow* find_row(int8::OpCode op) noexcept {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [op](const OnnxRow& row) { return row.op == op; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace octet::onnx_export
