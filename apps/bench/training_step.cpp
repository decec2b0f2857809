#include "apps/bench/training_step.h"

#include "core/ops.h"
#include "core/random.h"
#include "layers/graph_module.h"
#include "quant/prepare.h"

namespace octet::bench {

Mode parse_mode(std::string_view name) {
  if (name == "float") return Mode::real;
  if (name == "qat") return Mode::qat;
  OCTET_CHECK(name == "qat-frozen", "mode: expected float, qat or qat-frozen, got ", name);
  return Mode::qat_frozen;
}

SyntheticBatch::SyntheticBatch(const Network& network, std::int64_t samples)
    : x(Tensor::empty(network.input(samples))), labels(Tensor::empty({samples}, DType::i32)) {
  Random random(7);
  for (real& v : x.span<real>()) v = static_cast<real>(random.normal());
  std::int64_t n = 0;
  for (std::int32_t& label : labels.span<std::int32_t>()) {
    label = static_cast<std::int32_t>(n++ * 7 % network.options.classes);
  }
}

TrainingStep::TrainingStep(Context& ctx, const Network& network, Mode mode, int8::Isa isa)
    : ctx_(ctx), model_(zoo::make_model(network.zoo, network.options)) {
  if (mode != Mode::real) {
    const SyntheticBatch batch(network, 4);
    // Running statistics such as training would have left.
    model_->train();
    for (int i = 0; i < 8; ++i) {
      Tape tape(ctx, GradMode::off);
      (*model_)(tape.input(batch.x));
    }
    quant::QConfig config;
    config.isa = isa;
    const auto graph = trace(model_, Tensor::zeros(network.input(1)));
    const std::shared_ptr<quant::QatModel> model(
        new quant::QatModel(quant::prepare_qat(*graph, config)));
    model->calibrate(ctx, batch.x);
    model->finish_calibration();
    model->set_sample({});
    if (mode == Mode::qat_frozen) model->advance(quant::Stage::frozen_bn);
    model_ = model;
  }
  model_->train();
  optimizer_ = std::make_unique<optim::Adam>(model_->parameters());
}

float TrainingStep::gradients(const SyntheticBatch& batch, PhaseWatcher* watcher) {
  const auto ended = [&](std::string_view phase) {
    if (watcher) watcher->ended(phase);
  };
  optimizer_->zero_grad();
  ended("zero_grad");
  Tape tape(ctx_);
  const Var logits = (*model_)(tape.input(batch.x));
  ended("forward");
  const Var loss = cross_entropy(logits, batch.labels);
  const float value = loss.value().item();
  ended("loss");
  tape.backward(loss);
  ended("backward");
  return value;
}

float TrainingStep::run(const SyntheticBatch& batch, PhaseWatcher* watcher) {
  const float loss = gradients(batch, watcher);
  optimizer_->step(ctx_);
  if (watcher) watcher->ended("optimizer");
  return loss;
}

}  // namespace octet::bench
