// Mean, sum, maximum and minimum over axes; sums in double in the order of the elements.
#include "core/ops/reduction_ops.h"

#include <numeric>

#include "core/kernels/common.h"
#include "core/kernels/reduction_plan.h"
#include "core/kernels/strided_copy.h"

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

/// f(first element in x, first output) for every run of plan.inner outputs, from several threads.
template <class F>
void for_outputs(Context& ctx, const ReductionPlan& plan, const F& f) {
  const auto blocks = static_cast<std::int64_t>(plan.kept.size());
  const auto work = static_cast<std::int64_t>(plan.reduced.size()) * plan.inner;
  for_items(ctx, plan.samples * blocks, work, [&](std::int64_t item) {
    f(item / blocks * plan.sample + plan.kept[static_cast<std::size_t>(item % blocks)],
      item * plan.inner);
  });
}

/// Sums divided by `count`.
Tensor sums(Context& ctx, const ReductionPlan& plan, const Tensor& x, double count) {
  Tensor y = ctx.empty(plan.result);
  const real* px = x.r();
  real* py = y.r();
  const auto room = ctx.pool.allocate(static_cast<std::size_t>(y.numel()) * sizeof(double));
  auto* sums = reinterpret_cast<double*>(room.get());
  for_outputs(ctx, plan, [&](std::int64_t from, std::int64_t to) {
    if (plan.inner == 1) {  // one sum, which stays in a register
      double sum = 0;
      for (const std::int64_t offset : plan.reduced) sum += double{px[from + offset]};
      py[to] = static_cast<real>(sum / count);
      return;
    }
    double* sum = sums + to;
    std::fill_n(sum, plan.inner, 0.0);
    for (const std::int64_t offset : plan.reduced) {
      const real* row = px + from + offset;
      for (std::int64_t c = 0; c < plan.inner; ++c) sum[c] += double{row[c]};
    }
    for (std::int64_t c = 0; c < plan.inner; ++c) py[to + c] = static_cast<real>(sum[c] / count);
  });
  return y;
}

/// dx += share dy for each element.
void spread(Context& ctx, const ReductionPlan& plan, const Shape& x, const Tensor& dy, real share,
            Grad& dx) {
  real beta;
  real* out = dx.accumulate(x, ctx, beta);
  const real* g = dy.r();
  for_outputs(ctx, plan, [&](std::int64_t from, std::int64_t to) {
    for (const std::int64_t offset : plan.reduced) {
      real* row = out + from + offset;
      for (std::int64_t c = 0; c < plan.inner; ++c) {
        const real v = share * g[to + c];
        row[c] = beta == 0 ? v : row[c] + v;
      }
    }
  });
}

/// `wins(a, b)`: b replaces a.
template <class F>
Tensor extremes(Context& ctx, const ReductionOp& op, In x, Saved& saved, const F& wins) {
  check_inputs(op.name(), x.size(), 1, 1);
  check_real(op.name(), "x", x[0]);
  const ReductionPlan plan(ctx.pool, op.name(), x[0].shape(), op.axes, op.keep_dims);
  Tensor y = ctx.empty(plan.result);
  const real* px = x[0].r();
  real* py = y.r();
  for_outputs(ctx, plan, [&](std::int64_t from, std::int64_t to) {
    std::copy_n(px + from + plan.reduced[0], plan.inner, py + to);
    for (std::size_t r = 1; r < plan.reduced.size(); ++r) {
      const real* row = px + from + plan.reduced[r];
      for (std::int64_t c = 0; c < plan.inner; ++c) {
        const real v = row[c], best = py[to + c];
        py[to + c] = wins(best, v) || v != v ? v : best;
      }
    }
  });
  if (saved.wanted) saved.tensors = {x[0], y};
  return y;
}

void extremes_backward(Context& ctx, const ReductionOp& op, const Saved& saved, const Tensor& dy,
                       Grads dx) {
  if (!dx[0]) return;
  const Tensor &x = saved.tensors[0], &y = saved.tensors[1];
  const ReductionPlan plan(ctx.pool, op.name(), x.shape(), op.axes, op.keep_dims);
  real beta;
  real* out = dx[0]->accumulate(x.shape(), ctx, beta);
  const real *px = x.r(), *py = y.r(), *g = dy.r();
  const Scratch counts(ctx, y.numel());
  for_outputs(ctx, plan, [&](std::int64_t from, std::int64_t to) {
    real* count = counts.get() + to;
    std::fill_n(count, plan.inner, real(0));
    for (const std::int64_t offset : plan.reduced) {
      const real* row = px + from + offset;
      for (std::int64_t c = 0; c < plan.inner; ++c) count[c] += row[c] == py[to + c] ? 1 : 0;
    }
    for (const std::int64_t offset : plan.reduced) {
      const real* row = px + from + offset;
      real* d = out + from + offset;
      for (std::int64_t c = 0; c < plan.inner; ++c) {
        const real v = row[c] == py[to + c] ? g[to + c] / count[c] : real(0);
        d[c] = beta == 0 ? v : d[c] + v;
      }
    }
  });
}

}  // namespace

ReductionPlan::ReductionPlan(Pool& pool, std::string_view op, const Shape& x,
                             std::span<const int> axes, bool keep_dims)
    : kept(1, 0, pool), reduced(1, 0, pool) {
  std::vector<bool> reduce(static_cast<std::size_t>(x.rank()), false);
  for (const int axis : axes) {
    const int d = axis_from_front(axis, x.rank());
    OCTET_CHECK(d >= 0 && d < x.rank() && !reduce[static_cast<std::size_t>(d)], op,
                ": expected different axes of ", x, ", got ", axis);
    reduce[static_cast<std::size_t>(d)] = true;
  }
  const bool batch = x.rank() > 0 && !reduce[0];  // stays
  const std::vector<std::int64_t> strides = row_major_strides(x);
  int last = x.rank();  // first dimension of the trailing run of kept ones
  while (last > 1 && !reduce[static_cast<std::size_t>(last - 1)]) inner *= x[--last];
  std::vector<std::int64_t> extents;
  for (int d = 0; d < x.rank(); ++d) {
    const auto i = static_cast<std::size_t>(d);
    if (!reduce[i] || keep_dims) extents.push_back(reduce[i] ? 1 : x[d]);
    if (d == 0 && batch) {
      samples = x[d];
      continue;
    }
    sample *= x[d];
    if (d < last) extend(reduce[i] ? reduced : kept, x[d], strides[i]);
  }
  OCTET_CHECK(!reduced.empty(), op, ": x ", x, ": nothing to reduce");
  result = Shape(std::span<const std::int64_t>(extents));
}

std::string ReductionOp::attributes() const {
  return "axes=" + list_text(axes) + (keep_dims ? ", keep_dims" : "");
}

Tensor MeanOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  const ReductionPlan plan(ctx.pool, name(), x[0].shape(), axes, keep_dims);
  saved.extra = x[0].shape();
  return sums(ctx, plan, x[0], static_cast<double>(plan.reduced.size()));
}

void MeanOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& shape = std::any_cast<const Shape&>(saved.extra);
  const ReductionPlan plan(ctx.pool, name(), shape, axes, keep_dims);
  spread(ctx, plan, shape, dy, real(1) / static_cast<real>(plan.reduced.size()), *dx[0]);
}

Tensor SumOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 1, 1);
  check_real(name(), "x", x[0]);
  const ReductionPlan plan(ctx.pool, name(), x[0].shape(), axes, keep_dims);
  saved.extra = x[0].shape();
  return sums(ctx, plan, x[0], 1);
}

void SumOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& shape = std::any_cast<const Shape&>(saved.extra);
  spread(ctx, ReductionPlan(ctx.pool, name(), shape, axes, keep_dims), shape, dy, 1, *dx[0]);
}

Tensor ReduceMaxOp::forward(Context& ctx, In x, Saved& saved) const {
  return extremes(ctx, *this, x, saved, [](real best, real v) { return v > best; });
}

void ReduceMaxOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  extremes_backward(ctx, *this, saved, dy, dx);
}

Tensor ReduceMinOp::forward(Context& ctx, In x, Saved& saved) const {
  return extremes(ctx, *this, x, saved, [](real best, real v) { return v < best; });
}

void ReduceMinOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  extremes_backward(ctx, *this, saved, dy, dx);
}

Var mean(Var x, std::vector<int> axes, bool keep_dims) {
  return x.tape->record(std::make_shared<MeanOp>(std::move(axes), keep_dims), {x});
}

Var sum(Var x, std::vector<int> axes, bool keep_dims) {
  return x.tape->record(std::make_shared<SumOp>(std::move(axes), keep_dims), {x});
}

Var reduce_max(Var x, std::vector<int> axes, bool keep_dims) {
  return x.tape->record(std::make_shared<ReduceMaxOp>(std::move(axes), keep_dims), {x});
}

Var reduce_min(Var x, std::vector<int> axes, bool keep_dims) {
  return x.tape->record(std::make_shared<ReduceMinOp>(std::move(axes), keep_dims), {x});
}

Var global_max_pool(Var x) {
  const int rank = x.shape().rank();
  OCTET_CHECK(rank >= 3, "global_max_pool: x: expected [N, ..., C], got ", x.shape());
  std::vector<int> axes(static_cast<std::size_t>(rank - 2));
  std::iota(axes.begin(), axes.end(), 1);
  return reduce_max(x, std::move(axes), true);
}

}  // namespace octet
