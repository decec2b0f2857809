// Batch normalization over the last dimension. Statistics are summed in double over blocks of rows
// of fixed size, and the blocks are added in order.
#include <cmath>
#include <sstream>

#include "core/ops.h"
#include "core/ops/channel_passes.h"
#include "core/ops/common.h"

namespace octet {
namespace {

struct Extent {
  std::int64_t rows, channels;
  std::int64_t block() const { return std::max<std::int64_t>(16, 32768 / channels); }
  std::int64_t blocks() const { return ceil_div(rows, block()); }
};

// What backward needs besides x and gamma.
struct BatchNormSaved {
  PoolVector<double> mean, inverse_std;
  bool training = false;
};

// Two sums per channel: f(first row, rows, sums a, sums b) for each block, blocks in order.
template <class F>
void block_sums(Context& ctx, const Extent& e, PoolVector<double>& a, PoolVector<double>& b,
                const F& f) {
  const std::int64_t c = e.channels, blocks = e.blocks();
  auto scratch = ctx.pool.allocate(static_cast<std::size_t>(2 * c * blocks) * sizeof(double));
  auto* partial = reinterpret_cast<double*>(scratch.get());
  ctx.threads.run(blocks, [&](std::int64_t i, int) {
    double* mine = partial + 2 * c * i;
    std::fill_n(mine, 2 * c, 0.0);
    f(i * e.block(), std::min(e.block(), e.rows - i * e.block()), mine, mine + c);
  });
  a.assign(static_cast<std::size_t>(c), 0.0);
  b.assign(static_cast<std::size_t>(c), 0.0);
  for (std::int64_t i = 0; i < blocks; ++i) {
    for (std::int64_t k = 0; k < c; ++k) {
      a[static_cast<std::size_t>(k)] += partial[2 * c * i + k];
      b[static_cast<std::size_t>(k)] += partial[2 * c * i + c + k];
    }
  }
}

// Batch mean and biased variance into `mean` and `var`; moves the running ones.
void batch_statistics(Context& ctx, const Extent& e, const real* x, real momentum,
                      BatchNormStats& running, PoolVector<double>& mean, PoolVector<double>& var) {
  block_sums(ctx, e, mean, var,
             [&](std::int64_t first, std::int64_t rows, double* sum, double* square) {
               moments_pass({x + first * e.channels, rows, e.channels, sum, square});
             });
  const double n = static_cast<double>(e.rows), m = momentum;
  real* running_mean = running.mean.r();
  real* running_var = running.var.r();
  for (std::size_t c = 0; c < mean.size(); ++c) {
    mean[c] /= n;
    var[c] = std::max(var[c] / n - mean[c] * mean[c], 0.0);
    running_mean[c] = static_cast<real>((1 - m) * double{running_mean[c]} + m * mean[c]);
    running_var[c] = static_cast<real>((1 - m) * double{running_var[c]} + m * var[c] * n / (n - 1));
  }
}

}  // namespace

std::string BatchNormOp::attributes() const {
  std::ostringstream s;
  s << "eps=" << eps << ", momentum=" << momentum;
  return s.str();
}

Tensor BatchNormOp::forward(Context& ctx, In x, Saved& saved) const {
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

  const Extent e{x[0].numel() / in[-1], in[-1]};
  const auto channels = static_cast<std::size_t>(e.channels);
  PoolVector<double> mean(channels, ctx.pool), inverse_std(channels, ctx.pool);
  if (ctx.training) {
    OCTET_CHECK(e.rows > 1, "batch_norm: x: training needs more than one value a channel, got ",
                in);
    batch_statistics(ctx, e, x[0].r(), momentum, *stats, mean, inverse_std);
  } else {
    std::copy_n(stats->mean.r(), channels, mean.begin());
    std::copy_n(stats->var.r(), channels, inverse_std.begin());
  }
  Scratch coefficients(ctx, 2 * e.channels);
  real* scale = coefficients.get();
  real* shift = scale + e.channels;
  for (std::size_t c = 0; c < channels; ++c) {
    inverse_std[c] = 1 / std::sqrt(inverse_std[c] + double{eps});
    const double f = double{x[1].r()[c]} * inverse_std[c];
    scale[c] = static_cast<real>(f);
    shift[c] = static_cast<real>(double{x[2].r()[c]} - mean[c] * f);
  }
  Tensor y = ctx.empty(in);
  const real* px = x[0].r();
  real* py = y.r();
  for_blocks(
      ctx, e.rows,
      [&](std::int64_t begin, std::int64_t end) {
        affine_pass({px + begin * e.channels, scale, shift, end - begin, e.channels,
                     py + begin * e.channels});
      },
      e.block());
  if (saved.wanted) {
    saved.tensors = {x[0], x[1]};
    saved.extra = BatchNormSaved{std::move(mean), std::move(inverse_std), ctx.training};
  }
  return y;
}

// With u = (x - mean) / std and n rows: dbeta = sum dy, dgamma = sum dy u, and
// dx = gamma / std (dy - dbeta / n - u dgamma / n), without the last two terms where the
// statistics are constants.
void BatchNormOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor& x = saved.tensors[0];
  const auto& s = std::any_cast<const BatchNormSaved&>(saved.extra);
  const std::int64_t channels = x.shape()[-1];
  const Extent e{x.numel() / channels, channels};
  const real* px = x.r();
  const real* pdy = dy.r();
  PoolVector<double> dbeta(ctx.pool), dgamma(ctx.pool);
  if (s.training || dx[1] || dx[2]) {
    block_sums(ctx, e, dbeta, dgamma,
               [&](std::int64_t first, std::int64_t rows, double* sum, double* dot) {
                 const std::int64_t at = first * channels;
                 batch_norm_sums_pass({px + at, pdy + at, s.mean.data(), rows, channels, sum, dot});
               });
    for (std::size_t c = 0; c < dgamma.size(); ++c) dgamma[c] *= s.inverse_std[c];
  }
  real beta;
  const auto add = [&](Grad* to, const PoolVector<double>& value) {
    if (!to) return;
    real* out = to->accumulate({channels}, ctx, beta);
    for (std::size_t c = 0; c < value.size(); ++c) {
      out[c] = static_cast<real>(beta == 0 ? value[c] : double{out[c]} + value[c]);
    }
  };
  if (dx[0]) {
    Scratch coefficients(ctx, 3 * channels);
    real* a = coefficients.get();
    real* b = a + channels;
    real* d = b + channels;
    const double n = static_cast<double>(e.rows);
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto i = static_cast<std::size_t>(c);
      const double f = double{saved.tensors[1].r()[c]} * s.inverse_std[i];
      const double slope = s.training ? -f * s.inverse_std[i] * dgamma[i] / n : 0;
      a[c] = static_cast<real>(f);
      b[c] = static_cast<real>(slope);
      d[c] = static_cast<real>(s.training ? -f * dbeta[i] / n - slope * s.mean[i] : 0);
    }
    Tensor own;  // the first contribution goes where dy is, if it may
    real* out;
    if (dx[0]->empty()) {
      beta = 0;
      own = writable_gradient(ctx, dy);
      out = own.r();
    } else {
      out = dx[0]->accumulate(x.shape(), ctx, beta);
    }
    for_blocks(
        ctx, e.rows,
        [&](std::int64_t begin, std::int64_t end) {
          const std::int64_t at = begin * channels;
          batch_norm_grad_pass({px + at, pdy + at, a, b, d, end - begin, channels, beta, out + at});
        },
        e.block());
    if (own.defined()) dx[0]->add(std::move(own), ctx);
  }
  add(dx[1], dgamma);
  add(dx[2], dbeta);
}

Var batch_norm(Var x, Var gamma, Var beta, std::shared_ptr<BatchNormStats> stats, real eps,
               real momentum) {
  return x.tape->record(std::make_shared<BatchNormOp>(std::move(stats), eps, momentum),
                        {x, gamma, beta});
}

}  // namespace octet
