// Batch normalization over the last dimension. Statistics are summed in double over blocks of rows
// of fixed size, and the blocks are added in order.
#include <cmath>
#include <sstream>

#include "core/kernels/batch_sums.h"
#include "core/kernels/channel_passes.h"
#include "core/kernels/channel_sums.h"
#include "core/kernels/common.h"
#include "core/kernels/prefetch.h"
#include "core/kernels/wide_rows.h"
#include "core/ops/ops.h"

namespace octet {
namespace {

struct Extent {
  std::int64_t rows, channels;
  std::int64_t block() const { return std::max<std::int64_t>(16, 32768 / channels); }
  std::int64_t blocks() const { return ceil_div(rows, block()); }
};

Extent extent_of(const Tensor& x) {
  const std::int64_t channels = x.shape()[-1];
  return {x.numel() / channels, channels};
}

// What the result and backward need besides x and gamma.
struct BatchNormSaved {
  PoolVector<double> mean, inverse_std;
  PoolVector<real> scale, shift;  // y = scale x + shift, for wide rows
  double rows = 0;                // of the whole batch
  bool training = false;
};
using SavedPtr = std::shared_ptr<const BatchNormSaved>;

const BatchNormSaved& saved_of(const Saved& saved) {
  return *std::any_cast<const SavedPtr&>(saved.extra);
}

// Behind x and gamma: what an addition behind the batch norm adds.
bool adds(const Saved& saved) {
  return saved.tensors.size() > 2;
}
const Tensor& added(const Saved& saved) {
  return saved.tensors[2];
}

// Calls f(first value, number of values) for the rows of each block, on ctx.threads.
template <class F>
void for_row_blocks(Context& ctx, const Extent& e, const F& f) {
  for_blocks(
      ctx, e.rows,
      [&](std::int64_t begin, std::int64_t end) {
        f(begin * e.channels, (end - begin) * e.channels);
      },
      e.block());
}

// Two sums per channel: f(pass, at) adds those of the pass's values, from value `at` on.
template <class F>
void channel_sums(Context& ctx, const Extent& e, PoolVector<double>& a, PoolVector<double>& b,
                  const F& f) {
  ChannelSums sums(ctx.pool, e.channels, e.blocks());
  const std::int64_t call = sums.wide.rows_per_call() * e.channels;
  for_row_blocks(ctx, e, [&](std::int64_t begin, std::int64_t n) {
    const std::int64_t block = begin / e.channels / e.block();
    for (std::int64_t at = 0; at < n; at += call) {
      ChannelSumsPass pass{};
      pass.n = std::min(call, n - at);
      pass.width = sums.wide.width;
      pass.a = sums.a(block);
      pass.b = sums.b(block);
      f(pass, begin + at);
    }
  });
  a.resize(static_cast<std::size_t>(e.channels));
  b.resize(a.size());
  sums.total(a, b);
}

// Batch mean and biased variance into `mean` and `var`; moves the running ones. Returns the number
// of rows.
double batch_statistics(Context& ctx, const Extent& e, const Tensor& x, real momentum,
                        BatchNormStats& running, PoolVector<double>& mean,
                        PoolVector<double>& var) {
  const real* px = x.r();
  channel_sums(ctx, e, mean, var, [&](ChannelSumsPass& pass, std::int64_t at) {
    pass.x = px + at;
    moments_pass(ctx.isa, pass);
  });
  const double n = batch_sums(ctx, mean, var, static_cast<double>(e.rows));
  OCTET_CHECK(n > 1, "batch_norm: x: training needs more than one value a channel, got ",
              x.shape());
  for (std::size_t c = 0; c < mean.size(); ++c) {
    mean[c] /= n;
    var[c] = std::max(var[c] / n - mean[c] * mean[c], 0.0);
    running.update(c, mean[c], var[c], n, momentum);
  }
  return n;
}

Tensor normalize(Context& ctx, const Saved& saved, Clamp clamp) {
  const BatchNormSaved& s = saved_of(saved);
  const Tensor& x = saved.tensors[0];
  const real* px = x.r();
  const real* plus = adds(saved) ? added(saved).r() : nullptr;
  Tensor y = ctx.empty(x.shape());
  real* py = y.r();
  for_row_blocks(ctx, extent_of(x), [&](std::int64_t at, std::int64_t n) {
    affine_pass(ctx.isa,
                {px + at, n, static_cast<std::int64_t>(s.scale.size()), s.scale.data(),
                 s.shift.data(), plus ? plus + at : nullptr, py + at},
                clamp);
  });
  return y;
}

// dx = a g + b x + d with g = dy where the clamp passes; made where it is read.
class NormalizedGradient final : public LazyGradient {
 public:
  NormalizedGradient(Isa isa, SavedPtr saved, Clamp clamp, Tensor x, Tensor dy, PoolVector<real> a,
                     PoolVector<real> b, PoolVector<real> d)
      : isa_(isa),
        saved_(std::move(saved)),
        clamp_(clamp),
        x_(std::move(x)),
        dy_(std::move(dy)),
        a_(std::move(a)),
        b_(std::move(b)),
        d_(std::move(d)) {}
  void make(std::int64_t, std::int64_t first, std::int64_t count, real* out) noexcept override {
    write(first, count, 0, out);
  }
  void add_inputs(std::int64_t first, std::int64_t count,
                  Prefetch& prefetch) const noexcept override {
    prefetch.add(dy_.r() + first, count);
    prefetch.add(x_.r() + first, count);
  }
  const Tensor& source() const override { return dy_; }
  void write(std::int64_t first, std::int64_t count, real beta, real* out) const noexcept {
    const BatchNormSaved& s = *saved_;
    batch_norm_grad_pass(
        isa_,
        {x_.r() + first, dy_.r() + first, count, static_cast<std::int64_t>(a_.size()),
         s.scale.data(), s.shift.data(), a_.data(), b_.data(), d_.data(), beta, out},
        clamp_);
  }

 private:
  Isa isa_;
  SavedPtr saved_;
  Clamp clamp_;
  Tensor x_, dy_;
  PoolVector<real> a_, b_, d_;  // for wide rows
};

// With g = dy where the clamp passes, u = (x - mean) / std and n rows: dbeta = sum g,
// dgamma = sum g u, and dx = gamma / std (g - dbeta / n - u dgamma / n), without the last two terms
// where the statistics are constants. What was added gets g itself, which then is made here.
void normalize_backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx, Clamp clamp) {
  const BatchNormSaved& s = saved_of(saved);
  const Tensor& x = saved.tensors[0];
  const Extent e = extent_of(x);
  const WideRows wide(e.channels);
  const real* px = x.r();
  PoolVector<double> dbeta(ctx.pool), dgamma(ctx.pool);
  const bool makes_g = adds(saved) && clamp != Clamp::none;
  Tensor g = makes_g ? writable_gradient(ctx, dy) : dy;
  if (makes_g || s.training || dx[1] || dx[2]) {
    const real* plus = makes_g ? added(saved).r() : nullptr;
    const real* pdy = dy.r();
    real* pg = makes_g ? g.r() : nullptr;
    channel_sums(ctx, e, dbeta, dgamma, [&](ChannelSumsPass& pass, std::int64_t at) {
      pass.x = px + at;
      pass.dy = pdy + at;
      pass.scale = s.scale.data();
      pass.shift = s.shift.data();
      if (!makes_g) {
        gradient_sums_pass(ctx.isa, pass, clamp);
        return;
      }
      pass.plus = plus + at;
      pass.g = pg + at;
      sum_gradient_pass(ctx.isa, pass, clamp);
    });
    for (std::size_t c = 0; c < dgamma.size(); ++c) {
      dgamma[c] = (dgamma[c] - s.mean[c] * dbeta[c]) * s.inverse_std[c];
    }
  }
  if (makes_g) clamp = Clamp::none;
  if (adds(saved) && dx[3]) dx[3]->add(g, ctx);
  real beta;
  const auto add = [&](Grad* to, const PoolVector<double>& value) {
    if (!to) return;
    real* out = to->accumulate({e.channels}, ctx, beta);
    for (std::size_t c = 0; c < value.size(); ++c) {
      out[c] = static_cast<real>(beta == 0 ? value[c] : double{out[c]} + value[c]);
    }
  };
  PoolVector<double> batch_dbeta(dbeta), batch_dgamma(dgamma);
  if (s.training) batch_sums(ctx, batch_dbeta, batch_dgamma, 0);
  if (dx[0]) {
    PoolVector<real> a(static_cast<std::size_t>(e.channels), ctx.pool), b(a), d(a);
    for (std::size_t c = 0; c < a.size(); ++c) {
      const double f = double{saved.tensors[1].r()[c]} * s.inverse_std[c];
      const double slope = s.training ? -f * s.inverse_std[c] * batch_dgamma[c] / s.rows : 0;
      a[c] = static_cast<real>(f);
      b[c] = static_cast<real>(slope);
      d[c] = static_cast<real>(s.training ? -f * batch_dbeta[c] / s.rows - slope * s.mean[c] : 0);
    }
    const auto repeated = [&](const PoolVector<real>& v) {
      return wide.repeated(ctx.pool, std::span<const real>(v));
    };
    auto gradient = std::make_shared<NormalizedGradient>(
        ctx.isa, std::any_cast<const SavedPtr&>(saved.extra), clamp, x, std::move(g), repeated(a),
        repeated(b), repeated(d));
    if (dx[0]->empty()) {
      dx[0]->defer(std::move(gradient));
    } else {
      real* const out = dx[0]->accumulate(x.shape(), ctx, beta);
      for_row_blocks(ctx, e, [&](std::int64_t at, std::int64_t count) {
        gradient->write(at, count, beta, out + at);
      });
    }
  }
  add(dx[1], dgamma);
  add(dx[2], dbeta);
}

Clamp clamp_of(const Op& op) {
  if (dynamic_cast<const ReluOp*>(&op)) return Clamp::relu;
  if (dynamic_cast<const Relu6Op*>(&op)) return Clamp::relu6;
  if (dynamic_cast<const HardTanhOp*>(&op)) return Clamp::hard_tanh;
  return Clamp::none;
}

// Batch norm and behind it an addition, a clamp or both.
struct BatchNormThenOp final : DeferredOp {
  Clamp clamp;
  explicit BatchNormThenOp(Clamp c) : clamp(c) {}
  std::string_view name() const override { return "batch_norm_then"; }
  Shape prepare(Context&, In, Saved&) const override {
    fail("batch_norm_then: goes on from what a batch norm has prepared");
  }
  Tensor finish(Context& ctx, const Saved& saved) const override {
    return normalize(ctx, saved, clamp);
  }
  void backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const override {
    normalize_backward(ctx, saved, dy, dx, clamp);
  }
  std::shared_ptr<const DeferredOp> followed_by(const Op& reader, const Shape&,
                                                const Shape* other) const override {
    const Clamp next = other ? Clamp::none : clamp_of(reader);
    if (clamp != Clamp::none || next == Clamp::none) return nullptr;
    return std::make_shared<BatchNormThenOp>(next);
  }
};

}  // namespace

void BatchNormStats::update(std::size_t c, double batch_mean, double batch_var, double n,
                            double momentum) {
  real& m = mean.r()[c];
  real& v = var.r()[c];
  m = static_cast<real>((1 - momentum) * double{m} + momentum * batch_mean);
  v = static_cast<real>((1 - momentum) * double{v} + momentum * batch_var * n / (n - 1));
}

std::string BatchNormOp::attributes() const {
  std::ostringstream s;
  s << "eps=" << eps << ", momentum=" << momentum;
  return s.str();
}

Shape BatchNormOp::prepare(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 3, 3);
  check_real(name(), "x", x[0]);
  const Shape& in = x[0].shape();
  OCTET_CHECK(in.rank() >= 1 && in[-1] >= 1, "batch_norm: x: expected [..., C], got ", in);
  const Shape per_channel{in[-1]};
  check_shape(name(), "gamma", x[1], per_channel);
  check_shape(name(), "beta", x[2], per_channel);
  OCTET_CHECK(stats, "batch_norm: expected running statistics, got none");
  check_shape(name(), "running mean", stats->mean, per_channel);
  check_shape(name(), "running variance", stats->var, per_channel);
  OCTET_CHECK(eps > 0, "batch_norm: eps: expected > 0, got ", eps);

  const Extent e = extent_of(x[0]);
  const WideRows wide(e.channels);
  const auto channels = static_cast<std::size_t>(e.channels);
  PoolVector<double> mean(channels, ctx.pool), inverse_std(mean);
  double rows = 0;
  if (ctx.training) {
    rows = batch_statistics(ctx, e, x[0], momentum, *stats, mean, inverse_std);
  } else {
    std::copy_n(stats->mean.r(), channels, mean.begin());
    std::copy_n(stats->var.r(), channels, inverse_std.begin());
  }
  PoolVector<real> scale(channels, ctx.pool), shift(scale);
  for (std::size_t c = 0; c < channels; ++c) {
    inverse_std[c] = 1 / std::sqrt(inverse_std[c] + double{eps});
    const double f = double{x[1].r()[c]} * inverse_std[c];
    scale[c] = static_cast<real>(f);
    shift[c] = static_cast<real>(double{x[2].r()[c]} - mean[c] * f);
  }
  saved.tensors = {x[0], x[1]};
  saved.extra = SavedPtr(std::make_shared<BatchNormSaved>(
      BatchNormSaved{std::move(mean), std::move(inverse_std),
                     wide.repeated(ctx.pool, std::span<const real>(scale)),
                     wide.repeated(ctx.pool, std::span<const real>(shift)), rows, ctx.training}));
  return in;
}

Tensor BatchNormOp::finish(Context& ctx, const Saved& saved) const {
  return normalize(ctx, saved, Clamp::none);
}

void BatchNormOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  normalize_backward(ctx, saved, dy, dx, Clamp::none);
}

std::shared_ptr<const DeferredOp> BatchNormOp::followed_by(const Op& reader, const Shape& result,
                                                           const Shape* other) const {
  const Clamp clamp = other ? Clamp::none : clamp_of(reader);
  const bool sum = other && *other == result && dynamic_cast<const AddOp*>(&reader);
  return clamp != Clamp::none || sum ? std::make_shared<BatchNormThenOp>(clamp) : nullptr;
}

Var batch_norm(Var x, Var gamma, Var beta, std::shared_ptr<BatchNormStats> stats, real eps,
               real momentum) {
  return x.tape->record(std::make_shared<BatchNormOp>(std::move(stats), eps, momentum),
                        {x, gamma, beta});
}

}  // namespace octet
