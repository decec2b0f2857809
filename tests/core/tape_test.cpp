// What the tape promises: order, accumulation, what is kept, what is freed, what is refused.
#include <doctest/doctest.h>

#include "core/ops/losses.h"
#include "core/ops/ops.h"
#include "tests/core/naive.h"

namespace octet::test {
namespace {

ParameterPtr parameter(const Shape& shape, std::uint64_t stream) {
  return std::make_shared<Parameter>(random_tensor(shape, stream));
}

// y = 2 x; counts backwards and remembers what it saw.
struct Probe final : Op {
  mutable int forwards = 0, backwards = 0;
  mutable bool saved_wanted = false, gradient_wanted = false;
  std::string_view name() const override { return "probe"; }
  Tensor forward(Context& ctx, In x, Saved& saved) const override {
    ++forwards;
    saved_wanted = saved.wanted;
    saved.tensors = {x[0]};
    Tensor y = ctx.empty(x[0].shape());
    for (std::int64_t i = 0; i < y.numel(); ++i) y.r()[i] = 2 * x[0].r()[i];
    return y;
  }
  void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override {
    ++backwards;
    gradient_wanted = dx[0] != nullptr;
    CHECK(saved.tensors.size() == 1);
    if (!dx[0]) return;
    Tensor g = ctx.empty(dy.shape());
    for (std::int64_t i = 0; i < g.numel(); ++i) g.r()[i] = 2 * dy.r()[i];
    dx[0]->add(std::move(g), ctx);
  }
};

/// A batch norm of inputs 0, 1 and 2.
Var normalized(Tape& tape, std::uint64_t stream) {
  const bool grad = tape.grad_enabled();
  const Shape channels{24};
  const Var x = tape.input(random_tensor({4, 5, 3, 24}, stream), grad);
  const Var gamma = tape.input(random_tensor(channels, stream + 1), grad);
  const Var beta = tape.input(random_tensor(channels, stream + 2), grad);
  return batch_norm(x, gamma, beta,
                    std::make_shared<BatchNormStats>(
                        BatchNormStats{Tensor::zeros(channels), Tensor::full(channels, 1)}));
}

struct Thrower final : Op {
  std::string_view name() const override { return "thrower"; }
  Tensor forward(Context&, In x, Saved&) const override { return x[0]; }
  void backward(Context&, const Saved&, const Tensor&, Grads) const override {
    fail("no gradient");
  }
};

}  // namespace

TEST_SUITE("core tape") {
  TEST_CASE("a value used twice gets both gradients") {
    Tape tape;
    const Var x = tape.input(Tensor::full({1}, 3), true);
    const Var y = x + x;
    tape.backward(y + x);
    CHECK(tape.grad(x).item() == 3);
  }

  TEST_CASE("the same parameter twice is one node, its gradients add over tapes until cleared") {
    Context ctx;
    auto p = parameter({1}, 1);
    for (int step = 1; step <= 3; ++step) {
      Tape tape(ctx);
      const Var a = tape.param(p), b = tape.param(p);
      CHECK(a.id == b.id);
      CHECK(tape.size() == 1);
      tape.backward(a + b);
      CHECK(p->grad.value().item() == 2 * step);
    }
    const real* buffer = p->grad.value().r();
    p->grad.clear();
    CHECK(p->grad.empty());
    Tape tape(ctx);
    tape.backward(tape.record(std::make_shared<Probe>(), {tape.param(p)}));
    CHECK(p->grad.value().item() == 2);
    CHECK(p->grad.value().r() == buffer);
  }

  TEST_CASE("two parameters that adopt one gradient do not disturb each other") {
    Context ctx;
    auto p = parameter({1}, 1), q = parameter({1}, 2);
    for (int step = 1; step <= 2; ++step) {
      p->grad.clear();
      q->grad.clear();
      Tape tape(ctx);
      const Var sum = tape.param(p) + tape.param(q);
      tape.backward(sum + tape.param(p));
      CHECK(p->grad.value().item() == 2);
      CHECK(q->grad.value().item() == 1);
    }
  }

  TEST_CASE("nothing is computed for what needs no gradient") {
    Tape tape;
    auto frozen = parameter({2, 2}, 1), trained = parameter({2, 2}, 2);
    frozen->requires_grad = false;
    const auto early = std::make_shared<Probe>(), late = std::make_shared<Probe>();
    const Var x = tape.input(random_tensor({2, 2}, 3));
    const Var before = tape.record(early, {linear(x, tape.param(frozen))});
    const Var after = tape.record(late, {linear(before, tape.param(trained))});
    CHECK_FALSE(early->saved_wanted);
    CHECK(late->saved_wanted);
    CHECK(tape.node(before.id).saved.tensors.empty());
    CHECK_FALSE(tape.node(before.id).requires_grad);
    const Tensor labels = Tensor::zeros({2}, ElementType::i32);
    tape.backward(cross_entropy(after, labels));
    CHECK(early->backwards == 0);
    CHECK(late->backwards == 1);
    CHECK(frozen->grad.empty());
    CHECK_FALSE(trained->grad.empty());
  }

  TEST_CASE("a branch that does not lead to the loss is not walked") {
    Tape tape;
    const auto probe = std::make_shared<Probe>();
    const Var x = tape.input(Tensor::full({1}, 1), true),
              other = tape.input(Tensor::full({1}, 1), true);
    tape.record(probe, {x});
    const Var loss = x + x;
    tape.record(probe, {other});
    tape.backward(loss);
    CHECK(probe->backwards == 0);
    CHECK(tape.grad(x).item() == 2);
    CHECK(contains(error_of([&] { tape.grad(other); }), "does not depend"));
  }

  TEST_CASE("backward frees what was saved and the gradients of intermediate values") {
    Context ctx;
    Tape tape(ctx);
    const Var x = tape.input(random_tensor({4, 8}, 1), true);
    const Var a = relu(x), b = linear(a, tape.param(parameter({3, 8}, 2))), c = relu(b);
    tape.retain_grad(a);
    const Tensor labels = Tensor::zeros({4}, ElementType::i32);
    tape.backward(cross_entropy(c, labels));
    for (int id = 0; id < tape.size(); ++id) CHECK(tape.node(id).saved.tensors.empty());
    CHECK_FALSE(tape.node(b.id).grad.value().defined());
    CHECK(contains(error_of([&] { tape.grad(b); }), "was not kept"));
    CHECK(tape.grad(a).shape() == Shape({4, 8}));
    CHECK(tape.grad(x).shape() == Shape({4, 8}));
  }

  TEST_CASE("a released value stays available to backward") {
    Tape tape, kept;
    const Tensor data = random_tensor({4, 8}, 1), weights = random_tensor({3, 8}, 2);
    const Tensor labels = Tensor::zeros({4}, ElementType::i32);
    const auto gradient = [&](Tape& t, bool release) {
      const Var x = t.input(data, true), hidden = relu(x);
      const Var y = linear(hidden, t.input(weights));
      if (release) t.release(hidden);
      t.backward(cross_entropy(y, labels));
      if (release) CHECK(contains(error_of([&] { t.value(hidden); }), "was released"));
      return t.grad(x);
    };
    CHECK(same_bits(gradient(tape, true), gradient(kept, false)));
  }

  TEST_CASE("GradMode::off saves nothing") {
    Context ctx;
    Tape tape(ctx, GradMode::off);
    const auto probe = std::make_shared<Probe>();
    const Var y = tape.record(probe, {tape.param(parameter({1}, 1))});
    CHECK_FALSE(probe->saved_wanted);
    CHECK(tape.node(y.id).saved.tensors.empty());
    CHECK(contains(error_of([&] { tape.backward(y); }), "GradMode::off"));
  }

  TEST_CASE("backward is refused a second time, for several elements and without parameters") {
    Tape tape;
    const Var x = tape.input(random_tensor({2}, 1), true);
    CHECK(contains(error_of([&] { tape.backward(relu(x)); }), "one element, got shape [2]"));
    const Var plain = tape.input(Tensor::full({1}, 1));
    CHECK(contains(error_of([&] { tape.backward(relu(plain)); }), "nothing that requires"));
    const Var one = tape.input(Tensor::full({1}, 1), true);
    CHECK(contains(error_of([&] { tape.grad(one); }), "before backward"));
    tape.backward(relu(one));
    CHECK(contains(error_of([&] { tape.backward(relu(one)); }), "second time"));
    CHECK(contains(error_of([&] { tape.retain_grad(one); }), "after backward"));
    Tape other;
    CHECK(contains(error_of([&] { other.backward(one); }), "another tape"));
    CHECK(contains(error_of([&] { other.record(std::make_shared<ReluOp>(), {one}); }),
                   "another tape"));
    CHECK(contains(error_of([&] { Var().value(); }), "no tape"));
  }

  TEST_CASE("an op that throws leaves the tape usable before, destructible after backward") {
    Tape tape;
    const Var x = tape.input(random_tensor({1}, 1), true);
    const int nodes = tape.size();
    CHECK(contains(error_of([&] { linear(x, x); }), "linear"));
    CHECK(tape.size() == nodes);
    const Var y = tape.record(std::make_shared<Thrower>(), {relu(x)});
    CHECK(contains(error_of([&] { tape.backward(y); }), "no gradient"));
    CHECK(contains(error_of([&] { tape.backward(y); }), "second time"));
  }

  TEST_CASE("a training step reaches a steady state in the pool") {
    Context ctx(2);
    auto w = parameter({8, 3, 3, 3}, 1), v = parameter({4, 8 * 6 * 6}, 2), g = parameter({8}, 3);
    auto b = parameter({8}, 4);
    auto stats =
        std::make_shared<BatchNormStats>(BatchNormStats{Tensor::zeros({8}), Tensor::full({8}, 1)});
    const Tensor x = random_tensor({5, 12, 12, 3}, 5),
                 labels = Tensor::zeros({5}, ElementType::i32);
    Pool::Usage first{};
    for (int step = 0; step < 4; ++step) {
      for (const ParameterPtr& p : {w, v, g, b}) p->grad.clear();
      {
        Tape tape(ctx);
        Var h = conv2d(tape.input(x), tape.param(w), {3, 3, 1, 1, 1, 1, Padding2d::all(1)});
        h = relu(batch_norm(h, tape.param(g), tape.param(b), stats));
        h = max_pool2d(h, {2, 2, 2, 2, 1, 1, {}});
        tape.backward(cross_entropy(linear(flatten(h), tape.param(v)), labels));
      }
      const Pool::Usage now = ctx.pool.usage();
      if (step == 1) first = now;
      if (step > 1) {
        CHECK(now.peak == first.peak);
        CHECK(now.in_use == first.in_use);
        CHECK(now.cached == first.cached);
      }
    }
  }

  TEST_CASE("a batch norm's result is computed when it is read, or never") {
    Context ctx;
    for (const bool training : {true, false}) {
      ctx.training = training;
      Tape tape(ctx), eager(ctx);
      const Var n = normalized(tape, 1), m = normalized(eager, 1);
      CHECK(n.shape() == Shape({4, 5, 3, 24}));
      CHECK_FALSE(tape.node(n.id).value.defined());
      eager.value(m);
      const Var y = relu6(n), z = relu6(m);
      CHECK_FALSE(tape.node(n.id).value.defined());
      CHECK(tape.node(y.id).inputs == eager.node(z.id).inputs);
      CHECK(same_bits(y.value(), z.value()));
      CHECK(same_bits(n.value(), m.value()));
      tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
      eager.backward(mse_loss(z, Tensor::zeros(z.shape())));
      for (const int id : {0, 1, 2}) {
        const Tensor &g = tape.grad({&tape, id}), &e = eager.grad({&eager, id});
        CHECK(largest_error(g, {e.span<real>().begin(), e.span<real>().end()}) < 1e-5);
      }
    }
  }

  TEST_CASE("a batch norm, a sum and a clamp run as one, unless a gradient in between is wanted") {
    struct Run {
      Tensor y, kept;
      std::vector<Tensor> gradients;
    };
    const auto run = [](bool eager, bool swap, int keep) {
      Context ctx;
      ctx.training = true;
      Tape tape(ctx);
      const Var n = normalized(tape, 1), v = tape.input(random_tensor(n.shape(), 9), true);
      if (eager) n.value();
      const Var sum = swap ? v + n : n + v;
      if (eager) sum.value();
      const Var y = relu6(sum);
      CHECK(tape.node(n.id).value.defined() == eager);
      CHECK(tape.node(sum.id).value.defined() == eager);
      Run r;
      r.y = y.value();
      const Var between[] = {n, sum};
      if (keep >= 0) tape.retain_grad(between[keep]);
      CHECK(same_bits(y.value(), r.y));
      tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
      for (const int id : {0, 1, 2, v.id}) r.gradients.push_back(tape.grad({&tape, id}));
      if (keep >= 0) r.kept = tape.grad(between[keep]);
      return r;
    };
    const auto close = [](const Tensor& a, const Tensor& b) {
      return largest_error(a, {b.span<real>().begin(), b.span<real>().end()}) < 1e-5;
    };
    for (const bool swap : {false, true}) {
      for (const int keep : {-1, 0, 1}) {
        const Run expected = run(true, swap, keep), got = run(false, swap, keep);
        CHECK(same_bits(got.y, expected.y));
        for (std::size_t i = 0; i < expected.gradients.size(); ++i) {
          CHECK(close(got.gradients[i], expected.gradients[i]));
        }
        if (keep >= 0) CHECK(close(got.kept, expected.kept));
      }
    }
  }

  TEST_CASE("readers of a batch norm of every kind share its gradient") {
    // Put off, computed between the readers, and before them.
    const auto gradient = [](int when, int id, bool retain) {
      Tape tape;
      const Var n = normalized(tape, 1);
      if (when == 0) n.value();
      const Var a = relu(n);
      if (when == 1) n.value();
      const Var b = relu6(n), y = a * b + n + hard_tanh(n);
      if (retain) tape.retain_grad(n);
      tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
      return tape.grad({&tape, retain ? n.id : id});
    };
    for (const bool retain : {false, true}) {
      for (const int id : {0, 1, 2}) {
        const Tensor expected = gradient(0, id, retain);
        const auto e = expected.span<real>();
        for (const int when : {1, 2}) {
          CHECK(largest_error(gradient(when, id, retain), {e.begin(), e.end()}) < 1e-5);
        }
      }
    }
  }

  TEST_CASE("what is put off is released and freed like any value") {
    Context ctx;
    for (const GradMode mode : {GradMode::off, GradMode::on}) {
      Tape tape(ctx, mode);
      const Var n = normalized(tape, 1);
      const Var y = relu(n);
      tape.release(n);
      CHECK(contains(error_of([&] { n.value(); }), "was released"));
      CHECK(contains(error_of([&] { relu(n); }), "was released"));
      CHECK(n.shape() == y.shape());
      if (mode == GradMode::off) {
        CHECK(tape.node(n.id).saved.tensors.empty());
        CHECK(tape.node(y.id).saved.tensors.empty());
        continue;
      }
      tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
      CHECK(tape.grad({&tape, 0}).shape() == n.shape());
      for (int id = 0; id < tape.size(); ++id) CHECK(tape.node(id).saved.tensors.empty());
    }
    Tape tape(ctx);
    const Var n = normalized(tape, 1);
    tape.backward(mse_loss(relu(n), Tensor::zeros(n.shape())));
    CHECK(n.value().shape() == Shape({4, 5, 3, 24}));  // still there to be read
  }

  TEST_CASE("a sum behind a batch norm is released like any value") {
    Context ctx;
    for (const GradMode mode : {GradMode::off, GradMode::on}) {
      Tape tape(ctx, mode);
      const bool grad = mode == GradMode::on;
      const Var n = normalized(tape, 1), v = tape.input(random_tensor(n.shape(), 9), grad);
      const Var sum = n + v, y = relu(sum);
      tape.release(sum);
      CHECK(contains(error_of([&] { sum.value(); }), "was released"));
      if (grad) {
        CHECK(contains(error_of([&] { tape.retain_grad(n); }), "was released"));
        tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
        for (const Var input : {Var{&tape, 0}, v}) CHECK(tape.grad(input).shape() == n.shape());
      } else {
        CHECK(tape.node(y.id).saved.tensors.empty());
      }
      CHECK(tape.node(sum.id).saved.tensors.empty());
    }
  }

  TEST_CASE("a convolution makes the gradient of the batch norm behind it, unless others want it") {
    const Window2d window{3, 3, 1, 1, 1, 1, Padding2d::all(1)};
    enum class Reader { conv, conv_with_bias, two_batch_norms, retained };
    struct Result {
      Tensor dx, dw;
    };
    struct Observer final : TapeObserver {
      int put_off = 0;
      void begin() override {}
      void forward_done(Tape&, int) override {}
      void backward_done(Tape& tape, int id, Grads dx) override {
        put_off += tape.node(id).fused && dx[0] && dx[0]->lazy();
      }
    };
    const auto gradients = [&](Reader reader) {
      Observer observer;
      Context ctx;
      ctx.observer = &observer;
      Tape tape(ctx);
      const Var x = tape.input(random_tensor({16, 24, 24, 16}, 1), true);
      const Var w = tape.input(random_tensor({16, 3, 3, 16}, 2), true);
      const Var b = tape.input(Tensor::zeros({16}), true);
      const Var u =
          reader == Reader::conv_with_bias ? conv2d(x, w, b, window) : conv2d(x, w, window);
      const auto normalized = [&](std::uint64_t seed) {
        const Var gamma = tape.input(random_tensor({16}, seed), true);
        const Tensor zeros = Tensor::zeros({16});
        auto stats = std::make_shared<BatchNormStats>(BatchNormStats{zeros, Tensor::full({16}, 1)});
        return relu(batch_norm(u, gamma, b, std::move(stats)));
      };
      Var y = normalized(3);
      if (reader == Reader::two_batch_norms)
        y = y + normalized(4) * tape.constant(Tensor::zeros(y.shape()));
      if (reader == Reader::retained) tape.retain_grad(u);
      tape.backward(mse_loss(y, Tensor::zeros(y.shape())));
      CHECK(observer.put_off == 1);
      if (reader == Reader::retained) CHECK(tape.grad(u).shape() == u.shape());
      return Result{tape.grad(x), tape.grad(w)};
    };
    const Result made = gradients(Reader::conv);
    for (const Reader reader :
         {Reader::conv_with_bias, Reader::two_batch_norms, Reader::retained}) {
      CAPTURE(static_cast<int>(reader));
      const Result r = gradients(reader);
      const auto dx = made.dx.span<real>(), dw = made.dw.span<real>();
      CHECK(largest_error(r.dx, {dx.begin(), dx.end()}) < 1e-5);
      CHECK(largest_error(r.dw, {dw.begin(), dw.end()}) < 1e-5);
    }
  }

  TEST_CASE("the scope is recorded with each node") {
    Tape tape;
    const Var x = tape.input(random_tensor({1}, 1));
    tape.set_scope("block1.relu");
    const Var y = relu(x);
    CHECK(tape.node(x.id).scope.empty());
    CHECK(tape.node(y.id).scope == "block1.relu");
  }
}

}  // namespace octet::test
