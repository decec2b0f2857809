// Functions that are made of several ops.
#include <cmath>
#include <limits>
#include <numeric>

#include "core/ops/ops.h"

namespace octet {
namespace {

/// f over the last dimension, for another one: between transposes that exchange them.
template <class F>
Var over_axis(Var x, int axis, std::string_view op, const F& f) {
  const int rank = x.shape().rank(), d = axis < 0 ? axis + rank : axis;
  OCTET_CHECK(d >= 0 && d < rank, op, ": expected an axis of ", x.shape(), ", got ", axis);
  if (d == rank - 1) return f(x);
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[static_cast<std::size_t>(d)], order.back());
  return transpose(f(transpose(x, order)), order);
}

}  // namespace

Var softmax(Var x, int axis) {
  return over_axis(x, axis, "softmax", [](Var v) { return softmax(v); });
}

Var log_softmax(Var x, int axis) {
  return over_axis(x, axis, "log_softmax", [](Var v) { return log_softmax(v); });
}

Var clip(Var x, real low, real high) {
  OCTET_CHECK(low <= high, "clip: expected low <= high, got ", low, " and ", high);
  if (low == 0 && high == 6) return relu6(x);
  if (low == -1 && high == 1) return hard_tanh(x);
  if (low == 0) {
    x = relu(x);
  } else if (low > -std::numeric_limits<real>::infinity()) {
    x = maximum(x, low);
  }
  return high < std::numeric_limits<real>::infinity() ? minimum(x, high) : x;
}

Var elu(Var x, real alpha) {
  return alpha == 1 ? elu(x) : relu(x) + (elu(x) - relu(x)) * alpha;
}

Var hard_sigmoid(Var x, real alpha, real beta) {
  if (beta == real(0.5) && std::fabs(alpha - real(1.0 / 6)) < real(1e-6)) return hard_sigmoid(x);
  return clip(x * alpha + beta, 0, 1);
}

Var pow(Var x, real exponent) {
  if (exponent == 1) return x;
  if (exponent == 2) return x * x;
  if (exponent == 3) return x * x * x;
  if (exponent == 4) return pow(x * x, 2);
  if (exponent == real(0.5)) return sqrt(x);
  if (exponent == real(-0.5)) return rsqrt(x);
  if (exponent == -1) return reciprocal(x);
  return x.tape->record(std::make_shared<PowerOp>(exponent), {x});
}

}  // namespace octet
