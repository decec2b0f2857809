#include "apps/bench/profile.h"

#include <algorithm>

#include "apps/bench/usage.h"
#include "quant/qops/qconv.h"

namespace octet::bench {
namespace {

constexpr double never = 1e9;

}  // namespace

void Profile::begin() {
  op_start_ = cpu_ms();
}

void Profile::forward_done(Tape& tape, int id) {
  const double ms = cpu_ms() - op_start_;
  const Tape::Node& node = tape.node(id);
  const Op& op = *node.op;
  OpTime& t = ops_[id];
  if (!first_) {
    t.forward_ms = std::min(t.forward_ms, ms);
    return;
  }
  t = {};
  t.op = op.name();
  t.scope = node.scope;
  t.shape = node.shape.to_string();
  t.forward_ms = ms;
  t.backward_ms = never;
  t.integer = dynamic_cast<const quant::QOp*>(&op) != nullptr;
  // A frozen batch norm's gradient comes out of the weight's product.
  const auto* conv = dynamic_cast<const quant::QConvOp*>(&op);
  folded_[id] = conv && conv->batch_norm && conv->state->stage != quant::Stage::train_bn;
  // Convolutions and linear layers have the only second operand of another rank or extent that
  // starts with the output's channels.
  const bool weighted =
      t.op.find("conv") != std::string::npos || t.op.find("linear") != std::string::npos;
  if (weighted) {
    const Shape& w = tape.node(node.inputs[1]).shape;
    t.macs = static_cast<double>(node.shape.numel()) * static_cast<double>(w.numel()) /
             static_cast<double>(w[0]);
  }
}

void Profile::backward_done(Tape&, int id, Grads dx) {
  OpTime& t = ops_[id];
  if (t.macs > 0) {
    const bool input = dx[0], weight = dx[1] || (folded_[id] && dx[2]);
    t.backward_macs = (input ? t.macs : 0) + (weight ? t.macs : 0);
  }
  t.backward_ms = std::min(t.backward_ms, cpu_ms() - op_start_);
}

void Profile::ended(std::string_view phase) {
  const double now = cpu_ms();
  // Before the first phase of a step nothing is running: its start is next_step() or, at first,
  // unknown.
  if (phase_start_ >= 0) {
    if (phase_ == phases_.size()) phases_.push_back({std::string(phase), never});
    phases_[phase_].ms = std::min(phases_[phase_].ms, now - phase_start_);
    ++phase_;
  }
  phase_start_ = now;
}

void Profile::next_step() {
  first_ = ops_.empty();
  phase_ = 0;
  phase_start_ = cpu_ms();
}

std::vector<Profile::OpTime> Profile::ops() const {
  std::vector<OpTime> all;
  for (const auto& [id, t] : ops_) {
    all.push_back(t);
    if (all.back().backward_ms >= never) all.back().backward_ms = 0;
  }
  return all;
}

}  // namespace octet::bench
