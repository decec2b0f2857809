// Ops that have an integer form for some attributes or shapes only: what is wrong with the others.
// Not for users of the library.
#pragma once

#include <memory>
#include <string>

#include "core/ops/resize_op.h"
#include "core/tape.h"

namespace octet::quant {

/// What about `op` on an input of shape `x` (the first, of the shape seen when tracing) has no
/// integer form: "op slice of the batch". Empty: it has one.
std::string refused_activation(const Op& op, const Shape& x);
/// What about a FunctionOp has no float operator: everything.
std::string refused_function(const Op& op, const Shape& x);
std::string refused_layout(const Op& op, const Shape& x);
std::string refused_concat(const Op& op, const Shape& x);
std::string refused_max_pool(const Op& op, const Shape& x);
std::string refused_average_pool(const Op& op, const Shape& x);
std::string refused_reduction(const Op& op, const Shape& x);
std::string refused_conv_transpose(const Op& op, const Shape& x);
std::string refused_resize(const Op& op, const Shape& x);

/// The resize that the format can say and that reads the same pixels of an input of shape `x`;
/// null: there is none.
std::shared_ptr<const Resize2dOp> resize_of_format(const Resize2dOp& op, const Shape& x);

}  // namespace octet::quant
