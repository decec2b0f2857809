// Slow, obvious references for the float ops, summed in double, and what their tests share.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/kernels/conv/float_conv.h"
#include "core/random.h"
#include "tests/support.h"

namespace octet::test {

inline std::uint64_t base_seed() {
  const char* env = std::getenv("OCTET_SEED");
  return env ? std::strtoull(env, nullptr, 10) : 0;
}

/// Normal values.
inline Tensor random_tensor(const Shape& shape, std::uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  Random random(base_seed() + 17, stream);
  for (real& v : t.span<real>()) v = static_cast<real>(random.normal());
  return t;
}

/// Distinct values at least 0.01 apart and away from 0 and 6, in random order: no kink of relu or
/// max pooling lies within a finite difference.
inline Tensor spread_tensor(const Shape& shape, std::uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  std::span<real> values = t.span<real>();
  const double n = static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<real>((static_cast<double>(i) - n / 2) * 0.03 + 0.0137);
  }
  Random(base_seed() + 18, stream).shuffle(values);
  return t;
}

/// Relative to the largest expected magnitude.
inline double largest_error(const Tensor& got, const std::vector<double>& expected) {
  if (got.numel() != static_cast<std::int64_t>(expected.size())) {
    return std::numeric_limits<double>::infinity();
  }
  double error = 0, size = 1e-30;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double e = std::fabs(double{got.r()[i]} - expected[i]);
    error = std::isnan(e) ? std::numeric_limits<double>::infinity() : std::max(error, e);
    size = std::max(size, std::fabs(expected[i]));
  }
  return error / size;
}

/// For sums of a few thousand products.
inline constexpr double tolerance = sizeof(real) == 8 ? 1e-13 : 2e-6;

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The message of the Error that f throws; "no error" otherwise.
template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

namespace naive {

/// Calls f(x index, w index, y index) for every product of the convolution.
template <class F>
void for_products(const ConvShape& s, const F& f) {
  const ConvGeometry& v = s;
  const std::int64_t group_in = s.in_c / s.groups, group_out = s.out_c / s.groups;
  for (std::int64_t n = 0; n < s.batch; ++n)
    for (std::int64_t oh = 0; oh < s.out_h; ++oh)
      for (std::int64_t ow = 0; ow < s.out_w; ++ow)
        for (std::int64_t o = 0; o < s.out_c; ++o)
          for (std::int64_t kh = 0; kh < v.kernel_h; ++kh)
            for (std::int64_t kw = 0; kw < v.kernel_w; ++kw) {
              const std::int64_t h = oh * v.stride_h - v.pad_top + kh * v.dilation_h;
              const std::int64_t w = ow * v.stride_w - v.pad_left + kw * v.dilation_w;
              if (h < 0 || h >= s.in_h || w < 0 || w >= s.in_w) continue;
              for (std::int64_t c = 0; c < group_in; ++c) {
                f(((n * s.in_h + h) * s.in_w + w) * s.in_c + o / group_out * group_in + c,
                  ((o * v.kernel_h + kh) * v.kernel_w + kw) * group_in + c,
                  ((n * s.out_h + oh) * s.out_w + ow) * s.out_c + o);
              }
            }
}

inline std::vector<double> conv(const ConvShape& s, const Tensor& x, const Tensor& w,
                                const Tensor& bias) {
  std::vector<double> y(static_cast<std::size_t>(s.batch * s.out_h * s.out_w * s.out_c));
  if (bias.defined()) {
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = bias.r()[i % static_cast<std::size_t>(s.out_c)];
  }
  for_products(
      s, [to = y.data(), a = x.r(), b = w.r()](std::int64_t xi, std::int64_t wi, std::int64_t yi) {
        to[yi] += double{a[xi]} * double{b[wi]};
      });
  return y;
}

inline std::vector<double> conv_dx(const ConvShape& s, const Tensor& w, const Tensor& dy) {
  std::vector<double> dx(static_cast<std::size_t>(s.batch * s.in_h * s.in_w * s.in_c));
  for_products(s, [to = dx.data(), a = dy.r(), b = w.r()](std::int64_t xi, std::int64_t wi,
                                                          std::int64_t yi) {
    to[xi] += double{a[yi]} * double{b[wi]};
  });
  return dx;
}

inline std::vector<double> conv_dw(const ConvShape& s, const Tensor& x, const Tensor& dy) {
  std::vector<double> dw(static_cast<std::size_t>(s.out_c * s.weights_per_channel()));
  for_products(s, [to = dw.data(), a = dy.r(), b = x.r()](std::int64_t xi, std::int64_t wi,
                                                          std::int64_t yi) {
    to[wi] += double{a[yi]} * double{b[xi]};
  });
  return dw;
}

/// Rows of a [m, k] times rows of b [n, k].
inline std::vector<double> linear(const Tensor& x, const Tensor& w, const Tensor& bias) {
  const std::int64_t n = w.shape()[0], k = w.shape()[1], m = x.numel() / k;
  std::vector<double> y;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = bias.defined() ? double{bias.r()[j]} : 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum += double{x.r()[i * k + l]} * double{w.r()[j * k + l]};
      y.push_back(sum);
    }
  return y;
}

/// Pooling over the window's pixels inside the image: f(values, taps of the whole window).
template <class F>
std::vector<double> pool(const Tensor& x, const Window2d& v, const F& f) {
  const Shape& s = x.shape();
  const Padding2d pad = v.resolve(s[1], s[2]);
  const auto [out_h, out_w] = v.output_size(s[1], s[2], "naive pool");
  std::vector<double> y;
  for (std::int64_t n = 0; n < s[0]; ++n)
    for (std::int64_t oh = 0; oh < out_h; ++oh)
      for (std::int64_t ow = 0; ow < out_w; ++ow)
        for (std::int64_t c = 0; c < s[3]; ++c) {
          std::vector<double> values;
          for (std::int64_t kh = 0; kh < v.kernel_h; ++kh)
            for (std::int64_t kw = 0; kw < v.kernel_w; ++kw) {
              const std::int64_t h = oh * v.stride_h - pad.top + kh * v.dilation_h;
              const std::int64_t w = ow * v.stride_w - pad.left + kw * v.dilation_w;
              if (h < 0 || h >= s[1] || w < 0 || w >= s[2]) continue;
              values.push_back(x.r()[((n * s[1] + h) * s[2] + w) * s[3] + c]);
            }
          y.push_back(f(values, v.kernel_h * v.kernel_w));
        }
  return y;
}

}  // namespace naive
}  // namespace octet::test
