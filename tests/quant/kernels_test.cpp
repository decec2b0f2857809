// The vectorized passes of quantized training against their definitions, bit for bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "core/kernels/conv/float_conv.h"
#include "int8/kernels/dispatch.h"
#include "int8/reference/float_rounding.h"
#include "quant/kernels/accumulator_sums.h"
#include "quant/kernels/add_kernel.h"
#include "quant/kernels/pool_backward.h"
#include "quant/kernels/requantize_pass.h"
#include "tests/quant/roundings.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::quant;

namespace {

using Rng = std::mt19937_64;

std::int64_t draw(Rng& rng, std::int64_t lo, std::int64_t hi) {
  return std::uniform_int_distribution<std::int64_t>(lo, hi)(rng);
}

bool bit(const std::vector<std::uint8_t>& mask, std::size_t i) {
  return (mask[i / 8] >> (i % 8)) & 1;
}

using test::every_rounding;

/// The factor of float rounding that is nearest to a multiplier.
float factor_of(int8::Multiplier by) {
  return std::ldexp(static_cast<float>(by.m), by.shift - 31);
}

std::int32_t rescaled(std::int32_t v, int8::Multiplier by, int8::Rounding rounding) {
  return rounding == int8::Rounding::float_rounding
             ? int8::scale_in_float(v, factor_of(by))
             : int8::multiply_by_quantized_multiplier(v, by, rounding);
}

}  // namespace

TEST_CASE("requantizing in training: codes, mask and range by the definition") {
  Rng rng = test::rng(31);
  for (const int8::Rounding rounding : every_rounding) {
    for (const std::int64_t channels : {1, 3, 8, 10, 16, 24, 64, 130}) {
      for (const std::int64_t rows : {1, 2, 7, 33, 300}) {
        for (const bool signs : {false, true}) {
          CAPTURE(channels);
          CAPTURE(rows);
          const auto c = static_cast<std::size_t>(channels);
          Folded folded;
          folded.scale.assign(c, 1.0f);
          for (std::size_t i = 0; i < c; ++i) {
            folded.sign.push_back(signs ? static_cast<std::int32_t>(draw(rng, -1, 1)) : 1);
            folded.bias.push_back(static_cast<std::int32_t>(draw(rng, -(1 << 20), 1 << 20)));
            folded.multiplier.push_back(
                {static_cast<std::int32_t>(draw(rng, std::int64_t{1} << 30, (1LL << 31) - 1)),
                 static_cast<std::int32_t>(draw(rng, -20, 2))});
            folded.factor.push_back(factor_of(folded.multiplier.back()));
          }
          std::vector<std::int32_t> acc(static_cast<std::size_t>(rows) * c);
          for (auto& a : acc) {  // small ones hit ties, large ones the clamp
            const int size = static_cast<int>(draw(rng, 1, 27));
            a = static_cast<std::int32_t>(draw(rng, -(1 << size), 1 << size));
          }
          RequantizeTarget target{.zero_point = -5, .lo = -100, .hi = 90, .open_lower = true};
          target.rounding = rounding;
          target.isa = int8::best_isa();
          target.range = true;
          Pool pool;
          RequantizePass pass(pool, folded, target, 1);
          std::vector<std::int8_t> codes(acc.size() + 8, 77);
          std::vector<std::uint8_t> mask(acc.size() / 8 + 9, 0x55);
          pass.run(0, acc.data(), rows, codes.data(), mask.data());
          std::vector<std::int32_t> min(c), max(c), least(c, INT32_MAX), most(c, INT32_MIN);
          pass.range(min, max);
          int wrong = 0;
          for (std::size_t i = 0; i < acc.size(); ++i) {
            const std::int32_t v = acc[i] * folded.sign[i % c] + folded.bias[i % c];
            const std::int32_t p = rescaled(v, folded.multiplier[i % c], rounding) - 5;
            wrong += codes[i] != std::clamp(p, -100, 90);
            wrong += bit(mask, i) != (p > -100 && p <= 90);
            least[i % c] = std::min(least[i % c], v);
            most[i % c] = std::max(most[i % c], v);
          }
          CHECK(wrong == 0);
          CHECK(min == least);
          CHECK(max == most);
          CHECK(codes[acc.size()] == 77);  // nothing behind the end
          CHECK(mask[(acc.size() + 7) / 8] == 0x55);
        }
      }
    }
  }
}

TEST_CASE("requantizing in training: every shift, ties, extremes and tails, on every ISA") {
  // One shift a column, over all that the contract allows, and factors of zero.
  constexpr std::int64_t width = 64, rows = 40;
  constexpr std::int32_t zero_point = 11, lo = -90, hi = 100, mask_lo = -89;
  Rng rng = test::rng(36);
  std::vector<int8::Multiplier> by(width);
  std::vector<std::int32_t> sign(width), bias(width), m(width), shift(width);
  std::vector<float> factor(width);
  std::vector<std::int32_t> acc(width * rows);
  for (std::size_t c = 0; c < width; ++c) {
    sign[c] = c % 3 == 0 ? -1 : 1;
    bias[c] = static_cast<std::int32_t>(draw(rng, -1000, 1000));
    if (c < 62) {
      constexpr std::int64_t least = std::int64_t{1} << 30;
      const std::int64_t some[] = {least, 2 * least - 1, draw(rng, least, 2 * least - 1)};
      by[c] = {static_cast<std::int32_t>(some[c % 3 == 0 ? 0 : draw(rng, 0, 2)]),
               static_cast<std::int32_t>(c) - 31};
    }
    m[c] = by[c].m;
    shift[c] = by[c].shift;
    factor[c] = factor_of(by[c]);
    // The largest |v|; room for the zero point.
    const std::int64_t most = (INT32_MAX - 256) >> std::max(shift[c], 0);
    for (std::size_t r = 0; r < rows; ++r) {
      // Large, small, near the clamp, and halves (of factors 2^k).
      const std::int64_t odd = 2 * draw(rng, -70, 70) + 1;
      const std::int64_t unit = std::int64_t{1} << std::max(-shift[c], 0);
      const std::int64_t some[] = {draw(rng, 0, 1) ? most : -most, draw(rng, -2, 2),
                                   draw(rng, -300 * unit, 300 * unit), odd * unit};
      const std::int64_t v = std::clamp(some[r % 4], -most, most);
      const std::int64_t a = (v - bias[c]) * sign[c];
      acc[r * width + c] =
          static_cast<std::int32_t>(std::clamp<std::int64_t>(a, INT32_MIN + 1, INT32_MAX));
      const std::int64_t back = std::int64_t{acc[r * width + c]} * sign[c] + bias[c];
      if (back < -most || back > most) acc[r * width + c] = -bias[c] * sign[c];
    }
  }
  for (const int8::Isa isa : int8::available_isas()) {
    for (const int8::Rounding rounding : every_rounding) {
      for (std::int64_t n : {width * rows, width * rows - 1, width * rows - 8, width * rows - 9,
                             width * rows - 37, std::int64_t{5}, std::int64_t{16}}) {
        CAPTURE(int8::isa_name(isa));
        CAPTURE(static_cast<int>(rounding));
        CAPTURE(n);
        const auto size = static_cast<std::size_t>(n);
        // Exactly as long as the contract says: a sanitizer sees what reads or writes behind it.
        const std::vector<std::int32_t> in(acc.begin(), acc.begin() + n);
        std::vector<std::int8_t> codes(size);
        std::vector<std::uint8_t> mask((size + 7) / 8);
        std::vector<std::int32_t> min(width, INT32_MAX), max(width, INT32_MIN);
        std::vector<std::int32_t> least(min), most(max);
        RequantizeSpan s{in.data(),    n,           width,        sign.data(),
                         bias.data(),  m.data(),    shift.data(), factor.data(),
                         zero_point,   lo,          hi,           mask_lo,
                         codes.data(), mask.data(), min.data(),   max.data()};
        requantize_kernel(isa, rounding)(s);
        int wrong = 0, bits = 0, passed = 0;
        for (std::size_t i = 0; i < size; ++i) {
          const std::size_t c = i % width;
          const std::int32_t v = in[i] * sign[c] + bias[c];
          const std::int32_t p = rescaled(v, by[c], rounding) + zero_point;
          wrong += codes[i] != std::clamp(p, lo, hi);
          wrong += bit(mask, i) != (p >= mask_lo && p <= hi);
          passed += p >= mask_lo && p <= hi;
          least[c] = std::min(least[c], v);
          most[c] = std::max(most[c], v);
        }
        for (const std::uint8_t byte : mask) bits += std::popcount(byte);
        CHECK(wrong == 0);
        CHECK(bits == passed);  // none behind the end
        CHECK(min == least);
        CHECK(max == most);
        // What may be left out.
        std::vector<std::int32_t> signed_in(in);
        for (std::size_t i = 0; i < size; ++i) signed_in[i] *= sign[i % width];
        std::vector<std::int8_t> others(size);
        s.acc = signed_in.data();
        s.sign = nullptr;
        s.mask = nullptr;
        s.min = s.max = nullptr;
        s.codes = others.data();
        requantize_kernel(isa, rounding)(s);
        CHECK(others == codes);
      }
    }
  }
}

namespace {

template <class Params>
void check_addition(Rng& rng, const Params& params, std::int64_t n) {
  CAPTURE(n);
  const auto size = static_cast<std::size_t>(n);
  std::vector<std::int8_t> a(size), b(size), codes(size + 1, 77);
  for (std::size_t i = 0; i < size; ++i) {
    a[i] = static_cast<std::int8_t>(draw(rng, -128, 127));
    b[i] = static_cast<std::int8_t>(draw(rng, -128, 127));
  }
  for (const int8::Isa isa : int8::available_isas()) {
    CAPTURE(int8::isa_name(isa));
    std::ranges::fill(codes, std::int8_t{77});
    std::vector<std::uint8_t> mask(size / 8 + 2, 0x55);
    std::int32_t min = 0, max = 0, least = INT32_MAX, most = INT32_MIN;
    const std::int32_t mask_lo = params.range.lo + 1;
    masked_add_kernel<Params>(isa)(
        {params, a.data(), b.data(), n, mask_lo, codes.data(), mask.data(), &min, &max});
    int wrong = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::int32_t p = preclamp(params, a[i], b[i]);
      wrong += codes[i] != params.range.clamp(p);
      wrong += bit(mask, i) != (p >= mask_lo && p <= params.range.hi);
      least = std::min(least, p);
      most = std::max(most, p);
    }
    CHECK(wrong == 0);
    CHECK(min == least);
    CHECK(max == most);
    CHECK(codes[size] == 77);
    CHECK(mask[(size + 7) / 8] == 0x55);
  }
}

}  // namespace

TEST_CASE("addition in training: codes, mask and range by the definition") {
  Rng rng = test::rng(32);
  for (const int8::Rounding rounding : every_rounding) {
    for (const std::int64_t n : {1, 7, 8, 9, 16, 17, 1003}) {
      if (rounding == int8::Rounding::float_rounding) {
        for (const float large : {0.05f, 12.0f}) {  // many bits behind the point, and few
          check_addition(rng,
                         int8::xnnpack::make_add_params({0.25f, 3}, {large, -7}, {0.0625f, -20},
                                                        n % 2 == 0, {-20, 127}),
                         n);
        }
        continue;
      }
      int8::AddParams params =
          int8::make_add_params(0.02f, 3, 0.05f, -7, 0.06f, -20, int8::Activation::relu, rounding);
      params.subtract = n % 2 == 0;
      check_addition(rng, params, n);
    }
  }
}

TEST_CASE("max pooling's gradient goes to the first maximum in scan order") {
  Rng rng = test::rng(33);
  struct Case {
    int in, kernel, stride, pad, out;
  };
  for (const Case& k :
       {Case{8, 2, 2, 0, 4}, Case{7, 3, 2, 1, 4}, Case{6, 3, 1, 1, 6}, Case{9, 2, 2, 0, 4}}) {
    for (const int channels : {1, 3, 16, 20, 48}) {
      CAPTURE(k.in);
      CAPTURE(channels);
      int8::PoolGeometry g;
      g.in_h = g.in_w = k.in;
      g.out_h = g.out_w = k.out;
      g.filter_h = g.filter_w = k.kernel;
      g.stride_h = g.stride_w = k.stride;
      g.pad_top = g.pad_left = k.pad;
      g.channels = channels;
      std::vector<std::int8_t> x(static_cast<std::size_t>(k.in * k.in * channels));
      for (auto& v : x) v = static_cast<std::int8_t>(draw(rng, -2, 2));  // many ties
      std::vector<std::int8_t> y(static_cast<std::size_t>(k.out * k.out * channels));
      std::vector<float> dy(y.size()), dx(x.size(), 9.0f), expected(x.size(), 0.0f);
      for (std::size_t i = 0; i < y.size(); ++i) {
        dy[i] = static_cast<float>(draw(rng, -50, 50));
        const int c = static_cast<int>(i) % channels, q = static_cast<int>(i) / channels;
        int best = -1000;
        std::size_t at = 0;
        for (int ky = 0; ky < k.kernel; ++ky) {
          for (int kx = 0; kx < k.kernel; ++kx) {
            const int iy = q / k.out * k.stride - k.pad + ky,
                      ix = q % k.out * k.stride - k.pad + kx;
            if (iy < 0 || ix < 0 || iy >= k.in || ix >= k.in) continue;
            const auto pixel = static_cast<std::size_t>((iy * k.in + ix) * channels + c);
            if (x[pixel] > best) {
              best = x[pixel];
              at = pixel;
            }
          }
        }
        y[i] = static_cast<std::int8_t>(best);
        expected[at] += dy[i];
      }
      for (const Isa isa : available_isas()) {
        CAPTURE(isa_name(isa));
        dx.assign(dx.size(), 9.0f);
        max_pool_backward(isa, {g, x.data(), y.data(), dy.data(), dx.data()});
        CHECK(dx == expected);
      }
    }
  }
}

TEST_CASE("gradients of convolution: codes and their reals give the same bits") {
  Rng rng = test::rng(34);
  struct Case {
    std::int64_t batch, size, in, out;
    int kernel, stride, pad, groups;
  };
  for (const Case& k : {Case{3, 9, 16, 24, 3, 1, 1, 1}, Case{6, 3, 32, 40, 1, 1, 0, 1},
                        Case{2, 9, 8, 16, 3, 2, 1, 1}, Case{2, 8, 24, 24, 3, 1, 1, 24},
                        Case{2, 7, 8, 12, 3, 1, 1, 4}, Case{1, 1, 100, 10, 1, 1, 0, 1},
                        Case{2, 33, 96, 96, 5, 2, 2, 96}, Case{3, 8, 8, 16, 3, 1, 1, 8}}) {
    CAPTURE(k.in);
    CAPTURE(k.out);
    Window2d window;
    window.kernel_h = window.kernel_w = k.kernel;
    window.stride_h = window.stride_w = k.stride;
    window.padding = Padding2d::all(k.pad);
    const Shape shape{k.batch, k.size, k.size, k.in};
    const Shape w_shape{k.out, k.kernel, k.kernel, k.in / k.groups};
    const ConvShape s = conv_shape(shape, w_shape, window, k.groups);
    Tensor codes = Tensor::empty(shape, ElementType::i8),
           w_codes = Tensor::empty(w_shape, ElementType::i8);
    for (auto& v : codes.span<std::int8_t>()) v = static_cast<std::int8_t>(draw(rng, -128, 127));
    for (auto& v : w_codes.span<std::int8_t>()) v = static_cast<std::int8_t>(draw(rng, -127, 127));
    const real scale = 0.037f;
    const std::int32_t zero_point = -11;
    std::vector<real> factor;
    for (std::int64_t o = 0; o < k.out; ++o) factor.push_back(0.01f * static_cast<real>(o + 1));
    Tensor x = Tensor::empty(shape), w = Tensor::empty(w_shape);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      x.r()[i] = scale * static_cast<real>(codes.data<std::int8_t>()[i] - zero_point);
    }
    for (std::int64_t i = 0; i < w.numel(); ++i) {
      w.r()[i] = factor[static_cast<std::size_t>(i / (w.numel() / k.out))] *
                 static_cast<real>(w_codes.data<std::int8_t>()[i]);
    }
    Tensor dy = Tensor::empty({s.batch, s.out_h, s.out_w, s.out_c});
    for (real& v : dy.span<real>()) v = static_cast<real>(draw(rng, -1000, 1000)) / 777;
    const auto same = [](const Tensor& a, const Tensor& b) {
      return std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
    };
    Tensor first_dx, first_dw;
    for (const int threads : {1, 2, 5}) {
      Context ctx(threads);
      Tensor dx = Tensor::empty(shape), dx_codes = Tensor::empty(shape);
      conv_backward_input(ctx, s, w.r(), dy.r(), dx.r(), 0);
      conv_backward_input(ctx, s, {ctx.isa, w_codes.data<std::int8_t>(), factor.data()}, dy.r(),
                          dx_codes.r(), 0);
      CHECK(same(dx, dx_codes));
      Tensor dw = Tensor::empty(w_shape), dw_codes = Tensor::empty(w_shape);
      conv_backward_weights(ctx, s, x.r(), dy.r(), dw.r(), 0);
      conv_backward_weights(ctx, s, {ctx.isa, codes.data<std::int8_t>(), scale, zero_point}, dy.r(),
                            dw_codes.r(), 0);
      CHECK(same(dw, dw_codes));
      if (threads == 1) {
        first_dx = dx;
        first_dw = dw;
      }
      CHECK(same(dx, first_dx));
      CHECK(same(dw, first_dw));
    }
  }
}

TEST_CASE("gradient passes: sums and centred gradients equal plain loops") {
  Rng rng = test::rng(35);
  Context ctx(2);
  for (const std::int64_t channels : {1, 5, 8, 33, 64}) {
    for (const std::int64_t rows : {1, 3, 100, 2000}) {
      CAPTURE(channels);
      CAPTURE(rows);
      const auto c = static_cast<std::size_t>(channels), n = static_cast<std::size_t>(rows) * c;
      std::vector<float> scale(c), offset(c), f(c), mean(c), mean_u(c);
      Tensor gradient = Tensor::zeros({rows, channels});
      const std::span<float> dy = gradient.span<float>();
      std::vector<std::int32_t> acc(n);
      std::vector<std::uint8_t> mask((n + 7) / 8);
      for (auto& v : mask) v = static_cast<std::uint8_t>(draw(rng, 0, 255));
      for (auto& v : acc) v = static_cast<std::int32_t>(draw(rng, -20000, 20000));
      for (const std::span<float> values : {dy, {f}, {mean}, {mean_u}, {offset}}) {
        for (float& v : values) v = static_cast<float>(draw(rng, -1000, 1000)) / 500;
      }
      for (float& v : scale) v = static_cast<float>(draw(rng, 1, 1000)) * 1e-7f;
      const MaskedGradient g{dy.data(), mask.data(), acc.data(), scale, offset, rows, channels};
      const Tensor second_owner = gradient;  // else the gradients are made in place
      for (const Isa isa : available_isas()) {
        CAPTURE(isa_name(isa));
        ctx.isa = isa;
        std::vector<double> sum(c), sum_u(c), plain(c), expected(c, 0.0), expected_u(c, 0.0);
        sum_gradient(ctx, g, sum, sum_u);
        MaskedDelta masked(ctx, g, gradient);
        const Tensor delta = make_all(ctx, masked);
        masked.total(plain);
        CentredDelta centred(ctx, g, gradient, f, mean, mean_u);
        const Tensor du = make_all(ctx, centred);
        int wrong = 0;
        for (std::size_t i = 0; i < n; ++i) {
          const std::size_t k = i % c;
          const float d = bit(mask, i) ? dy[i] : 0.0f;
          const float u = static_cast<float>(acc[i]) * scale[k] + offset[k];
          wrong += delta.r()[i] != d;
          wrong += du.r()[i] != f[k] * (d - mean[k] - u * mean_u[k]);
          expected[k] += double(d);
          expected_u[k] += double(d * u);
        }
        CHECK(wrong == 0);
        for (std::size_t k = 0; k < c; ++k) {
          CHECK(sum[k] == doctest::Approx(expected[k]).epsilon(1e-12));
          CHECK(plain[k] == doctest::Approx(expected[k]).epsilon(1e-12));
          CHECK(sum_u[k] == doctest::Approx(expected_u[k]).epsilon(1e-12));
        }
      }
    }
  }
}
