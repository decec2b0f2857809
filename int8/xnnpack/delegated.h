// Which nodes XNNPACK takes from LiteRT 2.3; LiteRT's own kernels run the others.
#pragma once

#include "int8/ops/node_view.h"

namespace octet::int8::xnnpack {

/// By the operator, its scales and its shapes. Only operators of which both have an arithmetic of
/// their own are asked about. Throws Error for operands that the node must have and does not.
bool is_delegated(const NodeView& node);

}  // namespace octet::int8::xnnpack
