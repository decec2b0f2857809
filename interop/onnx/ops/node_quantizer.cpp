#include "interop/onnx/ops/node_quantizer.h"

#include <algorithm>
#include <cmath>

namespace octet::onnx {
namespace {

using Type = proto::TensorProto;

/// One number, or one for each of `extent` indices.
void check_count(const Constant& c, std::string_view what, std::int64_t extent) {
  OCTET_CHECK(c.size() == 1 || (c.dims.size() == 1 && c.size() == extent), what,
              ": expected one number, or ", extent, " along the axis, got ", text(c.dims));
}

int code_type(const OpNode& node, const Constant* zero_point, int operand_type) {
  const std::int64_t output = node.integer("output_dtype", 0);
  if (zero_point && zero_point->type != 0) return zero_point->type;
  if (operand_type != 0) return operand_type;
  if (node.type() == "QuantizeLinear" && output != 0)
    return static_cast<int>(std::clamp<std::int64_t>(output, 0, 1000));
  return Type::UINT8;
}

}  // namespace

NodeQuantizer quantizer_of(const OpNode& node, int operand_type) {
  node.ignore({"saturate", "precision"});
  OCTET_CHECK(node.integer("block_size", 0) == 0, "block_size: scales of blocks are not read, got ",
              node.integer("block_size", 0));
  const Constant& scale = *node.reals(1, "scale");
  const Constant* zero = node.has(2) ? node.constant(2, "zero point").get() : nullptr;
  OCTET_CHECK(!zero || !zero->real, "zero point: expected int8 or uint8, got a float type");
  NodeQuantizer q;
  q.type = code_type(node, zero, operand_type);
  const bool allowed = q.is_int8() || (q.type == Type::INT32 && node.type() != "QuantizeLinear");
  OCTET_CHECK(allowed, "expected codes of type int8 or uint8, got ", type_name(q.type));
  OCTET_CHECK(operand_type == 0 || operand_type == q.type,
              "expected codes and zero point of one type, got ", type_name(operand_type), " and ",
              type_name(q.type));
  const Extents& dims = node.input(0).dims;
  const std::int64_t axis = node.integer("axis", 1);
  const bool several = scale.size() != 1;
  if (several) q.axis = resolve_axis(axis, dims.size());
  const std::int64_t extent = several ? dims[q.axis] : 1;
  check_count(scale, "scale", extent);
  if (zero) check_count(*zero, "zero point", extent);
  const std::int64_t low = q.type == Type::INT8 ? -128 : 0, high = q.type == Type::INT8 ? 127 : 255;
  for (std::int64_t i = 0; i < scale.size(); ++i) {
    q.scales.push_back(scale.reals.r()[i]);
    OCTET_CHECK(std::isfinite(q.scales.back()) && q.scales.back() > 0,
                "scale: expected finite numbers > 0, got ", q.scales.back());
    const std::int64_t z =
        zero ? zero->ints[static_cast<std::size_t>(zero->size() == 1 ? 0 : i)] : 0;
    OCTET_CHECK(q.is_int8() ? z >= low && z <= high : z == 0, "zero point: expected ",
                q.is_int8() ? "a code" : "0", ", got ", z);
    q.zero_points.push_back(z);
  }
  return q;
}

StoredQuantization::Value value_params(const NodeQuantizer& q) {
  OCTET_CHECK(q.is_int8(), "expected codes of type int8 or uint8, got ", type_name(q.type));
  const bool same =
      std::ranges::count(q.scales, q.scales[0]) == std::ssize(q.scales) &&
      std::ranges::count(q.zero_points, q.zero_points[0]) == std::ssize(q.zero_points);
  OCTET_CHECK(same, "per-channel activation: ", q.scales.size(),
              " scales of a value that is computed, expected one for all of it");
  return {q.scales[0], static_cast<std::int32_t>(q.zero_points[0] - q.shift())};
}

}  // namespace octet::onnx
