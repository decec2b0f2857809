// int8 convolution: every kernel of every ISA this machine has gives the portable kernel's bytes,
// in both rounding modes, for any number of threads, within its buffers.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "int8/kernels/conv_args.h"
#include "int8/kernels/dense_conv.h"
#include "int8/kernels/depthwise_conv.h"
#include "int8/kernels/packed_conv.h"
#include "tests/int8/conv_cases.h"
#include "tests/int8/isas.h"

namespace octet::int8 {

extern const ConvKernels avx_vnni_kernels_as_avx512;  // int8_vnni256.cpp

namespace {

using namespace conv_test;

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

// AVX-512 alone has no kernels of its own: those of the next one run.
Isa kernels_isa(Isa isa) {
  const std::vector<Isa> isas = available_isas();
  const auto at = std::find(isas.begin(), isas.end(), isa);
  return isa == Isa::avx512 ? at[1] : isa;
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
      // AMX has no depthwise kernel and leaves few channels to AVX-512.
      const bool tiles = g.groups == 1 && g.in_c > 3;
      CHECK(name.ends_with(
          isa_name(isa == Isa::amx_int8 && !tiles ? Isa::avx512_vnni : kernels_isa(isa))));
    }
    // A window too large for scratch memory.
    const ConvGeometry vast =
        geometry(4, 4, 2, 2, 3, 3, 1, 1, 90000, 90000, 90000, 90000, 1, 90000, 90000);
    CHECK(std::string(PackedConv(vast, isa).kernel_name()).ends_with("portable"));
    CHECK(PackedConv(vast, isa).scratch_bytes(1, 1) < 1000);
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

TEST_CASE("images one pixel wide, or as wide as the kernel") {
  std::uint64_t seed = 800;
  for (int c : {1, 2, 3, 8, 16, 40, 64, 100}) {
    const Codes codes = seed % 2 ? Codes::uniform : Codes::extreme;
    const std::vector<Factors> factors = {seed % 3 ? Factors::typical : Factors::power_of_two};
    const auto check = [&](const ConvGeometry& g) {
      ++seed;
      check_all(g, 1 + static_cast<std::int64_t>(seed % 2), codes, factors, seed, {1, 3});
    };
    for (int h : {1, 2, 9, 50}) {
      for (int stride : {1, 2}) {
        check(geometry(h, 1, c, c, 9, 1, stride, 1, 4, 4, 0, 0, c));
        check(geometry(h, 1, c, 2 * c, 5, 1, stride, 3, 4, 0, 0, 0, c));
        check(geometry(h, 1, c, c, 3, 1, stride, 1, 2, 2, 0, 0, c, 2, 5));
        check(geometry(h, 1, c, 17, 5, 1, stride, 1, 2, 2, 0, 0));
        check(geometry(h, 1, c, 33, 3, 1, stride, 2, 2, 2, 0, 0, 1, 2, 3));
        check(geometry(h, 4, c, 17, 3, 4, stride, 1, 1, 1, 0, 0));
        check(geometry(h, 1, c, c, 1, 1, stride, 1, 0, 0, 0, 0));
      }
      check(geometry(h, 1, c, c, h, 1, 1, 1, 0, 0, 0, 0, c));  // one output
      check(geometry(h, 1, c, 20, h, 1, 1, 1, 0, 0, 0, 0));
      check(geometry(h, 5, c, 20, h, 5, 2, 3, 0, 0, 0, 0));
      check(geometry(h, 5, c, 20, h, 3, 1, 1, 0, 0, 0, 0, 1, 1, 2));
    }
    check(geometry(700, 1, c, c, 5, 1, 1, 1, 2, 2, 0, 0, c));  // several blocks of columns
    check(geometry(700, 1, c, 9, 5, 1, 1, 1, 2, 2, 0, 0));
  }
  check_all(geometry(300, 1, 512, 40, 3, 1, 1, 1, 1, 1, 0, 0), 1, Codes::uniform,
            {Factors::typical}, 1, {1, 2});
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
  for (Isa isa : octet::test::isas_under_test()) {
    PackedConv conv(g, isa, first.weights.data());
    conv.pack(second.weights.data());
    PackedConv moved = std::move(conv);
    std::vector<std::vector<std::int32_t>> results(4, std::vector<std::int32_t>(expected.size()));
    std::vector<std::thread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] {
        ThreadPool pool(1);
        Guarded<std::byte> scratch(moved.scratch_bytes(1, 1), 0);
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
  const std::vector<Isa> isas = octet::test::isas_under_test();
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
    Guarded<std::byte> scratch(conv.scratch_bytes(1, 2), 0);
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
  for (const ConvGeometry& g : dense) check(g, *make_dense_conv(g, avx_vnni_kernels_as_avx512));
  for (const ConvGeometry& g : depthwise)
    check(g, *make_depthwise_conv(g, avx_vnni_kernels_as_avx512));
}
#endif

TEST_SUITE_END();

}  // namespace
}  // namespace octet::int8
