// What every float op is tested for: gradients in double, the same bits at any number of threads.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "core/gradcheck.h"
#include "core/ops/ops.h"
#include "tests/core/naive.h"

namespace octet::test {

/// Backward against differences, the function used once and twice (so that overwriting instead of
/// adding is found). For the double build.
inline void check_gradient(const char* what, const std::vector<Tensor>& inputs,
                           const std::function<Var(std::span<const Var>)>& record,
                           bool training = true) {
  Context ctx;
  ctx.training = training;
  CAPTURE(what);
  for (int uses : {1, 2}) {
    CAPTURE(uses);
    const GradCheckResult r = check_gradients(
        ctx,
        [&](Tape&, std::span<const Var> v) {
          return uses == 1 ? record(v) : record(v) + record(v);
        },
        inputs);
    CAPTURE(r.where);
    CHECK(r.checked > 0);
    CHECK(r.worst < 1e-6);
  }
}

/// Value and gradients of all inputs, at a number of threads.
inline std::vector<Tensor> run_on_threads(int threads, const std::vector<Tensor>& inputs,
                                          const std::function<Var(std::span<const Var>)>& record) {
  Context ctx(threads);
  Tape tape(ctx);
  std::vector<Var> v;
  for (const Tensor& t : inputs) v.push_back(tape.input(t, true));
  const Var y = record(v);
  std::vector<Tensor> results{y.value()};
  const std::int64_t n = y.shape()[0], k = y.value().numel() / n;
  const std::vector<std::int32_t> labels(static_cast<std::size_t>(n), 1);
  tape.backward(cross_entropy(linear(reshape(y, {k}), tape.constant(random_tensor({3, k}, 99))),
                              Tensor::from<std::int32_t>({n}, labels)));
  for (Var x : v) results.push_back(tape.grad(x));
  return results;
}

inline void check_threads(const char* what, const std::vector<Tensor>& inputs,
                          const std::function<Var(std::span<const Var>)>& record) {
  CAPTURE(what);
  const std::vector<Tensor> expected = run_on_threads(1, inputs, record);
  for (int threads : {2, 5}) {
    CAPTURE(threads);
    const std::vector<Tensor> got = run_on_threads(threads, inputs, record);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(same_bits(got[i], expected[i]));
  }
}

/// An op on fixed inputs, for the tests that treat all alike.
struct OpCase {
  const char* name;
  std::vector<Tensor> inputs;
  std::function<Var(std::span<const Var>)> record;
};

/// Of each case: the same bits at any number of threads; in the double build gradients.
inline void check_cases(const std::vector<OpCase>& cases) {
  for (const OpCase& c : cases) {
    check_threads(c.name, c.inputs, c.record);
    if (sizeof(real) == 8) check_gradient(c.name, c.inputs, c.record);
  }
}

/// 0, 1, 2, ...
inline Tensor counting(const Shape& shape) {
  Tensor t = Tensor::empty(shape);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.r()[i] = static_cast<real>(i);
  return t;
}

}  // namespace octet::test
