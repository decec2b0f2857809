#include "apps/bench/training_step.h"

#include "apps/common/setup/loss_setup.h"
#include "apps/common/setup/network.h"
#include "core/ops/ops.h"
#include "core/random.h"
#include "layers/graph/graph_module.h"
#include "optim/clip.h"
#include "optim/sum_gradients.h"
#include "quant/prepare.h"

namespace octet::bench {
namespace {

/// Random pixels, normalized as the configuration says.
void fill_with_pixels(const config::Normalize& normalize, std::int64_t channels, Random& random,
                      std::span<real> x) {
  const auto of_channel = [](const std::vector<double>& v, std::size_t c) {
    return v.size() == 1 ? v[0] : v[c];
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % static_cast<std::size_t>(channels);
    const auto pixel = static_cast<double>(random.below(256));
    x[i] =
        static_cast<real>((pixel - of_channel(normalize.mean, c)) / of_channel(normalize.std, c));
  }
}

ModulePtr make_quantized(Context& ctx, const Network& network, std::optional<Isa> isa) {
  const SyntheticBatch batch(network, 4);
  const ModulePtr real_network = network.make();
  // Running statistics such as training would have left.
  real_network->train();
  for (int i = 0; i < 8; ++i) {
    Tape tape(ctx, GradMode::off);
    (*real_network)(tape.input(batch.x));
  }
  quant::QConfig config;
  if (network.from_file) {
    config = setup::make_qconfig(*network.config, network.options.in_c, network.imported.stored);
  }
  config.isa = isa;
  const auto model = quant::prepare_qat(setup::graph_of(real_network, network.input(1)), config);
  model->calibrate(ctx, batch.x);
  model->finish_calibration();
  model->set_sample({});
  if (network.mode == Mode::qat_frozen) model->advance(quant::Stage::frozen_bn);
  return model;
}

}  // namespace

SyntheticBatch::SyntheticBatch(const Network& network, std::int64_t samples)
    : x(Tensor::empty(network.input(samples))) {
  Random random(7);
  if (network.from_file) {
    fill_with_pixels(network.config->data.normalize, network.options.in_c, random, x.span<real>());
  } else {
    for (real& v : x.span<real>()) v = static_cast<real>(random.normal());
  }
  if (network.returns_pixels()) {
    const zoo::NetworkOptions& o = network.options;
    target = Tensor::full({samples, o.in_h, o.in_w, o.classes}, real(0.5));
    return;
  }
  if (!network.is_classifier()) {
    target = x.reshape({samples, x.numel() / samples});
    return;
  }
  // Classes that count for something.
  const std::vector<double>& weights = network.section().steps.loss.class_weights;
  std::vector<std::int32_t> classes;
  for (std::int32_t k = 0; k < network.options.classes; ++k) {
    const auto i = static_cast<std::size_t>(k);
    if (i >= weights.size() || weights[i] > 0 || weights.size() == 1) classes.push_back(k);
  }
  labels = Tensor::empty({samples}, ElementType::i32);
  std::size_t n = 0;
  for (std::int32_t& label : labels.span<std::int32_t>()) label = classes[n++ * 7 % classes.size()];
}

TrainingStep::TrainingStep(Context& ctx, const Network& network, std::optional<Isa> isa)
    : ctx_(ctx),
      model_(network.mode == Mode::real ? network.make() : make_quantized(ctx, network, isa)) {
  model_->train();
  const setup::TrainingSection section = network.section();
  optimizer_ = setup::make_optimizer(section, model_->parameters());
  setup::apply_groups(section, *model_, *optimizer_);
  if (network.is_classifier())
    loss_ = setup::cross_entropy_options(section.steps.loss, network.options.classes,
                                         section.where("loss/class_weights"));
  clip_grad_norm_ = section.steps.clip_grad_norm;
  if (section.steps.ema_decay > 0) {
    ema_.emplace(model_->parameters(), optim::EmaOptions{.decay = section.steps.ema_decay});
  }
}

float TrainingStep::gradients(const SyntheticBatch& batch, PhaseWatcher* watcher) {
  const auto ended = [&](std::string_view phase) {
    if (watcher) watcher->ended(phase);
  };
  optimizer_->zero_grad();
  ended("zero_grad");
  Tape tape(ctx_);
  const Var y = (*model_)(tape.input(batch.x));
  ended("forward");
  const Var loss =
      batch.labels.defined() ? cross_entropy(y, batch.labels, loss_) : mse_loss(y, batch.target);
  const float value = loss.value().item();
  ended("loss");
  tape.backward(loss);
  ended("backward");
  return value;
}

float TrainingStep::run(const SyntheticBatch& batch, PhaseWatcher* watcher) {
  const float loss = gradients(batch, watcher);
  optim::sum_gradients(ctx_, optimizer_->parameters());
  if (clip_grad_norm_ > 0) {
    optim::clip_grad_norm(ctx_, optimizer_->parameters(), clip_grad_norm_);
  }
  optimizer_->step(ctx_);
  if (ema_) ema_->update(ctx_);
  if (watcher) watcher->ended("optimizer");
  return loss;
}

}  // namespace octet::bench
