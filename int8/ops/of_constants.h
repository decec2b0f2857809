// Nodes of constants alone, as converters leave where a batch that they do not know is in between
// (TILE of anchors, BROADCAST_TO of a token): computed once, while the model is loaded.
#pragma once

#include "int8/kernels/aligned_buffer.h"
#include "int8/ops/catalogue.h"

namespace octet::int8 {

/// What a context gets copied into its memory with each run.
class ConstantStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override;
  const char* kernel_name() const noexcept override { return "copy"; }
  std::size_t packed_bytes() const noexcept override;

  std::vector<AlignedBuffer> values;  ///< of one sample, for each output
};

/// Whether there are operands and all of them are constants. Not DEQUANTIZE of codes of one byte,
/// which has a step of its own (int8/floats/constant.cpp).
bool is_of_constants(const NodeView& node) noexcept;

/// Requires is_of_constants(node), a node of `graph`, which is as before afterwards
/// unless this throws. The outputs'
/// bytes, by what the set has for a computed value. Throws Error as that does, and for operators
/// that accumulate products or look through windows: loading takes time by the bytes, whatever a
/// file says.
std::unique_ptr<Step> create_of_constants(Graph& graph, const NodeView& node, const OpSet& ops);

/// Runs a step on one sample, on this thread.
void run_alone(const Step& step, const std::vector<const std::byte*>& in,
               const std::vector<std::byte*>& out);

}  // namespace octet::int8
