// QuantizeLinear and DequantizeLinear of values: an identity, of which the params are kept.
#include <algorithm>

#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/node_quantizer.h"
#include "interop/onnx/ops/op_list.h"
#include "interop/onnx/ops/quantized_value.h"

namespace octet::onnx {

void import_quantize_linear(OpNode& node) {
  const NodeQuantizer q = quantizer_of(node, 0);
  Value y = node.input(0);
  y.codes = Codes{value_params(q), q.is_unsigned()};
  node.set(std::move(y));
}

void import_dequantize_linear(OpNode& node) {
  const Value& x = node.input(0);
  OCTET_CHECK(x.codes, "expected codes of a QuantizeLinear, or a constant");
  const int type = x.codes->is_unsigned ? proto::TensorProto::UINT8 : proto::TensorProto::INT8;
  StoredQuantization::Value params = value_params(quantizer_of(node, type));
  if (const auto& made = x.codes->params) {
    OCTET_CHECK(made->scale == params.scale && made->zero_point == params.zero_point,
                "expected the scale and zero point of the QuantizeLinear in front of it, ",
                made->scale, " and ", made->zero_point, " (of int8 codes), got ", params.scale,
                " and ", params.zero_point);
    params = *made;
  }
  Value y = with_params(node.graph, x, params, !x.codes->params);
  y.codes.reset();
  if (!y.flattened && y.node != x.node) {
    node.note(node.described() + " is " + std::string(node.graph.node(y.node).op->name()) +
              " behind " + node.graph.node(x.node).name);
  }
  node.set(std::move(y));
}

void import_clip_of_codes(OpNode& node) {
  Value y = node.input(0);
  OCTET_CHECK(y.codes->params, "an input of codes is clipped: expected DequantizeLinear");
  StoredQuantization::Value& v = *y.codes->params;
  const std::int32_t shift = y.codes->is_unsigned ? 128 : 0;
  const auto code = [&](std::size_t i, const char* name, std::int32_t otherwise) {
    if (!node.has(i)) return otherwise;
    const ConstantPtr& c = node.constant(i, name);
    OCTET_CHECK(c->size() == 1 && !c->real, name, ": expected one code, got ", text(c->dims));
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(c->ints[0], -1024, 1024)) - shift;
  };
  v.lowest = std::max(v.lowest, code(1, "min", v.lowest));
  v.highest = std::min(v.highest, code(2, "max", v.highest));
  OCTET_CHECK(v.lowest < v.highest && v.zero_point >= v.lowest && v.zero_point <= v.highest,
              "expected codes on both sides of the zero point, or from it on; got ", v.lowest,
              " to ", v.highest, " (as int8), zero point ", v.zero_point);
  node.set(std::move(y));
}

}  // namespace octet::onnx
