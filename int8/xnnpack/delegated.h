// Which nodes XNNPACK takes from LiteRT 2.3; LiteRT's own kernels run the others.
#pragma once

#include "int8/ops/node_view.h"

namespace octet::int8::xnnpack {

/// By the operator, its scales and its shapes. Only operators of which both have an arithmetic of
/// their own are asked about. Throws Error for operands that the node must have and does not.
bool is_delegated(const NodeView& node);

/// MUL of a value by itself as a table of reals, not as a product of codes. XNNPACK multiplies
/// codes where it has made one table of this node and those in front: where nothing else reads the
/// value, and a function of one code makes it.
bool is_square_of_reals(const NodeView& mul);

}  // namespace octet::int8::xnnpack
