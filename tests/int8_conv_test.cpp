// int8 convolution: every kernel of every ISA this machine has gives the portable kernel's bytes,
// in both rounding modes, for any number of threads, within its buffers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "quant/int8/conv.h"
#include "quant/int8/kernels/conv_args.h"
#include "quant/int8/kernels/dense_conv.h"
#include "quant/int8/kernels/depthwise_conv.h"
#include "tests/support.h"

namespace octet::int8 {
namespace {

using Random = std::mt19937_64;

int between(Random& random, int lo, int hi) {
  return lo +
         static_cast<int>(random() % (static_cast<unsigned>(hi) - static_cast<unsigned>(lo) + 1));
}

std::string describe(const ConvGeometry& g) {
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

const char* factors_name(Factors f) {
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

Data make_data(const ConvGeometry& g, std::int64_t batch, Codes codes, Random& random) {
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
Scaling make_scaling(const ConvGeometry& g, const Data& d, Factors factors, Rounding rounding,
                     Random& random) {
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

std::size_t outputs(const ConvGeometry& g, std::int64_t batch) {
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
  Guarded<std::byte> scratch(conv.scratch_bytes(threads), 0);
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

std::vector<Isa> simd_isas() {
  std::vector<Isa> isas = available_isas();
  isas.pop_back();
  return isas;
}

void check_all(const ConvGeometry& g, std::int64_t batch, Codes codes, std::vector<Factors> factors,
               std::uint64_t seed, std::vector<int> threads = {1}) {
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

const std::vector<Factors> all_factors = {Factors::typical, Factors::power_of_two, Factors::large,
                                          Factors::huge_bias};

/// Output extents follow from pads given for all four sides.
ConvGeometry geometry(int h, int w, int in_c, int out_c, int kernel_h, int kernel_w, int stride_h,
                      int stride_w, int top, int bottom, int left, int right, int groups = 1,
                      int dilation_h = 1, int dilation_w = 1) {
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

ConvGeometry matrix(int in_c, int out_c) {
  return geometry(1, 1, in_c, out_c, 1, 1, 1, 1, 0, 0, 0, 0);
}

ConvGeometry square(int size, int in_c, int out_c, int kernel, int stride, int pad,
                    int groups = 1) {
  return geometry(size, size, in_c, out_c, kernel, kernel, stride, stride, pad, pad, pad, pad,
                  groups);
}

TEST_SUITE_BEGIN("int8_conv");

TEST_CASE("portable convolution: hand-computed values") {
  // 2x2 image, one channel, 3x3 kernel with padding 1: the corner sees four taps.
  const ConvGeometry g = square(2, 1, 1, 3, 1, 1);
  const std::vector<std::int8_t> w = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<std::int8_t> x = {10, 20, 30, 40};
  const PackedConv conv(g, Isa::portable, w.data());
  ThreadPool pool(1);
  std::int32_t acc[4];
  conv.run_accumulators(x.data(), 10, acc, 1, pool, nullptr);
  // x - 10 = {0, 10, 20, 30}
  CHECK(acc[0] == 5 * 0 + 6 * 10 + 8 * 20 + 9 * 30);
  CHECK(acc[1] == 4 * 0 + 5 * 10 + 7 * 20 + 8 * 30);
  CHECK(acc[2] == 2 * 0 + 3 * 10 + 5 * 20 + 6 * 30);
  CHECK(acc[3] == 1 * 0 + 2 * 10 + 4 * 20 + 5 * 30);
  const std::int32_t bias = 2;
  const Multiplier eighth{1 << 30, -2};
  Requantization r;
  r.bias = &bias;
  r.multiplier = &eighth;
  r.output_zero_point = -7;
  r.hi = 50;
  std::int8_t y[4];
  conv.run(x.data(), 10, r, y, 1, pool, nullptr);
  CHECK(int(y[0]) == 50);  // 492 / 8 = 61.5 -> 62 - 7 = 55, clamped
  CHECK(int(y[1]) == 47);  // 432 / 8 = 54
  CHECK(int(y[2]) == 32);  // 312 / 8 = 39
  CHECK(int(y[3]) == 25);  // 252 / 8 = 31.5 -> 32
}

TEST_CASE("kernels are selected by ISA and geometry") {
  const std::vector<Isa> isas = available_isas();
  CHECK(isas.back() == Isa::portable);
  for (Isa isa : isas) {
    for (const ConvGeometry& g : {square(8, 16, 16, 3, 1, 1), matrix(64, 10),
                                  square(8, 32, 32, 3, 1, 1, 32), square(8, 3, 8, 3, 2, 1)}) {
      const std::string name = PackedConv(g, isa).kernel_name();
      CAPTURE(name);
      CHECK(name.starts_with("qs8_qc8w_"));
      CHECK(name.ends_with(isa_name(isa)));
    }
  }
}

TEST_CASE("fully connected: small, multiples of 16, powers of two and their neighbours") {
  std::uint64_t seed = 100;
  for (int k : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 200}) {
    for (int n : {1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 100}) {
      for (int batch : {1, 2, 5}) {
        if (batch > 1 && (k + n) % 3) continue;
        check_all(matrix(k, n), batch, Codes::uniform, {Factors::typical}, ++seed);
      }
    }
  }
}

TEST_CASE("fully connected: every number of rows up to two tiles") {
  for (int batch = 1; batch <= 34; ++batch) {
    for (int n : {13, 16, 32, 40}) {
      check_all(matrix(20, n), batch, Codes::uniform, {Factors::typical, Factors::power_of_two},
                static_cast<std::uint64_t>(batch));
    }
  }
}

TEST_CASE("fully connected: deep, shallow and narrow") {
  check_all(matrix(3136, 33), 1, Codes::uniform, all_factors, 1, {1, 2});
  check_all(matrix(4097, 10), 3, Codes::uniform, all_factors, 2);
  check_all(matrix(1, 1000), 2, Codes::uniform, all_factors, 3);
  check_all(matrix(2, 517), 40, Codes::uniform, all_factors, 4);
  check_all(matrix(300, 1), 130, Codes::uniform, all_factors, 5);
}

TEST_CASE("the deepest sums that fit 32 bits") {
  // 255 * 128 * k < 2^31; the offset of 128 alone passes 2^31 on the way.
  for (std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    check_all(matrix(65000, 18), 1, Codes::extreme, {Factors::typical, Factors::power_of_two},
              seed);
  }
}

TEST_CASE("every requantization: ties, left shifts, large biases") {
  std::uint64_t seed = 200;
  for (int repeat = 0; repeat < 10; ++repeat) {
    check_all(square(9, 8, 40, 3, 1, 1), 1, Codes::uniform, all_factors, ++seed);
    check_all(square(9, 8, 40, 1, 1, 0), 1, Codes::extreme, all_factors, ++seed);
    check_all(square(9, 40, 40, 3, 1, 1, 40), 1, Codes::uniform, all_factors, ++seed);
    check_all(square(9, 40, 40, 3, 1, 1, 40), 1, Codes::extreme, all_factors, ++seed);
  }
}

TEST_CASE("dense convolution: kernels, strides, dilations and asymmetric pads") {
  std::uint64_t seed = 300;
  for (int in_c : {1, 2, 3, 4, 5, 8, 17}) {
    for (int out_c : {1, 8, 16, 20, 33}) {
      const Codes codes = seed % 2 ? Codes::uniform : Codes::extreme;
      const std::vector<Factors> factors = {seed % 3 ? Factors::typical : Factors::power_of_two};
      check_all(geometry(7, 9, in_c, out_c, 3, 3, 1, 1, 1, 1, 1, 1), 1, codes, factors, ++seed);
      check_all(geometry(8, 7, in_c, out_c, 3, 3, 2, 2, 0, 1, 0, 1), 2, codes, factors, ++seed);
      check_all(geometry(7, 8, in_c, out_c, 3, 3, 2, 2, 1, 0, 1, 0), 1, codes, factors, ++seed);
      check_all(geometry(10, 6, in_c, out_c, 5, 2, 1, 2, 4, 0, 0, 3), 1, codes, factors, ++seed);
      check_all(geometry(9, 9, in_c, out_c, 3, 3, 1, 1, 2, 2, 2, 2, 1, 2, 2), 1, codes, factors,
                ++seed);
      check_all(geometry(12, 11, in_c, out_c, 3, 2, 2, 1, 3, 2, 1, 4, 1, 3, 5), 1, codes, factors,
                ++seed);
      check_all(geometry(7, 7, in_c, out_c, 1, 1, 2, 2, 0, 0, 0, 0), 2, codes, factors, ++seed);
      check_all(geometry(7, 7, in_c, out_c, 1, 1, 3, 2, 1, 2, 3, 1), 1, codes, factors, ++seed);
      check_all(geometry(6, 5, in_c, out_c, 1, 1, 1, 1, 0, 0, 0, 0), 5, codes, factors, ++seed);
      check_all(geometry(1, 40, in_c, out_c, 1, 7, 1, 3, 0, 0, 3, 3), 2, codes, factors, ++seed);
      check_all(geometry(4, 4, in_c, out_c, 4, 4, 1, 1, 0, 0, 0, 0), 3, codes, factors, ++seed);
      check_all(geometry(3, 3, in_c, out_c, 7, 7, 1, 1, 3, 3, 3, 3), 1, codes, factors, ++seed);
    }
  }
}

TEST_CASE("dense convolution: blocks of rows and columns, any number of threads") {
  const std::vector<Factors> typical = {Factors::typical};
  check_all(geometry(64, 50, 16, 40, 3, 3, 1, 1, 1, 1, 1, 1), 2, Codes::uniform, typical, 1,
            {1, 2, 3});
  check_all(geometry(3, 1500, 2, 17, 3, 3, 1, 1, 1, 1, 1, 1), 1, Codes::uniform, typical, 2,
            {1, 3});
  check_all(geometry(1, 2100, 5, 9, 1, 9, 1, 2, 0, 0, 4, 4), 2, Codes::uniform, typical, 3, {2});
  check_all(geometry(7, 7, 256, 200, 3, 3, 1, 1, 1, 1, 1, 1), 1, Codes::uniform, typical, 4,
            {1, 2, 3});
  check_all(matrix(700, 700), 5, Codes::uniform, typical, 5, {1, 2, 3});
  check_all(square(40, 24, 64, 1, 1, 0), 3, Codes::uniform, typical, 6, {1, 2, 3});
}

TEST_CASE("grouped convolution") {
  std::uint64_t seed = 400;
  for (int groups : {2, 3, 8}) {
    for (int group_in : {1, 2, 3, 4, 9}) {
      for (int group_out : {1, 4, 17, 40}) {
        check_all(
            geometry(6, 7, groups * group_in, groups * group_out, 3, 3, 1, 1, 1, 1, 1, 1, groups),
            1, Codes::uniform, {Factors::typical}, ++seed);
        check_all(
            geometry(6, 7, groups * group_in, groups * group_out, 1, 1, 1, 1, 0, 0, 0, 0, groups),
            2, Codes::uniform, {Factors::power_of_two}, ++seed);
        check_all(geometry(9, 7, groups * group_in, groups * group_out, 3, 2, 2, 1, 0, 1, 2, 1,
                           groups, 2, 3),
                  1, Codes::extreme, {Factors::typical}, ++seed);
      }
    }
  }
}

TEST_CASE("depthwise convolution: kernels, strides, dilations, multipliers and channel counts") {
  std::uint64_t seed = 500;
  for (int c : {2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 64, 72, 100, 144}) {
    const Codes codes = seed % 2 ? Codes::uniform : Codes::extreme;
    const std::vector<Factors> factors = {seed % 3 ? Factors::typical : Factors::power_of_two};
    for (int stride : {1, 2, 3}) {
      for (int kernel : {1, 2, 3, 4, 5, 7}) {
        const int pad = kernel / 2;
        check_all(geometry(9, 8, c, c, kernel, kernel, stride, stride, pad, pad, pad, pad, c), 1,
                  codes, factors, ++seed);
      }
      check_all(geometry(10, 7, c, c, 3, 3, stride, stride, 0, 1, 0, 1, c), 2, codes, factors,
                ++seed);
      check_all(geometry(7, 10, c, c, 3, 5, stride, 1, 2, 0, 0, 3, c), 1, codes, factors, ++seed);
      check_all(geometry(11, 12, c, c, 3, 3, stride, stride, 2, 2, 2, 2, c, 2, 2), 1, codes,
                factors, ++seed);
      check_all(geometry(11, 14, c, c, 3, 3, 1, stride, 4, 3, 5, 6, c, 3, 5), 1, codes, factors,
                ++seed);
    }
    check_all(geometry(6, 7, c, 2 * c, 3, 3, 1, 1, 1, 1, 1, 1, c), 1, codes, factors, ++seed);
    check_all(geometry(7, 6, c, 3 * c, 5, 5, 2, 2, 1, 2, 2, 1, c), 2, codes, factors, ++seed);
    check_all(geometry(1, 1, c, c, 3, 3, 1, 1, 1, 1, 1, 1, c), 1, codes, factors, ++seed);
    check_all(geometry(2, 40, c, c, 3, 3, 1, 1, 1, 1, 1, 1, c), 1, codes, factors, ++seed);
  }
}

TEST_CASE("depthwise convolution: any number of threads") {
  const std::vector<Factors> typical = {Factors::typical};
  check_all(square(56, 72, 72, 3, 1, 1, 72), 2, Codes::uniform, typical, 1, {1, 2, 3});
  check_all(square(57, 40, 40, 5, 2, 2, 40), 3, Codes::uniform, typical, 2, {1, 2, 3});
  check_all(geometry(4, 1300, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1, 8), 2, Codes::uniform, typical, 3,
            {1, 2});
}

TEST_CASE("random geometries") {
  Random random = test::rng(600);
  int iterations = 300;
  if (const char* env = std::getenv("OCTET_FUZZ_ITERS")) iterations = std::atoi(env);
  for (int i = 0; i < iterations; ++i) {
    const int kernel_h = between(random, 1, 5), kernel_w = between(random, 1, 5);
    const int dilation_h = between(random, 1, 3), dilation_w = between(random, 1, 3);
    const int span_h = (kernel_h - 1) * dilation_h + 1, span_w = (kernel_w - 1) * dilation_w + 1;
    const int top = between(random, 0, span_h - 1), bottom = between(random, 0, span_h - 1);
    const int left = between(random, 0, span_w - 1), right = between(random, 0, span_w - 1);
    const int h = std::max(1, span_h - top - bottom) + between(random, 0, 12);
    const int w = std::max(1, span_w - left - right) + between(random, 0, 20);
    const int groups = random() % 3 ? 1 : between(random, 1, 40);
    const int group_in = groups > 1 && random() % 2 ? 1 : between(random, 1, 24);
    const int group_out = groups > 8 ? between(random, 1, 2) : between(random, 1, 50);
    check_all(geometry(h, w, groups * group_in, groups * group_out, kernel_h, kernel_w,
                       between(random, 1, 3), between(random, 1, 3), top, bottom, left, right,
                       groups, dilation_h, dilation_w),
              between(random, 1, 3), random() % 2 ? Codes::uniform : Codes::extreme,
              {all_factors[random() % 4]}, random());
  }
}

TEST_CASE("packing again replaces the weights; objects run from several threads at once") {
  const ConvGeometry g = square(12, 16, 24, 3, 1, 1);
  Random random = test::rng(700);
  const Data first = make_data(g, 1, Codes::uniform, random);
  Data second = make_data(g, 1, Codes::uniform, random);
  ThreadPool one(1);
  std::vector<std::int32_t> expected(outputs(g, 1));
  PackedConv(g, Isa::portable, second.weights.data())
      .run_accumulators(second.x.data(), second.zero_point, expected.data(), 1, one, nullptr);
  for (Isa isa : available_isas()) {
    PackedConv conv(g, isa, first.weights.data());
    conv.pack(second.weights.data());
    PackedConv moved = std::move(conv);
    std::vector<std::vector<std::int32_t>> results(4, std::vector<std::int32_t>(expected.size()));
    std::vector<std::thread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] {
        ThreadPool pool(1);
        Guarded<std::byte> scratch(moved.scratch_bytes(1), 0);
        for (int i = 0; i < 20; ++i) {
          moved.run_accumulators(second.x.data(), second.zero_point, result.data(), 1, pool,
                                 scratch.data());
        }
      });
    }
    for (std::thread& t : threads) t.join();
    for (const auto& result : results) CHECK(result == expected);
  }
}

#if defined(__x86_64__)
// Stands in for AVX-VNNI, which few test machines have: the same source in another encoding.
TEST_CASE("256-bit VNNI kernels, as AVX-512 encodes them") {
  const std::vector<Isa> isas = available_isas();
  if (std::find(isas.begin(), isas.end(), Isa::avx512_vnni) == isas.end()) {
    MESSAGE("not run: this machine has no AVX-512 VNNI");
    return;
  }
  std::vector<ConvGeometry> dense, depthwise;
  for (int out_c : {1, 8, 9, 16, 30}) {
    for (int in_c : {1, 3, 8, 21}) {
      dense.push_back(square(9, in_c, out_c, 3, 1, 1));
      dense.push_back(square(9, in_c, out_c, 3, 2, 0));
      dense.push_back(square(7, in_c, out_c, 1, 1, 0));
    }
  }
  dense.push_back(square(6, 12, 51, 3, 1, 1, 3));
  for (int c : {5, 8, 16, 24, 33, 64}) {
    for (int stride : {1, 2}) {
      for (int kernel : {3, 5, 4}) depthwise.push_back(square(11, c, c, kernel, stride, 2, c));
    }
    depthwise.push_back(square(11, c, 2 * c, 3, 1, 1, c));
    depthwise.push_back(geometry(9, 12, c, c, 3, 3, 1, 1, 2, 2, 2, 2, c, 2, 2));
  }
  Random random = test::rng(800);
  ThreadPool one(1);
  const auto check = [&](const ConvGeometry& g, ConvAlgorithm& conv) {
    CAPTURE(describe(g));
    const Data d = make_data(g, 2, random() % 2 ? Codes::uniform : Codes::extreme, random);
    conv.pack(d.weights.data());
    const PackedConv portable(g, Isa::portable, d.weights.data());
    Guarded<std::byte> scratch(conv.scratch_bytes(1), 0);
    std::vector<std::int32_t> expected_acc(outputs(g, 2)), acc(outputs(g, 2));
    portable.run_accumulators(d.x.data(), d.zero_point, expected_acc.data(), 2, one, nullptr);
    conv.run(d.x.data(), d.zero_point, {nullptr, nullptr, acc.data()}, 2, one, scratch.data());
    CHECK(acc == expected_acc);
    for (Rounding rounding : {Rounding::single_rounding, Rounding::double_rounding}) {
      for (Factors f : all_factors) {
        const Scaling s = make_scaling(g, d, f, rounding, random);
        std::vector<std::int8_t> expected(outputs(g, 2)), y(outputs(g, 2));
        portable.run(d.x.data(), d.zero_point, s.r, expected.data(), 2, one, nullptr);
        conv.run(d.x.data(), d.zero_point, {&s.r, y.data(), nullptr}, 2, one, scratch.data());
        CHECK(y == expected);
      }
    }
    CHECK(scratch.guards_intact());
  };
  for (const ConvGeometry& g : dense) check(g, *make_dense_conv(g, avx512_vnni_narrow_kernels));
  for (const ConvGeometry& g : depthwise)
    check(g, *make_depthwise_conv(g, avx512_vnni_narrow_kernels));
}
#endif

TEST_SUITE_END();

}  // namespace
}  // namespace octet::int8
