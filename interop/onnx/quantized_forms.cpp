#include "interop/onnx/quantized_forms.h"

#include <algorithm>
#include <array>

#include "interop/onnx/ops/quantized_value.h"

namespace octet::onnx {
namespace {

constexpr std::array operator_oriented{"QLinearReduceMean", "QLinearWhere", "QAttention",
                                       "QOrderedMatMul", "QOrderedAttention"};
constexpr std::array dynamic{"ConvInteger",
                             "MatMulInteger",
                             "DynamicQuantizeLinear",
                             "DynamicQuantizeLSTM",
                             "DynamicQuantizeMatMul",
                             "MatMulIntegerToFloat",
                             "QEmbedLayerNormalization"};
constexpr std::array float_blocks{"MatMulNBits", "MatMulBnb4", "GatherBlockQuantized", "QMoE"};
constexpr std::array qonnx{"Quant", "BipolarQuant", "Trunc", "MultiThreshold"};

constexpr std::array moves{"Identity", "Reshape",   "Transpose", "Flatten", "Squeeze",
                           "Slice",    "Unsqueeze", "MaxPool",   "Split",   "Concat"};
constexpr std::array know_codes{"DequantizeLinear", "Clip"};

bool contains(const auto& names, std::string_view op) {
  return std::ranges::find(names, op) != names.end();
}

}  // namespace

std::string other_quantized_form(std::string_view op) {
  if (contains(operator_oriented, op)) {
    return "this operator on codes is not read: write the network with QuantizeLinear and "
           "DequantizeLinear around float operators (quant_format=QuantFormat.QDQ)";
  }
  if (contains(dynamic, op)) {
    return "dynamic quantization has no scales to keep: write the network in float, or quantized "
           "statically with QuantizeLinear and DequantizeLinear";
  }
  if (contains(float_blocks, op))
    return "weights in blocks are not read: write the network in float";
  if (contains(qonnx, op)) {
    return "QONNX is not read: export QuantizeLinear and DequantizeLinear (QCDQ) instead";
  }
  return {};
}

void import_with_codes(OpNode& node, void (*import)(OpNode& node)) {
  std::optional<Codes> codes;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (!node.has(i) || !node.input(i).codes) continue;
    OCTET_CHECK(contains(moves, node.type()) || contains(know_codes, node.type()), "operand ", i,
                " is codes: expected DequantizeLinear in front");
    if (i == 0) codes = node.input(i).codes;
    OCTET_CHECK(codes == node.input(i).codes, "operand ", i,
                ": expected codes of the scale and zero point of operand 0");
    if (codes->params && contains(moves, node.type()))
      node.set_input(i, with_params(node.graph, node.input(i), *codes->params));
  }
  import(node);
  if (!codes || !contains(moves, node.type())) return;
  for (std::optional<Value>& result : node.results()) {
    if (result) result->codes = codes;
  }
}

}  // namespace octet::onnx
