// Scale and zero point of a QuantizeLinear or DequantizeLinear. Not for users of the library.
#pragma once

#include "interop/onnx/op_node.h"

namespace octet::onnx {

/// As the node has them; zero points of an unsigned file type too.
struct NodeQuantizer {
  std::vector<float> scales;              ///< one, or one for each index of dimension `axis`
  std::vector<std::int64_t> zero_points;  ///< as many
  std::size_t axis = 0;
  int type = 0;  ///< of the codes, as proto::TensorProto has it

  bool is_unsigned() const { return type == proto::TensorProto::UINT8; }
  bool is_int8() const { return is_unsigned() || type == proto::TensorProto::INT8; }
  /// What a code is less than that of the file.
  std::int64_t shift() const { return is_unsigned() ? 128 : 0; }
};

/// `operand_type`: of the codes that a DequantizeLinear reads, 0 if the file does not say. Throws
/// Error for other types than int8 and uint8 (and int32), for blocks, and for scales that are no
/// numbers > 0.
NodeQuantizer quantizer_of(const OpNode& node, int operand_type);

/// The params of a value, which has one scale. Throws Error for more, and for int32.
StoredQuantization::Value value_params(const NodeQuantizer& q);

}  // namespace octet::onnx
