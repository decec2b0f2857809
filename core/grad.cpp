#include "core/grad.h"

#include <numeric>
#include <utility>

#include "core/kernels/common.h"

namespace octet {
namespace {

// Storage that only this gradient owns may be written; an adopted one may still be shared.
bool writable(const Tensor& t, const Shape& shape) {
  return t.defined() && t.shape() == shape && t.dtype() == ElementType::real && t.unique();
}

void add_to(Context& ctx, const Tensor& a, const Tensor& b, Tensor& out) {
  const real* pa = a.r();
  const real* pb = b.r();
  real* po = out.r();
  for_blocks(ctx, out.numel(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) po[i] = pa[i] + pb[i];
  });
}

}  // namespace

Tensor make_all(Context& ctx, LazyGradient& gradient) {
  Tensor all = writable_gradient(ctx, gradient.source());
  real* const out = all.r();
  const std::int64_t n = all.numel(), row = std::max<std::int64_t>(all.shape()[-1], 1);
  constexpr std::int64_t about = 32 * 1024;
  const std::int64_t whole = std::lcm(row, std::int64_t{8});
  const std::int64_t tile = std::max<std::int64_t>(about / whole, 1) * whole;
  gradient.begin(ceil_div(n, tile));
  for_blocks(
      ctx, n,
      [&](std::int64_t begin, std::int64_t end) {
        gradient.make(begin / tile, begin, end - begin, out + begin);
      },
      tile);
  return all;
}

void Grad::defer(std::shared_ptr<LazyGradient> gradient) {
  OCTET_CHECK(empty_, "gradient: put off behind other contributions");
  deferred_ = std::move(gradient);
  empty_ = false;
}

void Grad::finish(Context& ctx) {
  if (!deferred_) return;
  const std::shared_ptr<LazyGradient> gradient = std::exchange(deferred_, nullptr);
  empty_ = true;
  add(make_all(ctx, *gradient), ctx);
}

void Grad::add(Tensor g, Context& ctx) {
  OCTET_CHECK(g.defined() && g.dtype() == ElementType::real, "gradient: expected ",
              dtype_name(ElementType::real), " values, got ",
              g.defined() ? dtype_name(g.dtype()) : "an undefined tensor");
  finish(ctx);
  if (empty_) {
    if (writable(value_, g.shape()))
      value_.copy_from(g);
    else
      value_ = std::move(g);
    empty_ = false;
    return;
  }
  OCTET_CHECK(g.shape() == value_.shape(), "gradient: expected shape ", value_.shape(), ", got ",
              g.shape());
  if (value_.unique()) {
    add_to(ctx, value_, g, value_);
  } else {
    Tensor sum = ctx.empty(value_.shape());
    add_to(ctx, value_, g, sum);
    value_ = std::move(sum);
  }
}

real* Grad::accumulate(const Shape& shape, Context& ctx, real& beta) {
  finish(ctx);
  beta = empty_ ? real(0) : real(1);
  if (empty_) {
    if (!writable(value_, shape)) value_ = ctx.empty(shape);
    empty_ = false;
  } else {
    OCTET_CHECK(shape == value_.shape(), "gradient: expected shape ", value_.shape(), ", got ",
                shape);
    if (!value_.unique()) value_ = value_.clone(&ctx.pool);
  }
  return value_.r();
}

real* Grad::overwrite(const Tensor& storage, const Shape& shape) {
  if (!empty_ || value_.defined()) return nullptr;
  value_ = storage.reshape(shape);
  empty_ = false;
  return value_.r();
}

Tensor writable_gradient(Context& ctx, const Tensor& dy) {
  return dy.unique() ? dy : ctx.empty(dy.shape());
}

}  // namespace octet
