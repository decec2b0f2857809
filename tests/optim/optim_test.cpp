// Optimizers against PyTorch's numbers, and what a checkpoint and a schedule rely on.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>

#include "optim/adam.h"
#include "optim/clip.h"
#include "optim/ema.h"
#include "optim/lr_schedule.h"
#include "optim/sgd.h"
#include "tests/golden_text.h"

using namespace octet;

namespace {

std::vector<ParameterPtr> golden_start(const test::GoldenText& golden) {
  std::vector<ParameterPtr> p;
  for (const char* name : {"start.0", "start.1"}) {
    p.push_back(std::make_shared<Parameter>(golden.tensor(name)));
  }
  p[1]->decay = false;
  return p;
}

/// The gradients of one step; the second parameter has none in step 4.
void set_gradients(const test::GoldenText& golden, int step, std::vector<ParameterPtr>& p) {
  Context ctx;
  for (std::size_t i = 0; i < p.size(); ++i) {
    p[i]->grad.clear();
    if (i == 1 && step == 4) continue;
    const std::vector<double>& all = golden.values("grad." + std::to_string(i));
    const std::int64_t n = p[i]->value.numel();
    Tensor g = Tensor::empty(p[i]->value.shape());
    for (std::int64_t k = 0; k < n; ++k) {
      g.r()[k] = static_cast<real>(all[static_cast<std::size_t>(step * n + k)]);
    }
    p[i]->grad.add(g, ctx);
  }
}

using Make = std::function<std::unique_ptr<optim::Optimizer>(std::vector<ParameterPtr>)>;

struct Case {
  const char* name;
  Make make;
};

template <class O, class Options>
Case make_case(const char* name, const Options& options) {
  return {name, [options](std::vector<ParameterPtr> p) {
            return std::unique_ptr<optim::Optimizer>(std::make_unique<O>(std::move(p), options));
          }};
}

std::vector<Case> cases() {
  using namespace octet::optim;
  return {
      make_case<Sgd>("sgd", SgdOptions{.lr = 0.1}),
      make_case<Sgd>("sgd_decay", SgdOptions{.lr = 0.1, .weight_decay = 0.05}),
      make_case<Sgd>("momentum", SgdOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01}),
      make_case<Sgd>(
          "nesterov",
          SgdOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}),
      make_case<Adam>("adam", AdamOptions{.lr = 0.01}),
      make_case<Adam>(
          "adam_decay",
          AdamOptions{.lr = 0.02, .beta1 = 0.8, .beta2 = 0.99, .eps = 1e-4, .weight_decay = 0.1}),
      make_case<AdamW>("adamw", AdamWOptions{.lr = 0.02, .weight_decay = 0.1}),
  };
}

ParameterPtr parameter(std::initializer_list<real> values) {
  const std::vector<real> v(values);
  return std::make_shared<Parameter>(Tensor::from<real>({static_cast<std::int64_t>(v.size())}, v));
}

void give_gradient(const ParameterPtr& p, real value) {
  Context ctx;
  Tensor g = Tensor::full(p->value.shape(), value);
  p->grad.clear();
  p->grad.add(g, ctx);
}

/// Parameters of several chunks each, with gradients.
std::vector<ParameterPtr> large_parameters() {
  std::vector<ParameterPtr> all;
  std::mt19937_64 rng(5);
  std::normal_distribution<double> normal;
  Context ctx;
  for (std::int64_t n : {20000, 3, 8192, 8193}) {
    Tensor w = Tensor::empty({n}), g = Tensor::empty({n});
    for (real& v : w.span<real>()) v = static_cast<real>(normal(rng));
    for (real& v : g.span<real>()) v = static_cast<real>(normal(rng));
    all.push_back(std::make_shared<Parameter>(w));
    all.back()->grad.add(g, ctx);
  }
  return all;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("ten steps of every optimizer equal PyTorch's") {
  const test::GoldenText golden("optim.txt");
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    std::vector<ParameterPtr> p = golden_start(golden);
    auto optimizer = c.make(p);
    int compared = 0;
    for (int step = 0; step < 10; ++step) {
      set_gradients(golden, step, p);
      optimizer->step();
      const std::string key = std::string(c.name) + "." + std::to_string(step + 1) + ".";
      if (!golden.has(key + "0")) continue;
      CAPTURE(step);
      CHECK(golden.distance(key + "0", p[0]->value) < test::golden_tolerance(1e-6));
      CHECK(golden.distance(key + "1", p[1]->value) < test::golden_tolerance(1e-6));
      ++compared;
    }
    CHECK(compared == 3);
  }
}

TEST_CASE("state saved in the middle continues with the same bits") {
  const test::GoldenText golden("optim.txt");
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    std::vector<ParameterPtr> p = golden_start(golden), q = golden_start(golden);
    auto straight = c.make(p);
    for (int step = 0; step < 6; ++step) {
      set_gradients(golden, step, p);
      straight->step();
      if (step != 2) continue;
      for (std::size_t i = 0; i < p.size(); ++i) q[i]->value.copy_from(p[i]->value);
    }
    auto first = c.make(golden_start(golden));  // reaches the same state after three steps
    std::vector<ParameterPtr> early = first->parameters();
    for (int step = 0; step < 3; ++step) {
      set_gradients(golden, step, early);
      first->step();
    }
    auto resumed = c.make(q);
    resumed->load_state(first->state());
    for (int step = 3; step < 6; ++step) {
      set_gradients(golden, step, q);
      resumed->step();
    }
    for (std::size_t i = 0; i < p.size(); ++i) CHECK(same_bits(p[i]->value, q[i]->value));
  }
}

TEST_CASE("load_state refuses what does not fit and then changes nothing") {
  auto p = parameter({1, 2, 3});
  optim::Adam adam({p});
  give_gradient(p, 1);
  adam.step();
  std::vector<NamedTensor> good;
  for (const NamedTensor& t : adam.state()) good.push_back({t.name, t.value.clone()});
  auto refused = [&](std::vector<NamedTensor> state, const char* naming) {
    CAPTURE(naming);
    std::string message;
    try {
      adam.load_state(state);
    } catch (const Error& e) {
      message = e.what();
    }
    CHECK(message.find(naming) != std::string::npos);
    const std::vector<NamedTensor> now = adam.state();
    for (std::size_t i = 0; i < now.size(); ++i) CHECK(same_bits(now[i].value, good[i].value));
  };
  std::vector<NamedTensor> other;
  for (const NamedTensor& t : good) {
    other.push_back({t.name, Tensor::zeros(t.value.shape(), t.value.dtype())});
  }
  auto missing = other;
  missing.pop_back();
  refused(missing, "missing: 0.exp_avg_sq");
  auto extra = other;
  extra.push_back({"1.exp_avg", Tensor::zeros({3})});
  refused(extra, "unexpected: 1.exp_avg");
  auto shape = other;
  shape[1].value = Tensor::zeros({4});
  refused(shape, "misshapen: 0.exp_avg");
  auto negative = other;
  negative[0].value.data<std::int32_t>()[0] = -1;
  refused(negative, "step count");
}

TEST_CASE("the same bits at any number of threads") {
  using namespace octet::optim;
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    std::vector<ParameterPtr> reference = large_parameters();
    auto serial = c.make(reference);
    serial->step();
    serial->step();
    for (int threads : {2, 5}) {
      CAPTURE(threads);
      Context ctx(threads);
      std::vector<ParameterPtr> p = large_parameters();
      auto optimizer = c.make(p);
      optimizer->step(ctx);
      optimizer->step(ctx);
      for (std::size_t i = 0; i < p.size(); ++i) {
        CHECK(same_bits(reference[i]->value, p[i]->value));
      }
      for (std::int32_t steps : optimizer->state()[0].value.span<std::int32_t>()) {
        CHECK(steps == 2);
      }
    }
  }
}

TEST_CASE("parameters without gradient or with requires_grad off are skipped") {
  auto trained = parameter({1, 1}), frozen = parameter({1, 1}), unused = parameter({1, 1});
  frozen->requires_grad = false;
  optim::AdamW adam({trained, frozen, unused}, {.lr = 0.1, .weight_decay = 0.5});
  give_gradient(trained, 1);
  give_gradient(frozen, 1);
  adam.step();
  CHECK(trained->value.r()[0] < 1);
  CHECK(frozen->value.r()[0] == 1);
  CHECK(unused->value.r()[0] == 1);
  adam.zero_grad();
  CHECK(trained->grad.empty());
  CHECK(frozen->grad.empty());
}

TEST_CASE("optimizers refuse options and parameters that make no sense") {
  using namespace octet::optim;
  auto p = parameter({1});
  CHECK_THROWS_AS(Sgd({p}, {.lr = -1}), Error);
  CHECK_THROWS_AS(Sgd({p}, {.lr = std::numeric_limits<double>::quiet_NaN()}), Error);
  CHECK_THROWS_AS(Sgd({p}, {.momentum = 1}), Error);
  CHECK_THROWS_AS(Sgd({p}, {.nesterov = true}), Error);
  CHECK_THROWS_AS(Sgd({p}, {.weight_decay = -1}), Error);
  CHECK_THROWS_AS(Adam({p}, {.beta2 = 1}), Error);
  CHECK_THROWS_AS(Adam({p}, {.eps = 0}), Error);
  CHECK_THROWS_AS(Adam({p, p}), Error);
  CHECK_THROWS_WITH_AS(Adam({}, {.lr = 0.01}), doctest::Contains("register_module"), Error);
  CHECK_THROWS_AS(Adam({nullptr}), Error);
  Context ctx;
  p->grad.add(Tensor::zeros({2}), ctx);
  Sgd sgd({p}, {});
  CHECK_THROWS_WITH_AS(sgd.step(), doctest::Contains("expected a gradient of shape [1], got [2]"),
                       Error);
}

TEST_CASE("clipping by the global norm equals PyTorch's") {
  const test::GoldenText golden("optim.txt");
  std::vector<ParameterPtr> p = golden_start(golden);
  set_gradients(golden, 0, p);
  Context ctx;
  const double norm = optim::clip_grad_norm(ctx, p, 0.5);
  CHECK(norm == doctest::Approx(golden.values("clip.norm")[0]).epsilon(1e-12));
  CHECK(golden.distance("clip.0", p[0]->grad.value()) < test::golden_tolerance(1e-6));
  CHECK(golden.distance("clip.1", p[1]->grad.value()) < test::golden_tolerance(1e-6));
}

TEST_CASE("clipping leaves small, unfinite and foreign gradients alone") {
  Context ctx;
  auto p = parameter({1, 1}), frozen = parameter({1, 1});
  frozen->requires_grad = false;
  give_gradient(p, 1);
  give_gradient(frozen, 100);
  CHECK(optim::clip_grad_norm(ctx, {p, frozen}, 2) == doctest::Approx(std::sqrt(2)));
  CHECK(p->grad.value().r()[0] == 1);
  optim::clip_grad_norm(ctx, {p, frozen}, 0.5);
  CHECK(p->grad.value().r()[0] < 1);
  CHECK(frozen->grad.value().r()[0] == 100);
  give_gradient(p, std::numeric_limits<real>::infinity());
  CHECK(std::isinf(optim::clip_grad_norm(ctx, {p}, 1)));
  CHECK(std::isinf(p->grad.value().r()[0]));
  CHECK_THROWS_AS(optim::clip_grad_norm(ctx, {p}, 0), Error);
}

TEST_CASE("clipping scales gradients that share storage once each") {
  Context ctx;
  auto a = parameter({1, 1}), b = parameter({1, 1});
  Tensor shared = Tensor::full({2}, 3);
  a->grad.add(shared, ctx);
  b->grad.add(shared, ctx);
  optim::clip_grad_norm(ctx, {a, b}, 1);
  CHECK(a->grad.value().r()[0] == doctest::Approx(0.5).epsilon(1e-5));
  CHECK(b->grad.value().r()[1] == doctest::Approx(0.5).epsilon(1e-5));
  CHECK(shared.r()[0] == 3);
}

TEST_CASE("the norm has the same bits at any number of threads") {
  std::vector<ParameterPtr> p = large_parameters();
  Context one(1), five(5);
  const double norm = optim::clip_grad_norm(one, p, 1e9);
  CHECK(optim::clip_grad_norm(five, p, 1e9) == norm);
  double sum = 0;
  for (const ParameterPtr& q : p) {
    for (real g : q->grad.value().span<real>()) {
      sum += static_cast<double>(g) * static_cast<double>(g);
    }
  }
  CHECK(norm == doctest::Approx(std::sqrt(sum)).epsilon(1e-12));
}

TEST_CASE("learning rate schedules") {
  using optim::LrSchedule;
  LrSchedule constant{.lr = 0.5, .warmup_steps = 4, .warmup_factor = 0};
  CHECK(constant.at(0) == doctest::Approx(0.1));
  CHECK(constant.at(3) == doctest::Approx(0.4));
  CHECK(constant.at(4) == 0.5);
  CHECK(constant.at(1000) == 0.5);

  LrSchedule step{.kind = LrSchedule::Kind::step, .lr = 1, .milestones = {10, 20}, .gamma = 0.5};
  CHECK(step.at(9) == 1);
  CHECK(step.at(10) == 0.5);
  CHECK(step.at(19) == 0.5);
  CHECK(step.at(20) == 0.25);

  LrSchedule cosine{.kind = LrSchedule::Kind::cosine,
                    .lr = 1,
                    .warmup_steps = 10,
                    .min_lr = 0.1,
                    .total_steps = 110};
  cosine.validate();
  CHECK(cosine.at(10) == 1);
  CHECK(cosine.at(60) == doctest::Approx(0.55));
  CHECK(cosine.at(35) == doctest::Approx(0.1 + 0.45 * (1 + std::sqrt(0.5))));
  CHECK(cosine.at(110) == doctest::Approx(0.1));
  CHECK(cosine.at(500) == doctest::Approx(0.1));
}

TEST_CASE("steps of equal size are those of the list of their rounded multiples") {
  using optim::LrSchedule;
  for (const double size : {0.5, 0.75, 1.0, 1.1, 1.5, 2.5, 3.0, 7.25, 12.5, 33.333, 1e9}) {
    CAPTURE(size);
    LrSchedule list{.kind = LrSchedule::Kind::step, .lr = 1, .gamma = 0.5};
    for (std::int64_t k = 1; double(k) * size < 1000; ++k) {
      const std::int64_t at = std::llround(double(k) * size);
      if (list.milestones.empty() || list.milestones.back() < at) list.milestones.push_back(at);
    }
    LrSchedule sized = list;
    sized.milestones.clear();
    sized.step_size = size;
    sized.validate();
    int different = 0;
    for (std::int64_t step = 0; step < 990; ++step) different += list.at(step) != sized.at(step);
    CHECK(different == 0);
  }
  const LrSchedule endless{.kind = LrSchedule::Kind::step,
                           .lr = 1,
                           .step_size = 1,
                           .gamma = 0.5,
                           .total_steps = 1LL << 50};
  CHECK(endless.at(3) == 0.125);
  CHECK(endless.at(1LL << 49) == 0);
}

TEST_CASE("schedules that make no sense are refused") {
  using optim::LrSchedule;
  CHECK_THROWS_AS(LrSchedule{.lr = -1}.validate(), Error);
  CHECK_THROWS_AS(LrSchedule{.warmup_steps = -1}.validate(), Error);
  CHECK_THROWS_AS((LrSchedule{.milestones = {5, 5}}.validate()), Error);
  CHECK_THROWS_AS((LrSchedule{.milestones = {5}, .step_size = 5}.validate()), Error);
  CHECK_THROWS_AS((LrSchedule{.step_size = 0.1}.validate()), Error);
  CHECK_THROWS_AS((LrSchedule{.step_size = -1}.validate()), Error);
  CHECK_THROWS_AS((LrSchedule{.kind = LrSchedule::Kind::cosine, .total_steps = 0}.validate()),
                  Error);
  CHECK_THROWS_AS(
      (LrSchedule{.kind = LrSchedule::Kind::cosine, .lr = 0.1, .min_lr = 0.2, .total_steps = 5}
           .validate()),
      Error);
}

TEST_CASE("exponential moving average") {
  Context ctx;
  auto p = parameter({0, 4});
  optim::Ema ema({p}, {.decay = 0.5, .warm_up = false});
  p->value.fill(8);
  ema.update(ctx);  // 4, 6
  ema.update(ctx);  // 6, 7
  CHECK(p->value.r()[0] == 8);
  {
    optim::EmaScope averages(ema);
    CHECK(p->value.r()[0] == 6);
    CHECK(p->value.r()[1] == 7);
    CHECK_THROWS_AS(ema.update(ctx), Error);
    CHECK_THROWS_AS(ema.state(), Error);
  }
  CHECK(p->value.r()[0] == 8);

  auto q = parameter({1, 1});
  optim::Ema other({q}, {.decay = 0.5, .warm_up = false});
  other.load_state(ema.state());
  other.swap();
  CHECK(q->value.r()[1] == 7);
  CHECK_THROWS_AS(optim::Ema({p}, {.decay = 1}), Error);

  auto w = parameter({0});
  optim::Ema warm({w}, {.decay = 0.999});
  w->value.fill(11);
  warm.update(ctx);  // 2/11 * 0 + 9/11 * 11
  warm.swap();
  CHECK(w->value.r()[0] == doctest::Approx(9));
}

TEST_CASE("the average of a weight that stays as it is has its bits") {
  Context ctx;
  std::mt19937 rng(1);
  std::uniform_real_distribution<real> draw(-2, 2);
  auto p = std::make_shared<Parameter>(Tensor::empty({1000}));
  for (real& v : p->value.span<real>()) v = draw(rng);
  optim::Ema ema({p}, {.decay = 0.95});
  const Tensor before = p->value.clone();
  for (int i = 0; i < 50; ++i) ema.update(ctx);
  ema.swap();
  CHECK(same_bits(p->value, before));
}

TEST_CASE("a learning rate factor of a parameter is a learning rate of its own") {
  for (const Case& c : cases()) {
    CAPTURE(std::string(c.name));
    const test::GoldenText golden("optim.txt");
    std::vector<ParameterPtr> p = golden_start(golden), q = golden_start(golden);
    auto factored = c.make(p), plain = c.make(q);
    factored->set_lr_factor({p[1]}, 0.5);
    const Tensor first = p[0]->value.clone();
    for (int step = 0; step < 3; ++step) {
      set_gradients(golden, step, p);
      set_gradients(golden, step, q);
      factored->step();
      plain->set_lr(0.5 * factored->lr());
      plain->step();
    }
    CHECK(same_bits(p[1]->value, q[1]->value));
    CHECK_FALSE(same_bits(p[0]->value, q[0]->value));
    const Tensor before = p[0]->value.clone();
    factored->set_lr_factor({p[0]}, 0);
    factored->step();
    CHECK(same_bits(before, p[0]->value));
    CHECK_THROWS_WITH_AS(factored->set_lr_factor({q[0]}, 1),
                         doctest::Contains("parameters of this optimizer"), Error);
    CHECK_THROWS_WITH_AS(factored->set_lr_factor({p[0]}, -1), doctest::Contains("got -1"), Error);
  }
}
