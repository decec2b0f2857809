#include "optim/clip.h"

#include <cmath>

#include "optim/chunks.h"

namespace octet::optim {
namespace {

double sum_of_squares(const real* g, std::int64_t n) {
  constexpr int lanes = 8;  // independent sums, so that the additions overlap
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int k = 0; k < lanes; ++k) {
      const double v = static_cast<double>(g[i + k]);
      sums[k] += v * v;
    }
  }
  double total = 0;
  for (double s : sums) total += s;
  for (; i < n; ++i) total += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  return total;
}

}  // namespace

double clip_grad_norm(Context& ctx, const std::vector<ParameterPtr>& parameters, double max_norm) {
  OCTET_CHECK(max_norm > 0, "clip_grad_norm: expected max_norm > 0, got ", max_norm);
  PoolVector<Chunk> chunks(ctx.pool);
  PoolVector<real*> gradients(ctx.pool);
  for (const ParameterPtr& p : parameters) {
    if (!p->requires_grad || p->grad.empty()) continue;
    Tensor& g = p->grad.value();
    if (!g.unique()) g = g.clone(&ctx.pool);  // another gradient may have adopted the same storage
    cut(gradients.size(), g.numel(), chunks);
    gradients.push_back(g.r());
  }
  PoolVector<double> partial(chunks.size(), ctx.pool);
  const auto tasks = static_cast<std::int64_t>(chunks.size());
  ctx.threads.run(tasks, [&](std::int64_t task, int) {
    const auto t = static_cast<std::size_t>(task);
    partial[t] = sum_of_squares(gradients[chunks[t].index] + chunks[t].begin, chunks[t].size);
  });
  double sum = 0;
  for (double s : partial) sum += s;
  const double norm = std::sqrt(sum);
  const double scale = max_norm / (norm + 1e-6);
  if (!std::isfinite(norm) || scale >= 1) return norm;
  ctx.threads.run(tasks, [&](std::int64_t task, int) {
    const Chunk& c = chunks[static_cast<std::size_t>(task)];
    const real s = static_cast<real>(scale);
    real* g = gradients[c.index] + c.begin;
    for (std::int64_t i = 0; i < c.size; ++i) g[i] *= s;
  });
  return norm;
}

}  // namespace octet::optim
