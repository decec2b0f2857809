// What the tests of int8 convolution share: data, scalings that obey the contract, guarded buffers,
// and the comparison of every ISA's kernel with the portable one.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "int8/kernels/packed_conv.h"
#include "tests/int8/isas.h"
#include "tests/support.h"

namespace octet::int8::conv_test {

using Random = std::mt19937_64;

inline int between(Random& random, int lo, int hi) {
  return lo +
         static_cast<int>(random() % (static_cast<unsigned>(hi) - static_cast<unsigned>(lo) + 1));
}

inline std::string describe(const ConvGeometry& g) {
  std::ostringstream s;
  s << "in " << g.in_h << 'x' << g.in_w << 'x' << g.in_c << " out " << g.out_h << 'x' << g.out_w
    << 'x' << g.out_c << " kernel " << g.kernel_h << 'x' << g.kernel_w << " stride " << g.stride_h
    << ',' << g.stride_w << " dilation " << g.dilation_h << ',' << g.dilation_w << " pad "
    << g.pad_top << ',' << g.pad_left << " groups " << g.groups;
  return s.str();
}

/// n elements between guard bytes, starting `skew` bytes off alignment. The block ends with the
/// last guard, so that AddressSanitizer sees what the guards do not: reads beyond it.
template <class T>
class Guarded {
 public:
  Guarded(std::size_t n, std::size_t skew, std::size_t guard = 64)
      : n_(n), before_(64 + skew), after_(guard), bytes_(before_ + n * sizeof(T) + after_) {
    memory_.reset(static_cast<unsigned char*>(::operator new (bytes_, std::align_val_t{64})));
    std::memset(memory_.get(), pattern, bytes_);
  }
  T* data() { return reinterpret_cast<T*>(memory_.get() + before_); }
  std::size_t size() const { return n_; }
  bool guards_intact() const {
    const unsigned char* end = memory_.get() + bytes_;
    const auto is_pattern = [](unsigned char c) { return c == pattern; };
    return std::all_of(memory_.get(), memory_.get() + before_, is_pattern) &&
           std::all_of(end - after_, end, is_pattern);
  }

 private:
  static constexpr unsigned char pattern = 0xA7;
  struct Free {
    void operator()(unsigned char* p) const { ::operator delete (p, std::align_val_t{64}); }
  };
  std::size_t n_, before_, after_, bytes_;
  std::unique_ptr<unsigned char, Free> memory_;
};

enum class Codes { uniform, extreme };
enum class Factors { typical, power_of_two, large, huge_bias };

inline const char* factors_name(Factors f) {
  switch (f) {
    case Factors::typical:
      return "typical";
    case Factors::power_of_two:
      return "power of two (ties)";
    case Factors::large:
      return "large (left shifts)";
    default:
      return "huge bias";
  }
}

struct Data {
  std::vector<std::int8_t> weights, x;
  std::int32_t zero_point = 0;
};

inline Data make_data(const ConvGeometry& g, std::int64_t batch, Codes codes, Random& random) {
  Data d;
  d.weights.resize(static_cast<std::size_t>(g.out_c * g.weights_per_channel()));
  d.x.resize(static_cast<std::size_t>(batch * g.in_h * g.in_w * g.in_c));
  const int zero_points[] = {-128, 0, 127, -3};
  d.zero_point = zero_points[random() % 4];
  if (codes == Codes::uniform) {
    for (auto& w : d.weights) w = static_cast<std::int8_t>(between(random, -127, 127));
    for (auto& v : d.x) v = static_cast<std::int8_t>(between(random, -128, 127));
  } else {
    // One sign per channel and sample drives the accumulators to their largest values.
    const int ends[] = {-128, -127, 127};
    const std::int64_t k = g.weights_per_channel();
    for (std::size_t i = 0; i < d.weights.size(); ++i)
      d.weights[i] = static_cast<std::int8_t>(ends[static_cast<std::int64_t>(i) / k % 3]);
    for (auto& v : d.x) v = random() % 8 ? std::int8_t{127} : std::int8_t{-128};
    if (random() % 2) {
      for (auto& v : d.x) v = static_cast<std::int8_t>(~v);
    }
  }
  return d;
}

struct Scaling {
  std::vector<std::int32_t> bias;
  std::vector<Multiplier> multiplier;
  Requantization r;
};

/// Factors that obey Requantization's contract for the accumulators of `d`.
inline Scaling make_scaling(const ConvGeometry& g, const Data& d, Factors factors,
                            Rounding rounding, Random& random) {
  Scaling s;
  const std::int64_t k = g.weights_per_channel();
  for (int c = 0; c < g.out_c; ++c) {
    std::int64_t bound = 0;  // of |acc + bias|
    for (std::int64_t i = 0; i < k; ++i)
      bound += 255 * std::abs(d.weights[static_cast<std::size_t>(c * k + i)]);
    std::int32_t bias = between(random, -5000, 5000);
    double m = 0;
    switch (factors) {
      case Factors::typical:
        m = between(random, 1, 1000) * 2e-3 * 400.0 / static_cast<double>(bound + 1);
        break;
      case Factors::power_of_two:
        m = std::ldexp(1.0, -between(random, 0, 12));
        break;
      case Factors::large:
        m = std::ldexp(between(random, 1, 1000) * 1e-3, between(random, -6, 7));
        break;
      case Factors::huge_bias:
        bias = between(random, -(1 << 30), 1 << 30);
        m = std::ldexp(between(random, 500, 1000) * 1e-3, between(random, -24, -1));
        break;
    }
    if (c % 17 == 5) m = 0;
    bound += std::abs(std::int64_t{bias});
    Multiplier by = quantize_multiplier(m, rounding);
    while (by.shift > 0 && (bound << by.shift) >= (std::int64_t{1} << 31) - 256) --by.shift;
    s.bias.push_back(bias);
    s.multiplier.push_back(by);
  }
  s.r.bias = s.bias.data();
  s.r.multiplier = s.multiplier.data();
  s.r.output_zero_point = between(random, -128, 127);
  s.r.lo = random() % 2 ? -128 : between(random, -128, 0);
  s.r.hi = random() % 2 ? 127 : between(random, 1, 127);
  s.r.rounding = rounding;
  return s;
}

inline std::size_t outputs(const ConvGeometry& g, std::int64_t batch) {
  return static_cast<std::size_t>(batch * g.out_h * g.out_w * g.out_c);
}

/// Runs `conv` from unaligned, guarded buffers and compares with the expected values.
template <class T>
void check_run(const PackedConv& conv, const Data& d, const Requantization* r, std::int64_t batch,
               int threads, const std::vector<T>& expected, std::size_t skew) {
  ThreadPool pool(threads);
  Guarded<std::int8_t> x(d.x.size(), skew, 0);
  std::copy(d.x.begin(), d.x.end(), x.data());
  Guarded<T> y(expected.size(), sizeof(T) == 1 ? 3 * skew : 4 * skew);
  Guarded<std::byte> scratch(conv.scratch_bytes(threads, batch), 0);
  if constexpr (sizeof(T) == 1) {
    conv.run(x.data(), d.zero_point, *r, y.data(), batch, pool, scratch.data());
  } else {
    conv.run_accumulators(x.data(), d.zero_point, y.data(), batch, pool, scratch.data());
  }
  CHECK(y.guards_intact());
  CHECK(scratch.guards_intact());
  CHECK(std::equal(d.x.begin(), d.x.end(), x.data()));
  const auto differs = std::mismatch(expected.begin(), expected.end(), y.data());
  if (differs.first != expected.end()) {
    const auto at = differs.first - expected.begin();
    FAIL_CHECK("first difference at output " << at << " (channel " << at % conv.geometry().out_c
                                             << "): expected " << int(*differs.first) << ", got "
                                             << int(*differs.second));
  }
}

inline std::vector<Isa> simd_isas() {
  std::vector<Isa> isas = octet::test::isas_under_test();
  std::erase(isas, Isa::portable);
  return isas;
}

inline void check_all(const ConvGeometry& g, std::int64_t batch, Codes codes,
                      std::vector<Factors> factors, std::uint64_t seed,
                      std::vector<int> threads = {1}) {
  Random random = test::rng(seed);
  const Data d = make_data(g, batch, codes, random);
  const PackedConv portable(g, Isa::portable, d.weights.data());
  ThreadPool one(1);
  std::vector<std::int32_t> acc(outputs(g, batch));
  portable.run_accumulators(d.x.data(), d.zero_point, acc.data(), batch, one, nullptr);
  CAPTURE(describe(g));
  CAPTURE(batch);
  CAPTURE(seed);
  std::vector<PackedConv> convs;
  for (Isa isa : simd_isas()) convs.emplace_back(g, isa, d.weights.data());
  std::size_t skew = 0;
  for (const PackedConv& conv : convs) {
    CAPTURE(conv.kernel_name());
    for (int t : threads) {
      CAPTURE(t);
      check_run(conv, d, nullptr, batch, t, acc, ++skew);
    }
  }
  for (Factors f : factors) {
    for (Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
      const Scaling s = make_scaling(g, d, f, rounding, random);
      std::vector<std::int8_t> y(outputs(g, batch));
      portable.run(d.x.data(), d.zero_point, s.r, y.data(), batch, one, nullptr);
      CAPTURE(factors_name(f));
      CAPTURE(static_cast<int>(rounding));
      for (const PackedConv& conv : convs) {
        CAPTURE(conv.kernel_name());
        for (int t : threads) {
          CAPTURE(t);
          check_run(conv, d, &s.r, batch, t, y, ++skew);
        }
      }
    }
  }
}

inline const std::vector<Factors> all_factors = {Factors::typical, Factors::power_of_two,
                                                 Factors::large, Factors::huge_bias};

/// Output extents follow from pads given for all four sides.
inline ConvGeometry geometry(int h, int w, int in_c, int out_c, int kernel_h, int kernel_w,
                             int stride_h, int stride_w, int top, int bottom, int left, int right,
                             int groups = 1, int dilation_h = 1, int dilation_w = 1) {
  ConvGeometry g;
  g.in_h = h;
  g.in_w = w;
  g.in_c = in_c;
  g.out_c = out_c;
  g.kernel_h = kernel_h;
  g.kernel_w = kernel_w;
  g.stride_h = stride_h;
  g.stride_w = stride_w;
  g.dilation_h = dilation_h;
  g.dilation_w = dilation_w;
  g.pad_top = top;
  g.pad_left = left;
  g.groups = groups;
  g.out_h = (h + top + bottom - ((kernel_h - 1) * dilation_h + 1)) / stride_h + 1;
  g.out_w = (w + left + right - ((kernel_w - 1) * dilation_w + 1)) / stride_w + 1;
  return g;
}

inline ConvGeometry matrix(int in_c, int out_c) {
  return geometry(1, 1, in_c, out_c, 1, 1, 1, 1, 0, 0, 0, 0);
}

inline ConvGeometry square(int size, int in_c, int out_c, int kernel, int stride, int pad,
                           int groups = 1) {
  return geometry(size, size, in_c, out_c, kernel, kernel, stride, stride, pad, pad, pad, pad,
                  groups);
}

}  // namespace octet::int8::conv_test
