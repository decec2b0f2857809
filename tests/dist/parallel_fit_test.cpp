// Training by several members: the same weights in any number of processes, and those of one
// member up to rounding.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <mutex>

#include "core/random.h"
#include "data/dataset.h"
#include "eval/evaluate.h"
#include "fit/fit.h"
#include "layers/layers.h"
#include "layers/zoo/zoo.h"
#include "optim/sgd.h"
#include "quant/prepare.h"
#include "tests/dist/thread_processes.h"

using namespace octet;
using octet::test::run_processes;
using octet::test::ThreadTransport;

namespace {

constexpr int shards = 4;

/// Pictures of noise; of 18 the last batch of 8 has 2, which leaves members idle.
Dataset noise(int samples) {
  Tensor images = Tensor::empty({samples, 8, 8, 3}, ElementType::u8);
  std::vector<std::int64_t> labels;
  Random random(5, 1);
  for (auto& v : images.span<std::uint8_t>()) v = static_cast<std::uint8_t>(random.below(256));
  for (int i = 0; i < samples; ++i) labels.push_back(i % 3);
  return make_dataset(std::move(images), labels, {"a", "b", "c"}, "noise");
}

struct Kind {
  const char* name;
  bool qat = false;
  double mixup = 0;
  int accumulate = 1, batch = 8;
  bool weighted = false;
};

std::vector<NamedTensor> copy_of(const std::vector<NamedTensor>& state) {
  std::vector<NamedTensor> copy;
  for (const NamedTensor& t : state) copy.push_back({t.name, t.value.clone()});
  return copy;
}

struct Result {
  std::vector<NamedTensor> state;
  double loss = 0;
  std::int64_t images = 0;
};

/// Two epochs by one member of a job, or alone.
Result trained(const Kind& kind, Context& ctx, const BatchPart& part) {
  const std::shared_ptr<Module> net = zoo::resnet8({.classes = 3, .width = 0.25});
  LoaderOptions o;
  o.batch = kind.batch;
  o.shuffle = true;
  o.seed = 3;
  o.transform.normalize = {{128, 128, 128}, {128, 128, 128}};
  o.transform.augment.mixup = kind.mixup;
  o.part = part;
  Loader loader(noise(18), o);
  std::shared_ptr<Module> model = net;
  if (kind.qat) {
    const auto qat =
        quant::prepare_qat(trace(net, Tensor::zeros({1, 8, 8, 3})), quant::QConfig::tflite());
    for (int i = 0; i < 2; ++i) qat->calibrate(ctx, loader.next().x);
    qat->finish_calibration();
    loader.seek(0);
    model = qat;
  }
  optim::Sgd sgd(model->parameters(), {.lr = 0.05, .momentum = 0.9});
  FitOptions options;
  options.epochs = 2;
  options.accumulate_steps = kind.accumulate;
  options.clip_grad_norm = 5;
  if (kind.weighted) {
    const std::vector<real> weights{1, 2, 0.5};
    options.loss = cross_entropy_loss({.class_weights = Tensor::from<real>({3}, weights)});
  }
  Result r;
  options.hooks.record = [&](const Figures& line) {
    for (const Figure& f : line) {
      if (f.name == "train_loss") r.loss = std::get<double>(f.value);
    }
  };
  Fit fit(*model, sgd, loader, ctx, options);
  fit.run();
  r.state = copy_of(model->state());
  r.images = fit.position().step;
  return r;
}

/// Of the leader, having checked that all members have the same.
Result trained_by(int processes, const Kind& kind) {
  std::mutex mutex;
  std::vector<Result> all(shards);
  run_processes(processes, [&](ThreadTransport& t) {
    dist::MemberGroup(t, {.shards = shards, .threads = 2}).run([&](dist::Member& m) {
      Context ctx(m.threads, 5, &m.communicator);
      const int rank = m.communicator.rank();
      Result r = trained(kind, ctx, {rank, shards});
      const std::lock_guard lock(mutex);
      all[static_cast<std::size_t>(rank)] = std::move(r);
    });
  });
  for (const Result& r : all) {
    REQUIRE(r.state.size() == all[0].state.size());
    for (std::size_t i = 0; i < r.state.size(); ++i) {
      const Tensor &a = r.state[i].value, &b = all[0].state[i].value;
      CAPTURE(r.state[i].name);
      CHECK(std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
    }
  }
  return all[0];
}

double largest_difference(const Result& a, const Result& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.state.size(); ++i) {
    const auto x = a.state[i].value.span<real>(), y = b.state[i].value.span<real>();
    for (std::size_t k = 0; k < x.size(); ++k) {
      most = std::max(most, std::abs(double(x[k]) - double(y[k])) / (1 + std::abs(double(y[k]))));
    }
  }
  return most;
}

}  // namespace

TEST_CASE("data parallel: the number of processes does not change a byte") {
  for (const Kind& kind :
       {Kind{"float"}, Kind{"qat", true}, Kind{"mixup", false, 0.4},
        Kind{"accumulated", false, 0, 2}, Kind{"weighted", false, 0, 1, 8, true}}) {
    CAPTURE(kind.name);
    const Result one = trained_by(1, kind), two = trained_by(2, kind), four = trained_by(4, kind);
    CHECK(largest_difference(one, two) == 0);
    CHECK(largest_difference(one, four) == 0);
    CHECK(one.loss == two.loss);
    CHECK(one.loss == four.loss);
    CHECK(one.loss > 0);

    Context ctx(1, 5);
    const Result alone = trained(kind, ctx, {});
    CHECK(alone.images == one.images);
    const double difference = largest_difference(alone, one);
    CAPTURE(difference);
    CHECK(difference < (kind.qat ? 0.05 : 1e-4));  // a code that falls the other way is a step
    CHECK(alone.loss == doctest::Approx(one.loss).epsilon(kind.qat ? 0.02 : 1e-4));
  }
}

TEST_CASE("loader: the parts of a batch are the batch") {
  for (const double mixup : {0.0, 0.5}) {
    CAPTURE(mixup);
    LoaderOptions o;
    o.batch = 8;
    o.shuffle = true;
    o.transform.normalize = {{128, 128, 128}, {128, 128, 128}};
    o.transform.augment.mixup = mixup;
    Loader whole(noise(21), o);
    for (int b = 0; b < 3; ++b) {
      const Batch batch = whole.next();
      std::int64_t at = 0;
      for (int i = 0; i < 8; ++i) {
        o.part = {i, 8};
        Loader loader(noise(21), o);
        loader.seek(0, b);
        const Batch part = loader.next();
        CHECK(loader.batches_per_epoch() == 3);
        CHECK(loader.samples_per_epoch() == 21);
        if (part.empty) continue;
        const std::int64_t row = batch.x.numel() / batch.x.shape()[0];
        CHECK(std::memcmp(part.x.raw(), batch.x.r() + at * row, part.x.bytes()) == 0);
        CHECK(std::memcmp(part.y.raw(), batch.y.data<std::int32_t>() + at, part.y.bytes()) == 0);
        CHECK(part.share == batch.share);
        if (mixup > 0) {
          CHECK(std::memcmp(part.mixed_y.raw(), batch.mixed_y.data<std::int32_t>() + at,
                            part.mixed_y.bytes()) == 0);
        }
        at += part.x.shape()[0];
      }
      CHECK(at == batch.x.shape()[0]);
    }
  }
}
