// TRANSPOSE_CONV with LiteRT's rounding of its own kernel.
#pragma once

#include <memory>

#include "int8/ops/node_view.h"

namespace octet::int8 {

/// `ties_up`: channels that have it, of Requantization.
[[gnu::cold]] std::unique_ptr<Step> create_transpose_conv(const NodeView& node, int ties_up);

}  // namespace octet::int8
