#include "core/ops/huber.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "core/kernels/elementwise_loss.h"

namespace octet {

HuberOp::HuberOp(double d) : delta(d) {
  OCTET_CHECK(std::isfinite(d) && d > 0, "huber: expected a finite delta > 0, got ", d);
}

std::string HuberOp::attributes() const {
  return text_of("delta=", delta);
}

Tensor HuberOp::forward(Context& ctx, In x, Saved& saved) const {
  return mean_of(ctx, name(), x, saved, [d = delta](double v, double t) {
    const double off = std::fabs(v - t);
    return off <= d ? off * off / 2 : d * (off - d / 2);
  });
}

void HuberOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto d = static_cast<real>(delta);
  add_slopes(ctx, saved, dy, dx, [d](real v, real t) { return std::clamp(v - t, -d, d); });
}

Var huber_loss(Var x, const Tensor& targets, double delta) {
  return x.tape->record(std::make_shared<HuberOp>(delta), {x, x.tape->input(targets)});
}

}  // namespace octet
