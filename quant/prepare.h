// From a float graph to a quantized one.
#pragma once

#include <memory>
#include <string>

#include "layers/graph/graph_module.h"
#include "quant/qat_model.h"
#include "quant/qconfig.h"

namespace octet::quant {

/// Rewrites `graph` (which is left alone: the result has copies of its parameters): conv or linear,
/// batch norm and clamp activation become one op; a bias in front of batch norm is absorbed into
/// the running mean; every value gets quantization params of its own or shares those of its class
/// (docs/numerics.md, lines 6, 15 to 19). What no output depends on is left out, its parameters
/// too. With QConfig::stored a value has the params that are stored for the last float op it is the
/// result of. Throws Error naming every layer and the reason where an op has no int8 form, or, in
/// QConfig::float_layers, no float one, and naming what in QConfig::stored the graph does not have.
QatModelPtr prepare_qat(const GraphModule& graph, const QConfig& config);
/// The same of what trace() returns.
inline QatModelPtr prepare_qat(const std::shared_ptr<GraphModule>& graph, const QConfig& config) {
  return prepare_qat(*graph, config);
}

/// Post-training quantization: the same machine; calibration leads straight to frozen observers.
QatModelPtr prepare_ptq(const GraphModule& graph, const QConfig& config);
/// The same of what trace() returns.
inline QatModelPtr prepare_ptq(const std::shared_ptr<GraphModule>& graph, const QConfig& config) {
  return prepare_ptq(*graph, config);
}

/// What about `op` on a first input of shape `x` (as seen when tracing) has no int8 form, for which
/// prepare refuses a layer; empty: it has one. Constants that it reads may be refused all the same.
std::string without_int8_form(const Op& op, const Shape& x);

}  // namespace octet::quant
