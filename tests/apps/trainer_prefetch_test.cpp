// The loader works while a step computes, however many batches make an update.
#include <atomic>

#include "apps/common/setup/data.h"
#include "apps/trainer/train_loop.h"
#include "layers/layers.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;

namespace {

/// Notes how many samples the loader had made when each forward began.
class Watcher final : public Module {
 public:
  Watcher(ModulePtr inner, const std::atomic<std::int64_t>& made)
      : made_(made), inner_(register_module("inner", std::move(inner))) {}
  Var forward(Var x) override {
    seen.push_back(made_);
    return (*inner_)(x);
  }
  std::vector<std::int64_t> seen;

 private:
  const std::atomic<std::int64_t>& made_;
  ModulePtr inner_;
};

}  // namespace

TEST_CASE_FIXTURE(TrainerFixture, "trainer: the parts of an update are read one at a time") {
  Json json = config();
  json.erase("quant");
  json["train"]["epochs"] = 1;
  json["train"]["batch"] = 10;
  json["train"]["accumulate_steps"] = 20;
  json["out"] = (dir / "runs").string();
  write(json);
  config::Config c = config::read_config(dir / "tiny.json", {});
  Progress progress(/*terminal=*/false);
  std::filesystem::create_directories(run_dir());
  DataSource data = setup::prepare_data(c, setup::open_data(c));
  trainer::Session s(c, std::move(data), progress, 1);
  s.metrics.emplace(s.files.metrics, "");

  std::atomic<std::int64_t> made = 0;
  LoaderOptions options;
  options.batch = 10;
  options.prefetch = 2;
  options.custom = [&](std::span<real>, std::uint64_t, std::int64_t) { ++made; };
  Loader loader(s.data.train, options);
  Watcher model(s.model, made);
  const setup::TrainingSection section = setup::train_section(c);
  trainer::TrainingPlan plan{.name = "float",
                             .model = model,
                             .section = section,
                             .loader = loader,
                             .begin_epoch = [](std::int64_t) { return std::string("epoch"); },
                             .evaluate =
                                 [] {
                                   return std::optional<EpochScore>(EpochScore{0, "done"});
                                 }};
  CHECK(trainer::train(s, plan) == Outcome::finished);
  REQUIRE(model.seen.size() == 20);
  // The one that is used, two that wait, and one that is being made.
  for (std::size_t i = 0; i < model.seen.size(); ++i) {
    CAPTURE(i);
    CHECK(model.seen[i] <= 10 * (static_cast<std::int64_t>(i) + 4));
  }
}
