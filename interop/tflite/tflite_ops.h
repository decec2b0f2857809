// The operators of int8 TFLite files: the one table of their numbers, versions and operands.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "int8/graph/graph.h"

namespace octet::tflite {

/// A release of the TFLite runtime.
struct RuntimeVersion {
  int major = 1, minor = 5, patch = 0;
  auto operator<=>(const RuntimeVersion&) const = default;
  std::string text() const;
};

/// One operator's row of ops.inc.
struct OpFacts {
  int8::OpCode op;
  bool options_required;  ///< the format's defaults make no sense (a stride of 0)
  int min_inputs;
  int max_inputs;   ///< inputs from min_inputs on may be absent or -1
  int outputs;      ///< 0: any number from 1
  int version;      ///< to write for int8 where nothing special is used
  int max_version;  ///< highest that the format defines; versions add types and attributes only
  RuntimeVersion release;  ///< the first that knew `version`
};

/// Null if `code` is not supported.
const OpFacts* find_op(std::int32_t code) noexcept;

/// Operands of the operators that multiply by constant weights.
struct WeightOperands {
  int input, weights, bias;
  int axis;  ///< of the weights' output channels
};
std::optional<WeightOperands> weight_operands(int8::OpCode op) noexcept;

/// The lowest version of its operator whose kernels can run `node`.
/// Requires: the node's operator is supported and its tensor indices are valid.
int version_to_write(const int8::Graph& graph, const int8::Node& node);

/// The first release that knew `version` of the operator, for the versions that are written.
RuntimeVersion runtime_needed(std::int32_t code, int version) noexcept;

}  // namespace octet::tflite
