#include "apps/bench/step_values.h"

#include <limits>

#include "int8/reference/activation_range.h"
#include "quant/params.h"
#include "quant/qops/fused_activation.h"
#include "quant/qops/input_output.h"
#include "quant/qops/qadd.h"
#include "quant/qops/qbinary.h"
#include "quant/qops/qconv.h"
#include "quant/qops/qdropout.h"
#include "quant/qops/qmean.h"
#include "quant/qops/qpool.h"
#include "quant/qops/qreshape.h"
#include "quant/qops/qtable.h"

namespace octet::bench {
namespace {

std::vector<float> dequantized(const Tensor& codes, quant::QuantParams p) {
  std::vector<float> reals;
  reals.reserve(static_cast<std::size_t>(codes.numel()));
  for (const std::int8_t q : codes.span<std::int8_t>()) {
    reals.push_back(p.scale * static_cast<float>(q - p.zero_point));
  }
  return reals;
}

/// Line 23 of docs/numerics.md: the gradient passes where lo <= p <= hi, at the lower bound of a
/// ReLU where lo < p.
void set_clamp(ReferenceValue& v, const int8::ClampRange& range, bool open_lower) {
  v.lo = range.lo;
  v.hi = range.hi;
  v.open_lower = open_lower;
}

void set_clamp(ReferenceValue& v, const quant::QOp& op, int8::Activation activation) {
  set_clamp(v, int8::clamp_range(activation, op.out->params.scale, op.out->params.zero_point),
            quant::open_lower_bound(activation));
  v.clamp = activation != int8::Activation::none;
}

/// Ops that pass on values of their input as they are.
bool only_moves(const quant::QOp& op) {
  const auto* pool = dynamic_cast<const quant::QPoolOp*>(&op);
  return (pool && pool->kind == quant::QPoolOp::Kind::max) ||
         dynamic_cast<const quant::QReshapeOp*>(&op) ||
         dynamic_cast<const quant::QDropoutOp*>(&op) || dynamic_cast<const quant::QOutputOp*>(&op);
}

}  // namespace

void QuantizedValues::forward_done(Tape& tape, int id) {
  const auto* op = dynamic_cast<const quant::QOp*>(tape.node(id).op.get());
  if (!op || only_moves(*op)) return;
  const Tensor& y = tape.node(id).value;
  const quant::QuantParams p = op->out->params;
  if (dynamic_cast<const quant::QInputOp*>(op)) {
    input_ = dequantized(y, p);
    return;
  }
  reals_.push_back(dequantized(y, p));
  layers_.push_back(op->layer);
  ReferenceValue v{};
  v.layer = layers_.back().c_str();
  v.reals = reals_.back().data();
  v.count = y.numel();
  v.scale = double{p.scale};
  v.zero_point = p.zero_point;
  v.lo = -std::numeric_limits<double>::infinity();
  v.hi = std::numeric_limits<double>::infinity();
  if (const auto* conv = dynamic_cast<const quant::QConvOp*>(op)) {
    set_clamp(v, *op, conv->activation);
    v.batch_norm = conv->batch_norm.has_value();
    if (v.batch_norm && op->state->stage != quant::Stage::train_bn) {
      v.mean = conv->batch_norm->stats->mean.r();
      v.var = conv->batch_norm->stats->var.r();
    }
  } else if (const auto* sum = dynamic_cast<const quant::QAddOp*>(op)) {
    set_clamp(v, *op, sum->activation);
  } else if (const auto* binary = dynamic_cast<const quant::QBinaryOp*>(op)) {
    set_clamp(v, *op, binary->activation);
  } else if (const auto* table = dynamic_cast<const quant::QTableOp*>(op)) {
    set_clamp(v, table->function->codes(table->in->params, p, op->state->rounding).range,
              table->function->open_lower());
  } else if (dynamic_cast<const quant::QMeanOp*>(op)) {
    set_clamp(v, int8::ClampRange{}, false);
  }
  values_.push_back(v);
}

void RealValues::backward_done(Tape& tape, int, Grads) {
  if (!reals_.empty()) return;
  for (int id = 0; id < tape.size(); ++id) {
    if (tape.node(id).kind != Tape::Kind::op) continue;
    const auto v = tape.value({&tape, id}).span<real>();
    reals_.emplace_back(v.begin(), v.end());
  }
}

std::vector<ReferenceValue> RealValues::values() const {
  std::vector<ReferenceValue> all;
  for (std::size_t i = 0; i + 1 < reals_.size(); ++i) {
    ReferenceValue v{};
    v.reals = reals_[i].data();
    v.count = static_cast<std::int64_t>(reals_[i].size());
    v.scale = 1;
    v.lo = -std::numeric_limits<double>::infinity();
    v.hi = std::numeric_limits<double>::infinity();
    all.push_back(v);
  }
  return all;
}

std::map<std::string, std::vector<float>> quantized_weights(Context& ctx,
                                                            const quant::QatModel& model) {
  std::map<std::string, std::vector<float>> all;
  const auto& nodes = model.graph().nodes();
  for (const GraphNode& n : nodes) {
    const auto* conv = dynamic_cast<const quant::QConvOp*>(n.op.get());
    if (!conv) continue;
    const GraphNode& weight = nodes[static_cast<std::size_t>(n.inputs[1])];
    if (weight.kind != Tape::Kind::param) continue;
    const quant::WeightCodes w =
        conv->weights->quantize(ctx, weight.parameter->value, {.layer = n.name});
    const auto codes = w.codes.span<std::int8_t>();
    const std::size_t taps = codes.size() / w.scale.size();
    std::vector<float>& reals = all[weight.name];
    for (std::size_t i = 0; i < codes.size(); ++i) {
      reals.push_back(w.scale[i / taps] * static_cast<float>(codes[i]));
    }
  }
  return all;
}

}  // namespace octet::bench
