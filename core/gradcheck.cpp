#include "core/gradcheck.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "core/random.h"

namespace octet {
namespace {

// sum_i r_i (y_i + y_i^2 / 2), r uniform in [0.5, 1.5) with random signs.
struct Projection final : Op {
  std::uint64_t seed;
  explicit Projection(std::uint64_t s) : seed(s) {}
  std::string_view name() const override { return "gradcheck_projection"; }

  double weight(std::int64_t i) const {
    Random random(seed, 0, 2 * static_cast<std::uint64_t>(i));
    const double size = 0.5 + random.uniform();
    return random.next_u64() & 1 ? size : -size;
  }

  Tensor forward(Context& ctx, In x, Saved& saved) const override {
    double sum = 0;
    for (std::int64_t i = 0; i < x[0].numel(); ++i) {
      const double y = x[0].r()[i];
      sum += weight(i) * (y + y * y / 2);
    }
    saved.tensors = {x[0]};
    Tensor loss = ctx.empty({1});
    loss.fill(static_cast<real>(sum));
    return loss;
  }

  void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override {
    if (!dx[0]) return;
    const Tensor& y = saved.tensors[0];
    real beta;
    real* out = dx[0]->accumulate(y.shape(), ctx, beta);
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const double g = double{dy.item()} * weight(i) * (1 + double{y.r()[i]});
      out[i] = static_cast<real>(beta == 0 ? g : double{out[i]} + g);
    }
  }
};

// The elements of an input to check: all, or a seeded sample in increasing order.
std::vector<std::int64_t> elements(std::int64_t n, const GradCheckOptions& options) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  if (n <= options.most) return all;
  Random(options.seed, 1).shuffle(std::span<std::int64_t>(all));
  all.resize(static_cast<std::size_t>(options.most));
  std::ranges::sort(all);
  return all;
}

}  // namespace

GradCheckResult check_gradients(Context& ctx, const TapeFunction& f,
                                const std::vector<Tensor>& inputs,
                                const GradCheckOptions& options) {
  std::vector<Tensor> x;
  for (const Tensor& t : inputs) x.push_back(t.clone());
  const auto projection = std::make_shared<Projection>(options.seed);
  const auto record = [&](Tape& tape, std::vector<Var>& vars) {
    for (const Tensor& t : x) vars.push_back(tape.input(t, t.dtype() == ElementType::real));
    return tape.record(projection, {f(tape, vars)});
  };
  const auto loss_at = [&] {
    Tape tape(ctx, GradMode::off);
    std::vector<Var> vars;
    return double{record(tape, vars).value().item()};
  };

  Tape tape(ctx);
  std::vector<Var> vars;
  tape.backward(record(tape, vars));

  GradCheckResult result;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (x[k].dtype() != ElementType::real) continue;
    const Tensor gradient = tape.grad(vars[k]).clone();
    double largest = 0;
    for (real g : gradient.span<real>()) largest = std::max(largest, std::fabs(double{g}));
    for (std::int64_t i : elements(x[k].numel(), options)) {
      real& at = x[k].r()[i];
      const real old = at;
      const double step = options.step * std::max(1.0, std::fabs(double{old}));
      at = static_cast<real>(double{old} + step);
      const double up = double{at}, loss_up = loss_at();
      at = static_cast<real>(double{old} - step);
      const double down = double{at}, loss_down = loss_at();
      at = old;
      const double numeric = (loss_up - loss_down) / (up - down), g = gradient.r()[i];
      const double scale = std::max({std::fabs(g), std::fabs(numeric), largest / 10, 1e-3});
      const double error = std::fabs(g - numeric) / scale;
      ++result.checked;
      if (!(error <= result.worst)) {  // NaN is the worst of all
        result.worst = std::isnan(error) ? INFINITY : error;
        std::ostringstream where;
        where << "input " << k << " [" << i << "]: backward " << g << ", numeric " << numeric;
        result.where = where.str();
      }
    }
  }
  return result;
}

}  // namespace octet
