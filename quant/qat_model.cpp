#include "quant/qat_model.h"

#include <algorithm>
#include <cstring>

#include "quant/params.h"
#include "quant/qops/qconv.h"

namespace octet::quant {

QatModel::QatModel(std::shared_ptr<GraphModule> graph, QatStatePtr state,
                   std::vector<QuantizedTensorPtr> values, Stage integer_stage)
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
  for (const QuantizedTensorPtr& v : values_) {
    if (v->observed()) register_buffer("observer." + v->name, v->observer->state());
    if (v->shared) register_buffer("cut." + v->name, v->shared->requantized);
  }
}

void QatModel::update_params() {
  for (const QuantizedTensorPtr& v : values_) v->min_scale = 0;
  // A raised scale may ask more of the ops behind it, and of parts of the same class: until nothing
  // changes.
  for (bool changed = true; changed;) {
    compute_params(values_, is_training());
    changed = false;
    for (const GraphNode& n : graph_->nodes()) {
      const auto* op = dynamic_cast<const QOp*>(n.op.get());
      if (!op || !op->out) continue;
      const float needed = op->min_output_scale();
      if (op->out->params.scale >= needed) continue;
      float& known = op->out->min_scale;
      OCTET_CHECK(known < needed && !op->out->fixed, "layer ", op->layer,
                  ": its input's range is too wide for its output's");
      known = needed;
      changed = true;
    }
  }
}

std::vector<Var> QatModel::forward_many(std::span<const Var> x) {
  check_count(x.size(), graph_->inputs().size(), "inputs");
  if (state_->calibrating()) {
    OCTET_CHECK(!x[0].tape->grad_enabled(),
                "the quantized model is still in stage calibrate: feed it batches with "
                "calibrate(), or advance it to a training stage");
  } else {
    update_params();
  }
  return graph_->forward_many(x);
}

namespace {

void require_stage(const QatState& state, Stage stage) {
  OCTET_CHECK(!state.folds_first || stage != Stage::train_bn,
              "quantized model: weights with one scale per tensor hold batch norm's factor: there "
              "is no stage train_bn, the first integer one is frozen_bn");
}

/// For the time of a scope.
class InCalibrate {
 public:
  explicit InCalibrate(QatState& state) : state_(state) { state_.in_calibrate = true; }
  ~InCalibrate() { state_.in_calibrate = false; }
  InCalibrate(const InCalibrate&) = delete;
  InCalibrate& operator=(const InCalibrate&) = delete;

 private:
  QatState& state_;
};

}  // namespace

void QatModel::restore_stage(Stage stage) {
  require_stage(*state_, stage);
  state_->stage = stage;
}

void QatModel::advance(Stage to) {
  require_stage(*state_, to);
  OCTET_CHECK(to >= state_->stage, "quantized model: expected a stage at or after ",
              stage_name(state_->stage), ", got ", stage_name(to));
  if (state_->calibrating() && to != Stage::calibrate) {
    for (const QuantizedTensorPtr& v : values_) {
      OCTET_CHECK(v->seen(), "quantized model: value ", v->name,
                  " has no observed range; run calibration before leaving stage calibrate");
    }
    requantize_narrow_parts(values_);
  }
  state_->stage = to;
}

void QatModel::calibrate(Context& ctx, const std::vector<Tensor>& x) {
  OCTET_CHECK(state_->calibrating(), "calibration: expected stage calibrate, got ",
              stage_name(state_->stage));
  check_count(x.size(), graph_->inputs().size(), "inputs");
  for (const Tensor& t : x) {
    OCTET_CHECK(t.defined() && t.shape().rank() >= 2 && t.shape()[0] >= 1,
                "calibration: expected a batch [N, ...], got ",
                t.defined() ? t.shape().to_string() : std::string("an undefined tensor"));
    OCTET_CHECK(t.shape()[0] == x[0].shape()[0], "calibration: expected ", x[0].shape()[0],
                " samples, as of the first input, got ", t.shape());
  }
  {
    const EvaluationMode mode(*this);
    const InCalibrate scope(*state_);
    Tape tape(ctx, GradMode::off);
    std::vector<Var> inputs;
    for (const Tensor& t : x) inputs.push_back(tape.input(t));
    (*this)(inputs);
  }
  if (!sample_.empty()) return;
  for (const Tensor& t : x) {
    Shape s = t.shape();
    s.set(0, std::min<std::int64_t>(max_sample, s[0]));
    sample_.push_back(Tensor::empty(s));
    std::memcpy(sample_.back().raw(), t.raw(), sample_.back().bytes());
  }
}

}  // namespace octet::quant
