// Shapes that the file leaves open and that follow once shape arithmetic is computed.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "interop/tflite/constants/int_value.h"
#include "tflite_generated.h"

namespace octet::tflite {

/// Converters that do not know the batch write 1 for what it enters, [batch * 16, 32] as [1, 1]
/// with both dimensions open. Here every tensor has the shape of one sample.
class Shapes {
 public:
  explicit Shapes(const SubGraph& subgraph) : subgraph_(subgraph) {}

  /// Nothing if a dimension other than the batch is open, or none at all.
  std::optional<Dims> of(std::int32_t tensor) const;

  using Known = std::function<const IntValue*(std::int32_t tensor)>;
  /// The shape of the output of an operator whose inputs have another one than the file says, or
  /// that computes one from integers that `known` has. Operators are to come in their order; what
  /// an operator does not tell stays as the file says.
  void infer(const Operator& op, std::int32_t builtin_code, const Known& known);

  /// Those that are not as the file says.
  const std::map<std::int32_t, Dims>& changed() const noexcept { return changed_; }

 private:
  bool valid(std::int32_t t) const;
  const Tensor& tensor(std::int32_t t) const;
  std::optional<Dims> output(const Operator& op, std::int32_t code, const Known& known) const;

  const SubGraph& subgraph_;
  std::map<std::int32_t, Dims> changed_;
};

}  // namespace octet::tflite
