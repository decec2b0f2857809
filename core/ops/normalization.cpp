// Layer norm and group norm: statistics in double, in an order fixed by the shape.
#include "core/ops/normalization.h"

#include <cmath>
#include <iomanip>
#include <sstream>

#include "core/kernels/common.h"
#include "core/kernels/reduce.h"

namespace octet {
namespace {

std::string eps_text(real eps) {
  std::ostringstream s;
  s << std::setprecision(9) << "eps=" << eps;
  return s.str();
}

/// Room for doubles from the context's pool.
class Doubles {
 public:
  Doubles(Context& ctx, std::int64_t count)
      : block_(ctx.pool.allocate(static_cast<std::size_t>(count) * sizeof(double))) {}
  double* get() const noexcept { return reinterpret_cast<double*>(block_.get()); }

 private:
  std::shared_ptr<std::byte> block_;
};

// ---- layer norm: rows of `width` values ----

/// The sum of term(i) over [0, n) in eight interleaved parts, which become vectors.
template <class F>
double sum_of(std::int64_t n, const F& term) {
  constexpr std::int64_t parts = 8;
  double part[parts] = {};
  std::int64_t i = 0;
  for (; i + parts <= n; i += parts) {
    for (std::int64_t j = 0; j < parts; ++j) part[j] += term(i + j);
  }
  for (; i < n; ++i) part[i % parts] += term(i);
  double sum = 0;
  for (const double p : part) sum += p;
  return sum;
}

// ---- group norm: images of `pixels` x `channels` values ----

struct Images {
  std::int64_t images, pixels, channels, groups;
  std::int64_t size() const { return pixels * channels; }
  std::int64_t width() const { return channels / groups; }
};

Images images_of(const Shape& x, std::int64_t groups) {
  OCTET_CHECK(x.rank() >= 2, "group_norm: x: expected [N, ..., C], got ", x);
  Images s{x[0], 1, x[-1], groups == 0 ? x[-1] : groups};
  for (int d = 1; d + 1 < x.rank(); ++d) s.pixels *= x[d];
  OCTET_CHECK(s.channels > 0 && s.channels % s.groups == 0, "group_norm: x ", x,
              ": expected channels that divide into ", s.groups, " groups, got ", s.channels);
  OCTET_CHECK(s.pixels > 0, "group_norm: x ", x, ": nothing to normalize");
  return s;
}

/// sums[image, c] = the sum over pixels of term(element, image, c).
template <class F>
void channel_sums(Context& ctx, const Images& s, const F& term, double* sums) {
  const std::int64_t block = std::max<std::int64_t>(1, 16384 / s.channels);
  const std::int64_t blocks = ceil_div(s.pixels, block);
  const Doubles room(ctx, s.images * blocks * s.channels);
  ctx.threads.run(s.images * blocks, [&](std::int64_t task, int) {
    const std::int64_t image = task / blocks, begin = task % blocks * block;
    double* sum = room.get() + task * s.channels;
    std::fill_n(sum, s.channels, 0.0);
    for (std::int64_t p = begin; p < std::min(s.pixels, begin + block); ++p) {
      const std::int64_t at = image * s.size() + p * s.channels;
      for (std::int64_t c = 0; c < s.channels; ++c) sum[c] += term(at + c, image, c);
    }
  });
  for (std::int64_t image = 0; image < s.images; ++image) {
    double* sum = sums + image * s.channels;
    std::fill_n(sum, s.channels, 0.0);
    for (std::int64_t b = 0; b < blocks; ++b) {
      const double* part = room.get() + (image * blocks + b) * s.channels;
      for (std::int64_t c = 0; c < s.channels; ++c) sum[c] += part[c];
    }
  }
}

/// Each channel's value becomes the sum over its group of weight(c) values[image, c].
template <class F>
void share_in_groups(const Images& s, const F& weight, double* values) {
  const std::int64_t width = s.width();
  for (std::int64_t g = 0; g < s.images * s.groups; ++g) {
    double* group = values + g * width;
    double sum = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += weight(g % s.groups * width + c) * group[c];
    std::fill_n(group, width, sum);
  }
}

/// f(element, image, c) for every element, from several threads.
template <class F>
void for_elements(Context& ctx, const Images& s, const F& f) {
  for_items(ctx, s.images * s.pixels, s.channels, [&](std::int64_t pixel) {
    const std::int64_t image = pixel / s.pixels;
    for (std::int64_t c = 0; c < s.channels; ++c) f(pixel * s.channels + c, image, c);
  });
}

}  // namespace

LayerNormOp::LayerNormOp(real e) : eps(e) {
  OCTET_CHECK(eps >= 0, "layer_norm: expected eps >= 0, got ", eps);
}

std::string LayerNormOp::attributes() const {
  return eps_text(eps);
}

Tensor LayerNormOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 3);
  check_real(name(), "x", x[0]);
  check_real(name(), "gamma", x[1]);
  const Shape &in = x[0].shape(), &gamma = x[1].shape();
  bool fits = gamma.rank() >= 1 && gamma.rank() <= in.rank() && gamma.numel() > 0;
  for (int d = 1; fits && d <= gamma.rank(); ++d) fits = gamma[-d] == in[-d];
  OCTET_CHECK(fits, "layer_norm: gamma: expected the last dimensions of x ", in, ", got ", gamma);
  if (x.size() > 2) check_shape(name(), "beta", x[2], gamma);
  const std::int64_t width = gamma.numel(), rows = in.numel() / width;
  Tensor y = ctx.empty(in);
  Tensor mean = ctx.empty({rows}), scale = ctx.empty({rows});
  const real *px = x[0].r(), *pg = x[1].r(), *pb = x.size() > 2 ? x[2].r() : nullptr;
  real *py = y.r(), *pm = mean.r(), *ps = scale.r();
  for_items(ctx, rows, width, [&](std::int64_t r) {
    const real* row = px + r * width;
    real* out = py + r * width;
    const auto n = static_cast<double>(width);
    const double m = sum_of(width, [&](std::int64_t i) { return double{row[i]}; }) / n;
    const double var =
        sum_of(width, [&](std::int64_t i) { return (double{row[i]} - m) * (double{row[i]} - m); }) /
        n;
    pm[r] = static_cast<real>(m);
    ps[r] = static_cast<real>(1 / std::sqrt(var + double{eps}));
    const real centre = pm[r], factor = ps[r];
    for (std::int64_t i = 0; i < width; ++i) out[i] = (row[i] - centre) * factor * pg[i];
    if (pb) {
      for (std::int64_t i = 0; i < width; ++i) out[i] += pb[i];
    }
  });
  if (saved.wanted) saved.tensors = {x[0], x[1], mean, scale};
  return y;
}

void LayerNormOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor &x = saved.tensors[0], &gamma = saved.tensors[1];
  const std::int64_t width = gamma.numel(), rows = x.numel() / width;
  const real *px = x.r(), *pg = gamma.r(), *g = dy.r();
  const real *pm = saved.tensors[2].r(), *ps = saved.tensors[3].r();
  if (dx[0]) {
    real beta;
    real* out = dx[0]->accumulate(x.shape(), ctx, beta);
    for_items(ctx, rows, width, [&](std::int64_t r) {
      const real *row = px + r * width, *d = g + r * width;
      const real centre = pm[r], factor = ps[r];
      const auto n = static_cast<double>(width);
      const double mean =
          sum_of(width, [&](std::int64_t i) { return double{d[i]} * double{pg[i]}; }) / n;
      const double slope =
          sum_of(width,
                 [&](std::int64_t i) {
                   return double{d[i]} * double{pg[i]} * double{(row[i] - centre) * factor};
                 }) /
          n;
      const auto a = static_cast<real>(mean), b = static_cast<real>(slope);
      real* to = out + r * width;
      for (std::int64_t i = 0; i < width; ++i) {
        const real v = factor * (d[i] * pg[i] - a - (row[i] - centre) * factor * b);
        to[i] = beta == 0 ? v : to[i] + v;
      }
    });
  }
  if (dx[1]) {
    const Scratch products(ctx, x.numel());
    for_items(ctx, rows, width, [&](std::int64_t r) {
      const real centre = pm[r], factor = ps[r];
      for (std::int64_t i = r * width; i < (r + 1) * width; ++i) {
        products.get()[i] = g[i] * ((px[i] - centre) * factor);
      }
    });
    real beta;
    real* out = dx[1]->accumulate(gamma.shape(), ctx, beta);
    column_sums(ctx, rows, width, products.get(), beta, out);
  }
  if (dx.size() > 2 && dx[2]) {
    real beta;
    real* out = dx[2]->accumulate(gamma.shape(), ctx, beta);
    column_sums(ctx, rows, width, g, beta, out);
  }
}

GroupNormOp::GroupNormOp(std::int64_t g, real e) : groups(g), eps(e) {
  OCTET_CHECK(groups >= 0 && eps >= 0, "group_norm: expected groups >= 0 and eps >= 0, got ",
              groups, " and ", eps);
}

std::string GroupNormOp::attributes() const {
  return "groups=" + std::to_string(groups) + ", " + eps_text(eps);
}

Tensor GroupNormOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 3, 3);
  check_real(name(), "x", x[0]);
  const Images s = images_of(x[0].shape(), groups);
  check_shape(name(), "gamma", x[1], {s.channels});
  check_shape(name(), "beta", x[2], {s.channels});
  const real *px = x[0].r(), *pg = x[1].r(), *pb = x[2].r();
  const std::int64_t values = s.images * s.channels;
  const double count = static_cast<double>(s.pixels * s.width());
  const Doubles sums(ctx, values);
  const auto mean_of_groups = [&] {
    share_in_groups(
        s, [](std::int64_t) { return 1.0; }, sums.get());
    for (std::int64_t i = 0; i < values; ++i) sums.get()[i] /= count;
  };
  Tensor mean = ctx.empty({s.images, s.channels}), scale = ctx.empty({s.images, s.channels});
  real *pm = mean.r(), *ps = scale.r();
  channel_sums(
      ctx, s, [&](std::int64_t i, auto, auto) { return double{px[i]}; }, sums.get());
  mean_of_groups();
  for (std::int64_t i = 0; i < values; ++i) pm[i] = static_cast<real>(sums.get()[i]);
  channel_sums(
      ctx, s,
      [&](std::int64_t i, std::int64_t image, std::int64_t c) {
        const double d = double{px[i] - pm[image * s.channels + c]};
        return d * d;
      },
      sums.get());
  mean_of_groups();
  for (std::int64_t i = 0; i < values; ++i) {
    ps[i] = static_cast<real>(1 / std::sqrt(sums.get()[i] + double{eps}));
  }
  Tensor y = ctx.empty(x[0].shape());
  real* py = y.r();
  for_elements(ctx, s, [&](std::int64_t i, std::int64_t image, std::int64_t c) {
    const std::int64_t at = image * s.channels + c;
    py[i] = (px[i] - pm[at]) * ps[at] * pg[c] + pb[c];
  });
  if (saved.wanted) saved.tensors = {x[0], x[1], mean, scale};
  return y;
}

void GroupNormOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor &x = saved.tensors[0], &gamma = saved.tensors[1];
  const Images s = images_of(x.shape(), groups);
  const real *px = x.r(), *pg = gamma.r(), *g = dy.r();
  const real *pm = saved.tensors[2].r(), *ps = saved.tensors[3].r();
  const std::int64_t values = s.images * s.channels;
  const auto normalized = [&](std::int64_t i, std::int64_t at) {
    return (px[i] - pm[at]) * ps[at];
  };
  // Per sample and channel: the sums of dy, and of dy times the normalized value.
  const Doubles plain(ctx, values), weighted(ctx, values);
  channel_sums(
      ctx, s, [&](std::int64_t i, auto, auto) { return double{g[i]}; }, plain.get());
  channel_sums(
      ctx, s,
      [&](std::int64_t i, std::int64_t image, std::int64_t c) {
        return double{g[i]} * double{normalized(i, image * s.channels + c)};
      },
      weighted.get());
  const auto over_images = [&](const double* sums, Grad* to) {
    if (!to) return;
    real beta;
    real* out = to->accumulate(gamma.shape(), ctx, beta);
    for (std::int64_t c = 0; c < s.channels; ++c) {
      double sum = beta == 0 ? 0 : double{out[c]};
      for (std::int64_t n = 0; n < s.images; ++n) sum += sums[n * s.channels + c];
      out[c] = static_cast<real>(sum);
    }
  };
  over_images(weighted.get(), dx[1]);
  over_images(plain.get(), dx[2]);
  if (!dx[0]) return;
  const double count = static_cast<double>(s.pixels * s.width());
  for (double* sums : {plain.get(), weighted.get()}) {
    share_in_groups(
        s, [&](std::int64_t c) { return double{pg[c]} / count; }, sums);
  }
  real beta;
  real* out = dx[0]->accumulate(x.shape(), ctx, beta);
  for_elements(ctx, s, [&](std::int64_t i, std::int64_t image, std::int64_t c) {
    const std::int64_t at = image * s.channels + c;
    const real v = ps[at] * (g[i] * pg[c] - static_cast<real>(plain.get()[at]) -
                             normalized(i, at) * static_cast<real>(weighted.get()[at]));
    out[i] = beta == 0 ? v : out[i] + v;
  });
}

Var layer_norm(Var x, Var gamma, real eps) {
  return x.tape->record(std::make_shared<LayerNormOp>(eps), {x, gamma});
}

Var layer_norm(Var x, Var gamma, Var beta, real eps) {
  return x.tape->record(std::make_shared<LayerNormOp>(eps), {x, gamma, beta});
}

Var group_norm(Var x, Var gamma, Var beta, std::int64_t groups, real eps) {
  return x.tape->record(std::make_shared<GroupNormOp>(groups, eps), {x, gamma, beta});
}

Var instance_norm(Var x, Var gamma, Var beta, real eps) {
  return group_norm(x, gamma, beta, 0, eps);
}

}  // namespace octet
