// The training loop as a library, on a network, a loss and data of its own.
#include "fit/fit_run.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/ops/ops.h"
#include "data/dataset.h"
#include "eval/evaluate.h"
#include "fit/metrics_file.h"
#include "layers/layers.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/support.h"

using namespace octet;
using octet::test::TempDir;

namespace {

constexpr int samples = 48;

/// Pictures of 2 x 2 pixels whose class is whether the first pixel is bright.
Dataset bright_or_dark() {
  Tensor images = Tensor::empty({samples, 2, 2, 1}, ElementType::u8);
  std::vector<std::int64_t> labels;
  std::uint8_t* p = images.data<std::uint8_t>();
  for (int i = 0; i < samples; ++i) {
    for (int k = 0; k < 4; ++k) p[4 * i + k] = static_cast<std::uint8_t>((i * 37 + k * 91) % 256);
    labels.push_back(p[4 * i] >= 128);
  }
  return make_dataset(std::move(images), labels, {"dark", "bright"}, "squares");
}

struct Net final : Module {
  std::shared_ptr<Linear> a, b;
  explicit Net(int outputs = 2) {
    Init init(7);
    a = register_module("a", std::make_shared<Linear>(LinearOptions{4, 8}, init));
    b = register_module("b", std::make_shared<Linear>(LinearOptions{8, outputs}, init));
  }
  Var forward(Var x) override { return (*b)(relu((*a)(flatten(x)))); }
};

LoaderOptions batches(int size, bool shuffle = true) {
  LoaderOptions o;
  o.batch = size;
  o.shuffle = shuffle;
  o.seed = 3;
  o.transform.normalize = {{128}, {128}};
  return o;
}

/// A training with a hand-written score for each epoch.
struct Scripted {
  std::vector<double> scores;
  std::vector<std::vector<NamedTensor>> weights = {};
  Net net{};
  Context ctx{1, 5};
  optim::Adam adam{net.parameters(), {.lr = 0.01}};
  Loader loader{bright_or_dark(), batches(16)};

  FitOptions options(Keep keep, int patience) {
    FitOptions o;
    o.epochs = static_cast<std::int64_t>(scores.size());
    o.keep = keep;
    o.patience = patience;
    o.hooks.evaluate = [this]() -> std::optional<EpochScore> {
      std::vector<NamedTensor> copy;
      for (const NamedTensor& t : net.state()) copy.push_back({t.name, t.value.clone()});
      weights.push_back(copy);
      return EpochScore{scores[weights.size() - 1], "scripted", {}};
    };
    return o;
  }
};

void check_equal(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(a[i].name);
    CHECK(std::equal(a[i].value.r(), a[i].value.r() + a[i].value.numel(), b[i].value.r()));
  }
}

std::vector<nlohmann::json> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("fit trains a classifier and writes metrics, summary and checkpoint") {
  const TempDir dir;
  Net net;
  Context ctx(2, 5);
  optim::Adam adam(net.parameters(), {.lr = 0.02});
  Loader train(bright_or_dark(), batches(16)), val(bright_or_dark(), batches(10, false));
  FitOptions options;
  options.epochs = 30;
  options.keep = Keep::best;
  const FitResult r = fit(net, adam, train, &val, ctx, options,
                          {dir / "checkpoint.h5", dir / "metrics.jsonl", dir / "summary.json"});
  CHECK(r.outcome == Outcome::finished);
  CHECK(r.epochs == 30);
  CHECK(r.steps == 90);
  CHECK(r.best_score > 0.9);
  CHECK(evaluate(net, val, ctx).accuracy() == r.best_score);
  const auto lines = lines_of(dir / "metrics.jsonl");
  REQUIRE(lines.size() == 30);
  CHECK(lines[0]["train_loss"] > lines[29]["train_loss"]);
  CHECK(lines[static_cast<std::size_t>(r.best_epoch - 1)]["val_accuracy"] == r.best_score);
  CHECK(lines_of(dir / "metrics.jsonl")[3]["time"].get<std::string>().size() == 20);
  std::ifstream in(dir / "summary.json");
  const auto summary = nlohmann::json::parse(in);
  CHECK(summary["best_epoch"] == r.best_epoch);
  // A finished training is not repeated.
  const FitResult again = fit(net, adam, train, &val, ctx, options, {dir / "checkpoint.h5"});
  CHECK(again.steps == 90);
  CHECK(again.best_score == r.best_score);
}

TEST_CASE("fit takes any loss") {
  Net net(4);
  Context ctx(1, 5);
  optim::Sgd sgd(net.parameters(), {.lr = 0.1, .momentum = 0.9});
  Loader train(bright_or_dark(), batches(16)), val(bright_or_dark(), batches(16, false));
  FitOptions options;
  options.epochs = 20;
  options.logits = -1;
  options.loss = mean_loss([](std::span<const Var> out, const Batch& batch) {
    return mse_loss(out[0], Tensor(batch.x).reshape({batch.x.shape()[0], 4}));
  });
  std::vector<double> losses;
  options.hooks.record = [&](const Figures& line) {
    for (const Figure& f : line) {
      if (f.name == "val_loss") losses.push_back(std::get<double>(f.value));
    }
  };
  const FitResult r = fit(net, sgd, train, &val, ctx, options);
  REQUIRE(losses.size() == 20);
  CHECK(losses.back() < 0.2 * losses.front());
  CHECK(r.best_epoch == -1);  // the last is kept: nothing was chosen
}

TEST_CASE("the best epoch is kept, the first of equals") {
  Scripted s{{1, 3, 3, 2}};
  Fit training(s.net, s.adam, s.loader, s.ctx, s.options(Keep::best, 0));
  CHECK(training.run() == Outcome::finished);
  CHECK(training.kept_epoch() == 2);
  check_equal(s.net.state(), s.weights[1]);
}

TEST_CASE("of equal scores the tie break decides") {
  Scripted s{{3, 3, 3}};
  FitOptions options = s.options(Keep::best, 0);
  options.hooks.evaluate = [scored = options.hooks.evaluate, &s] {
    auto score = scored();
    score->tie_break = s.weights.size() == 2 ? -1 : -2;
    return score;
  };
  Fit training(s.net, s.adam, s.loader, s.ctx, options);
  training.run();
  CHECK(training.kept_epoch() == 2);
}

TEST_CASE("the last epoch is kept where that is asked for") {
  Scripted s{{3, 1}};
  Fit training(s.net, s.adam, s.loader, s.ctx, s.options(Keep::last, 0));
  training.run();
  CHECK(training.kept_epoch() == -1);
  check_equal(s.net.state(), s.weights[1]);
}

TEST_CASE("weights offered before training are a candidate") {
  Scripted s{{1, 2}};
  Fit training(s.net, s.adam, s.loader, s.ctx, s.options(Keep::best, 0));
  std::vector<NamedTensor> before;
  for (const NamedTensor& t : s.net.state()) before.push_back({t.name, t.value.clone()});
  training.offer({2, "before", {}});
  training.run();
  CHECK(training.kept_epoch() == 0);
  check_equal(s.net.state(), before);
}

TEST_CASE("patience ends training") {
  Scripted s{{1, 4, 3, 2, 9}};
  Fit training(s.net, s.adam, s.loader, s.ctx, s.options(Keep::last, 2));
  training.run();
  CHECK(training.position().epoch == 4);
  CHECK(training.best_epoch() == 2);
  check_equal(s.net.state(), s.weights[3]);
}

TEST_CASE("an average is what is scored and kept") {
  Scripted s{{1, 2, 1}};
  FitOptions options = s.options(Keep::best, 0);
  options.ema_decay = 0.5;
  Fit training(s.net, s.adam, s.loader, s.ctx, options);
  training.run();
  check_equal(s.net.state(), s.weights[1]);
}

TEST_CASE("a stopped training goes on to the same bits") {
  const TempDir dir;
  FitOptions options;
  options.epochs = 4;
  options.keep = Keep::best;
  options.ema_decay = 0.9;
  options.accumulate_steps = 2;
  const auto train = [&](int stop_after, const FitFiles& files, Net& net) {
    Context ctx(1, 5);
    optim::Adam adam(net.parameters(), {.lr = 0.02});
    Loader loader(bright_or_dark(), batches(10)), val(bright_or_dark(), batches(10, false));
    FitOptions o = options;
    int updates = 0;
    o.hooks.batch_done = [&] { ++updates; };
    o.hooks.stop = [&] { return stop_after > 0 && updates >= stop_after; };
    return fit(net, adam, loader, &val, ctx, o, files);
  };
  Net whole;
  const FitResult expected = train(0, {dir / "whole.h5", dir / "whole.jsonl"}, whole);
  for (int stop_after : {1, 3, 5}) {
    CAPTURE(stop_after);
    const FitFiles files{dir / ("part" + std::to_string(stop_after) + ".h5"), dir / "part.jsonl"};
    Net first;
    CHECK(train(stop_after, files, first).outcome == Outcome::interrupted);
    Net second;
    const FitResult r = train(0, files, second);
    CHECK(r.outcome == Outcome::finished);
    CHECK(r.best_epoch == expected.best_epoch);
    check_equal(second.state(), whole.state());
    const auto a = lines_of(dir / "whole.jsonl"), b = lines_of(dir / "part.jsonl");
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i]["train_loss"] == b[i]["train_loss"]);
  }
  Net other;
  options.epochs = 5;
  CHECK_THROWS_WITH_AS(train(0, {dir / "whole.h5"}, other),
                       doctest::Contains("holds a training of other options"), Error);
}

TEST_CASE("batches of one update have the gradient of one batch") {
  for (const bool classes : {true, false}) {
    CAPTURE(classes);
    std::vector<std::vector<NamedTensor>> states;
    for (const int parts : {1, 3}) {
      Net net(classes ? 2 : 4);
      Context ctx(1, 5);
      optim::Sgd sgd(net.parameters(), {.lr = 0.1});
      // 21 samples a batch, or 7 three times; the last batches are smaller.
      Loader loader(bright_or_dark(), batches(21 / parts));
      FitOptions options;
      options.accumulate_steps = parts;
      if (classes) {
        const std::vector<real> weights{1, 5};
        options.loss = cross_entropy_loss({.class_weights = Tensor::from<real>({2}, weights)});
      } else {
        options.logits = -1;
        options.loss = mean_loss([](std::span<const Var> out, const Batch& batch) {
          return mse_loss(out[0], Tensor(batch.x).reshape({batch.x.shape()[0], 4}));
        });
      }
      Fit(net, sgd, loader, ctx, options).run();
      states.push_back(net.state());
    }
    for (std::size_t i = 0; i < states[0].size(); ++i) {
      for (std::int64_t k = 0; k < states[0][i].value.numel(); ++k) {
        CHECK(double(states[0][i].value.r()[k]) ==
              doctest::Approx(double(states[1][i].value.r()[k])).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("fit refuses what it cannot do") {
  Net net;
  Context ctx;
  optim::Adam adam(net.parameters(), {.lr = 0.01});
  Loader loader(bright_or_dark(), batches(16));
  FitOptions options;
  options.keep = Keep::best;
  CHECK_THROWS_WITH_AS(fit(net, adam, loader, nullptr, ctx, options),
                       doctest::Contains("need FitHooks::evaluate"), Error);
  options = {};
  options.epochs = 0;
  CHECK_THROWS_WITH_AS(fit(net, adam, loader, nullptr, ctx, options),
                       doctest::Contains("epochs: expected at least 1, got 0"), Error);
}

TEST_CASE("an error says where in training it was") {
  Net net;
  Context ctx;
  optim::Sgd sgd(net.parameters(), {.lr = 1e30});
  Loader loader(bright_or_dark(), batches(16));
  FitOptions options;
  options.epochs = 2;
  CHECK_THROWS_WITH_AS(fit(net, sgd, loader, nullptr, ctx, options),
                       doctest::Contains("float training, epoch 1 of 2, step "), Error);
}
