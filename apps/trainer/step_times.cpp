#include "apps/trainer/step_times.h"

#include <algorithm>
#include <vector>

#include "apps/common/setup/network.h"
#include "apps/common/setup/task_setup.h"
#include "apps/common/setup/training.h"

namespace octet::trainer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int warm_up_steps = 2;
constexpr int most_steps = 25;
constexpr int fewest_steps = 5;
constexpr std::chrono::seconds enough{8};

double timed_step(Context& ctx, Module& model, optim::Optimizer& optimizer, const FitLoss& loss,
                  const Batch& batch) {
  const Clock::time_point start = Clock::now();
  optimizer.zero_grad();
  Tape tape(ctx);
  const std::vector<Var> outputs = model({tape.input(batch.x)});
  tape.backward(loss.value(outputs, batch, 0));
  optimizer.step(ctx);
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

quant::Stage longest_stage(const config::Stages& s) {
  if (s.train_bn >= s.frozen_bn && s.train_bn >= s.frozen_observers) return quant::Stage::train_bn;
  return s.frozen_bn >= s.frozen_observers ? quant::Stage::frozen_bn
                                           : quant::Stage::frozen_observers;
}

}  // namespace

StepTimes measure_step_times(Session& s) {
  const setup::TrainingSection section =
      s.config.quant ? setup::quant_section(s.config) : setup::train_section(s.config);
  Loader loader = s.train_loader(section.batch, /*drop_last=*/false);
  const Batch batch = loader.next();
  const FitLoss loss = setup::make_loss(section, s.outputs());

  const auto network = s.graph()->clone();
  network->train();
  const auto optimizer = setup::make_optimizer(section, network->parameters());
  optimizer->set_lr(0);  // so many steps on one batch could diverge

  quant::QatModelPtr quantized;
  std::unique_ptr<optim::Optimizer> quantized_optimizer;
  if (s.config.qat()) {
    quantized = setup::prepare(s.config, s.network, s.input_shape());
    quantized->load_state(s.qat->state());
    quantized->restore_stage(
        std::max(longest_stage(s.config.quant->stages), quantized->first_stage()));
    quantized->train();
    quantized_optimizer = setup::make_optimizer(section, quantized->parameters());
    quantized_optimizer->set_lr(0);
  }

  std::vector<double> of_float, of_quantized;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < warm_up_steps + most_steps; ++i) {
    if (i >= warm_up_steps + fewest_steps && Clock::now() - start > enough) break;
    const double f = timed_step(s.ctx, *network, *optimizer, loss, batch);
    const double q =
        quantized ? timed_step(s.ctx, *quantized, *quantized_optimizer, loss, batch) : 0;
    if (i < warm_up_steps) continue;
    of_float.push_back(f);
    of_quantized.push_back(q);
  }
  return {median(of_float), median(of_quantized)};
}

}  // namespace octet::trainer
