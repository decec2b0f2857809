#include "quant/qat_model.h"

#include <algorithm>
#include <cstring>

#include "quant/params.h"
#include "quant/qops/add.h"
#include "quant/qops/conv.h"

namespace octet::quant {

QatModel::QatModel(std::shared_ptr<GraphModule> graph, QatStatePtr state,
                   std::vector<ValuePtr> values, Stage integer_stage)
    : graph_(std::move(graph)),
      state_(std::move(state)),
      values_(std::move(values)),
      integer_stage_(integer_stage) {
  for (const NamedParameter& p : graph_->named_parameters()) {
    register_parameter(p.name, p.parameter);
  }
  for (const GraphNode& n : graph_->nodes()) {
    const auto* conv = dynamic_cast<const QConvOp*>(n.op.get());
    if (!conv || !conv->batch_norm) continue;
    register_buffer(n.name + ".running_mean", conv->batch_norm->stats->mean);
    register_buffer(n.name + ".running_var", conv->batch_norm->stats->var);
  }
  for (const ValuePtr& v : values_) {
    if (!v->fixed) register_buffer("observer." + v->name, v->observer.state());
  }
}

void QatModel::update_params() {
  for (const ValuePtr& v : values_) {
    v->min_scale = 0;
    v->update();
  }
  // ADD needs s_out > max(s_a, s_b) / 2^19 (tflite: its multipliers are below one).
  for (const GraphNode& n : graph_->nodes()) {
    const auto* add = dynamic_cast<const QAddOp*>(n.op.get());
    if (!add) continue;
    const float largest = std::max(add->a->params.scale, add->b->params.scale);
    const float least = largest * 0x1p-18f;
    if (add->out->params.scale < least) {
      add->out->params = activation_params(0.0, 255.0 * double(least));
    }
  }
}

Var QatModel::forward(Var x) {
  if (state_->calibrating()) {
    OCTET_CHECK(!x.tape->grad_enabled(),
                "the quantized model is still in stage calibrate: feed it batches with "
                "calibrate(), or advance it to a training stage");
  } else {
    update_params();
  }
  return graph_->forward(x);
}

void QatModel::advance(Stage to) {
  OCTET_CHECK(to >= state_->stage, "quantized model: expected a stage at or after ",
              stage_name(state_->stage), ", got ", stage_name(to));
  if (state_->calibrating() && to != Stage::calibrate) {
    for (const ValuePtr& v : values_) {
      OCTET_CHECK(v->fixed || v->observer.seen(), "quantized model: value ", v->name,
                  " has no observed range; run calibration before leaving stage calibrate");
    }
  }
  state_->stage = to;
}

void QatModel::calibrate(Context& ctx, const Tensor& x) {
  OCTET_CHECK(state_->calibrating(), "calibration: expected stage calibrate, got ",
              stage_name(state_->stage));
  OCTET_CHECK(x.defined() && x.shape().rank() >= 2 && x.shape()[0] >= 1,
              "calibration: expected a batch [N, ...], got ",
              x.defined() ? x.shape().to_string() : std::string("an undefined tensor"));
  const bool was_training = is_training();
  eval();
  try {
    Tape tape(ctx, GradMode::off);
    (*this)(tape.input(x));
  } catch (...) {
    train(was_training);
    throw;
  }
  train(was_training);
  if (!sample_.defined()) {
    Shape s = x.shape();
    s.set(0, std::min<std::int64_t>(16, s[0]));
    sample_ = Tensor::empty(s);
    std::memcpy(sample_.raw(), x.raw(), sample_.bytes());
  }
}

}  // namespace octet::quant
