#include "optim/sum_gradients.h"

#include <algorithm>
#include <utility>

#include "core/communicator.h"

namespace octet::optim {

void sum_gradients(Context& ctx, const std::vector<ParameterPtr>& parameters) {
  if (!ctx.communicator) return;
  std::vector<Parameter*> trained;
  std::int64_t values = 0;
  for (const ParameterPtr& p : parameters) {
    if (!p->requires_grad) continue;
    trained.push_back(p.get());
    values += p->value.numel();
  }
  // The gradients, and of each whether there is one.
  Tensor all = ctx.zeros({values + static_cast<std::int64_t>(trained.size())});
  real* const there = all.r() + values;
  real* at = all.r();
  for (std::size_t i = 0; i < trained.size(); ++i) {
    Grad& grad = trained[i]->grad;
    if (!grad.empty()) {
      grad.finish(ctx);
      std::ranges::copy(std::as_const(grad).value().span<real>(), at);
      there[i] = 1;
    }
    at += trained[i]->value.numel();
  }
  ctx.communicator->sum(all.span<real>());
  at = all.r();
  for (std::size_t i = 0; i < trained.size(); ++i) {
    Parameter& p = *trained[i];
    const std::int64_t count = p.value.numel();
    if (there[i] > 0) {
      p.grad.clear();
      real beta = 0;
      std::copy_n(at, count, p.grad.accumulate(p.value.shape(), ctx, beta));
    }
    at += count;
  }
}

}  // namespace octet::optim
