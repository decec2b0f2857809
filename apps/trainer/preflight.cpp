#include "apps/trainer/preflight.h"

#include "apps/common/setup/memory.h"
#include "apps/common/setup/network.h"
#include "apps/common/setup/task_setup.h"
#include "apps/common/setup/training.h"
#include "base/error.h"
#include "deploy/targets.h"
#include "quant/convert.h"
#include "quant/floats/lower_float.h"

namespace octet::trainer {
namespace {

void check_section(const Session& s, const setup::TrainingSection& t, Module& model) {
  const std::int64_t images = s.data.train.size();
  OCTET_CHECK(!t.drop_last || t.batch <= images, t.where("batch"), ": expected at most the ",
              images, " training pictures of ", s.data.train.name,
              ", for drop_last leaves out a smaller batch; got ", t.batch);
  OCTET_CHECK(t.steps.patience == 0 || s.has_validation(), t.where("patience"),
              ": needs a validation split to be judged by: set data.val_fraction");
  const auto optimizer = setup::make_optimizer(t, model.parameters());
  setup::apply_groups(t, model, *optimizer);
  setup::make_loss(t, s.outputs());
  const Loader loader = s.train_loader(t.batch, t.drop_last);
  setup::make_schedule(t, setup::steps_per_epoch(t, loader.batches_per_epoch()));
}

/// What the target has no kernel of, whatever scales the training will find; and a line for what it
/// computes otherwise. The model is a copy.
void check_operators(Session& s, quant::QatModel& model) {
  const deploy::Target& target = deploy::find_target(s.config.quant->target);
  Loader loader = s.train_loader(1, false);
  int8::Graph graph;
  try {
    quant::calibrate(model, loader, {.batches = 1}, s.ctx);
    graph = quant::lower(model, "");
  } catch (const Error&) {
    return;  // ranges of one picture: what is wrong with them says nothing
  }
  for (const deploy::Finding& f : deploy::check_target(target, graph)) {
    OCTET_CHECK(!f.refused || f.from_scales, s.config.where("/quant/target"), ": ", target.name,
                " does not take the network: ", deploy::finding_text(f));
    if (!f.refused && !f.from_scales)
      s.progress.say("warning: " + std::string(target.name) + ": " + deploy::finding_text(f));
  }
}

}  // namespace

void check_phases(Session& s) {
  const config::Config& c = s.config;
  // A copy: groups freeze parameters.
  const auto network = s.graph()->clone();
  setup::check_output(c, *network, s.outputs(), s.input_shape());
  if (c.train) {
    setup::check_step_memory(setup::train_section(c), *network, s.data);
    check_section(s, setup::train_section(c), *network);
  }
  for (const FloatFile& file : float_files()) {
    if (!(c.outputs.*file.asked)) continue;
    try {
      quant::lower_float(*network);
    } catch (const Error& e) {
      fail(c.where(std::string("/outputs/") + file.key), ": ", e.what());
    }
  }
  if (c.quantized()) {
    const quant::QatModelPtr model = setup::prepare(c, s.network, s.input_shape());
    if (c.qat()) {
      setup::check_step_memory(setup::quant_section(c), *network, s.data);
      check_section(s, setup::quant_section(c), *model);
    }
    check_operators(s, *model);
  }
  OCTET_CHECK(c.train || c.qat() || c.init || s.network.fresh.empty(), c.where("/model/import"),
              ": the network gets a new last layer, but mode ptq trains nothing");
  s.test_loader(s.batch_size());
}

}  // namespace octet::trainer
