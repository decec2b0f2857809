// RESIZE_BILINEAR with weights and a kernel of whoever knows them.
#pragma once

#include <memory>
#include <vector>

#include "int8/kernels/kernel.h"
#include "int8/ops/node_view.h"
#include "int8/reference/resize.h"

namespace octet::int8 {

using BilinearTaps = std::vector<BilinearTap>(int in, int out, ResizeAttributes attributes);

[[gnu::cold]] std::unique_ptr<Step> create_bilinear(const NodeView& node, BilinearTaps& taps,
                                                    Kernel<BilinearFunction> (&kernel)(Isa));

}  // namespace octet::int8
