// Mean over axes, summed in double in the order of the elements.
#include "core/kernels/common.h"
#include "core/kernels/mean_plan.h"
#include "core/kernels/strided_copy.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

/// Appends a dimension inside those that `offsets` runs over.
void extend(PoolVector<std::int64_t>& offsets, std::int64_t size, std::int64_t stride) {
  PoolVector<std::int64_t> next(offsets.get_allocator());
  next.reserve(offsets.size() * static_cast<std::size_t>(size));
  for (const std::int64_t base : offsets) {
    for (std::int64_t i = 0; i < size; ++i) next.push_back(base + i * stride);
  }
  offsets = std::move(next);
}

}  // namespace

MeanPlan::MeanPlan(Pool& pool, std::string_view op, const Shape& x, std::span<const int> axes,
                   bool keep_dims)
    : kept(1, 0, pool), reduced(1, 0, pool) {
  std::vector<bool> reduce(static_cast<std::size_t>(x.rank()), false);
  for (const int axis : axes) {
    const int d = axis < 0 ? axis + x.rank() : axis;
    OCTET_CHECK(d >= 1 && d < x.rank() && !reduce[static_cast<std::size_t>(d)], op,
                ": expected different axes behind the batch of ", x, ", got ", axis);
    reduce[static_cast<std::size_t>(d)] = true;
  }
  const std::vector<std::int64_t> strides = row_major_strides(x);
  int last = x.rank();  // first dimension of the trailing run of kept ones
  while (last > 1 && !reduce[static_cast<std::size_t>(last - 1)]) inner *= x[--last];
  std::vector<std::int64_t> extents{x[0]};
  for (int d = 1; d < x.rank(); ++d) {
    const auto i = static_cast<std::size_t>(d);
    sample *= x[d];
    if (!reduce[i] || keep_dims) extents.push_back(reduce[i] ? 1 : x[d]);
    if (d < last) extend(reduce[i] ? reduced : kept, x[d], strides[i]);
  }
  OCTET_CHECK(!reduced.empty(), op, ": x ", x, ": nothing to average");
  result = Shape(std::span<const std::int64_t>(extents));
}

std::string MeanOp::attributes() const {
  return "axes=" + list_text(axes) + (keep_dims ? ", keep_dims" : "");
}

Tensor MeanOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  const MeanPlan plan(ctx.pool, name(), x[0].shape(), axes, keep_dims);
  Tensor y = ctx.empty(plan.result);
  const real* px = x[0].r();
  real* py = y.r();
  const auto blocks = static_cast<std::int64_t>(plan.kept.size());
  auto scratch = ctx.pool.allocate(static_cast<std::size_t>(y.numel()) * sizeof(double));
  auto* sums = reinterpret_cast<double*>(scratch.get());
  ctx.threads.run(x[0].shape()[0] * blocks, [&](std::int64_t task, int) {
    const real* block =
        px + task / blocks * plan.sample + plan.kept[static_cast<std::size_t>(task % blocks)];
    double* sum = sums + task * plan.inner;
    std::fill_n(sum, plan.inner, 0.0);
    for (const std::int64_t offset : plan.reduced) {
      for (std::int64_t c = 0; c < plan.inner; ++c) sum[c] += double{block[offset + c]};
    }
    for (std::int64_t c = 0; c < plan.inner; ++c) {
      py[task * plan.inner + c] =
          static_cast<real>(sum[c] / static_cast<double>(plan.reduced.size()));
    }
  });
  saved.extra = x[0].shape();
  return y;
}

void MeanOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& shape = std::any_cast<const Shape&>(saved.extra);
  const MeanPlan plan(ctx.pool, name(), shape, axes, keep_dims);
  real beta;
  real* out = dx[0]->accumulate(shape, ctx, beta);
  const real* g = dy.r();
  const real share = real(1) / static_cast<real>(plan.reduced.size());
  const auto blocks = static_cast<std::int64_t>(plan.kept.size());
  ctx.threads.run(shape[0] * blocks, [&](std::int64_t task, int) {
    real* block =
        out + task / blocks * plan.sample + plan.kept[static_cast<std::size_t>(task % blocks)];
    for (const std::int64_t offset : plan.reduced) {
      for (std::int64_t c = 0; c < plan.inner; ++c) {
        const real v = share * g[task * plan.inner + c];
        block[offset + c] = beta == 0 ? v : block[offset + c] + v;
      }
    }
  });
}

Var mean(Var x, std::vector<int> axes, bool keep_dims) {
  return x.tape->record(std::make_shared<MeanOp>(std::move(axes), keep_dims), {x});
}

}  // namespace octet
