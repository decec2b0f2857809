// QUANTIZE, DEQUANTIZE and SOFTMAX where one side has 16-bit codes, as at the edges of models of
// speech.
#pragma once

#include <memory>

#include "int8/ops/node_view.h"

namespace octet::int8 {

/// Some operand of the node, or its output, is i16; or codes become i32.
bool is_wide(const NodeView& node) noexcept;

std::unique_ptr<Step> create_wide_quantize(const NodeView& node);
std::unique_ptr<Step> create_wide_dequantize(const NodeView& node);
std::unique_ptr<Step> create_wide_softmax(const NodeView& node);

}  // namespace octet::int8
