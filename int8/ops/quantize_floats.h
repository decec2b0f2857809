// QUANTIZE of floats by a kernel of whoever knows it.
#pragma once

#include <memory>

#include "int8/kernels/kernel.h"
#include "int8/ops/node_view.h"
#include "int8/reference/quantize.h"

namespace octet::int8 {

[[gnu::cold]] std::unique_ptr<Step> create_quantize_floats(const NodeView& node,
                                                           Kernel<QuantizeFunction> kernel);

}  // namespace octet::int8
