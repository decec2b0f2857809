// The kernels of every ISA where rounding is hard: power-of-two scales, so that ties are frequent,
// on every pair of codes, against exact arithmetic.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "int8/kernels/dispatch.h"
#include "int8/reference/add.h"
#include "int8/reference/mean.h"
#include "int8/reference/mul.h"
#include "int8/reference/pool.h"
#include "int8/reference/prelu.h"
#include "int8/reference/quantize.h"
#include "int8/reference/resize.h"
#include "int8/reference/softmax.h"
#include "int8/reference/tables/sigmoids.h"
#include "tests/int8/build.h"
#include "tests/int8/isas.h"
#include "tests/int8/op_reference.h"

using namespace octet::int8;
using namespace octet::test;
using reference::Params;

namespace {

/// All pairs: first[i], second[i].
struct Pairs {
  Codes first, second;
  Pairs() {
    for (int i = 0; i < 65536; ++i) {
      first.push_back(static_cast<std::int8_t>(i >> 8));
      second.push_back(static_cast<std::int8_t>(i));
    }
  }
  /// f(a, b) of every pair.
  template <class F>
  Codes map(const F& f) const {
    Codes y;
    for (std::size_t i = 0; i < first.size(); ++i) y.push_back(f(first[i], second[i]));
    return y;
  }
};

/// kernel(params, a, b, y, n) of every ISA on all pairs.
template <class F, class P>
void check_pairs(Kernel<F> (*kernel)(Isa) noexcept, const P& params, const Pairs& pairs,
                 const Codes& expected) {
  for (const Isa isa : octet::test::isas_under_test()) {
    Codes y(expected.size());
    kernel(isa).run(params, pairs.first.data(), pairs.second.data(), y.data(), 65536);
    CAPTURE(std::string(kernel(isa).name));
    CHECK(first_difference(y, expected) == -1);
  }
}

struct Scales {
  float a, b, y;
};
constexpr Scales tie_scales[] = {{0.25f, 0.25f, 0.5f},
                                 {1.0f, 2.0f, 4.0f},
                                 {0.5f, 0.5f, 0.25f},
                                 {2.0f, 0.125f, 8.0f},
                                 {0.5f, 0.25f, 0.03125f}};
constexpr int zeros[][3] = {{0, 0, 0}, {-128, 127, 3}, {5, -7, -128}, {127, 127, 127}};

/// Columns of all codes: [columns, 256]; column 0 is the codes, the others are constants.
Codes columns_of(const std::vector<int>& constants) {
  Codes x = all_codes();
  for (const int c : constants) x.insert(x.end(), 256, static_cast<std::int8_t>(c));
  return x;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("ADD, SUB, MUL and PRELU kernels: every pair of codes on tie scales") {
    const Pairs pairs;
    for (const Rounding r : both_roundings) {
      for (std::size_t k = 0; k < std::size(tie_scales); ++k) {
        const Scales& s = tie_scales[k];
        const auto& z = zeros[k % 4];
        const Params a{s.a, z[0]}, b{s.b, z[1]}, y{s.y, z[2]};
        CAPTURE(k);
        for (const bool subtract : {false, true}) {
          const auto make = subtract ? make_sub_params : make_add_params;
          const reference::AddFactors f = reference::add_factors(a, b, y);
          std::vector<std::int64_t> u, v;
          for (int q = -128; q <= 127; ++q) {
            u.push_back(reference::times(std::int64_t{q - a.z} << 20, f.a, r));
            v.push_back(reference::times(std::int64_t{q - b.z} << 20, f.b, r));
          }
          check_pairs(add_kernel, make(a.s, a.z, b.s, b.z, y.s, y.z, Activation::none, r), pairs,
                      pairs.map([&](int p, int q) {
                        const std::int64_t left = u[static_cast<std::size_t>(p + 128)];
                        const std::int64_t right = v[static_cast<std::size_t>(q + 128)];
                        const std::int64_t sum = subtract ? left - right : left + right;
                        return saturated(reference::times(sum, f.y, r) + y.z);
                      }));
        }
        check_pairs(
            mul_kernel, make_mul_params(a.s, a.z, b.s, b.z, y.s, y.z, Activation::none, r), pairs,
            pairs.map([&](int p, int q) { return saturated(reference::mul(p, q, a, b, y, r)); }));
        check_pairs(prelu_kernel, make_prelu_params(a.s, a.z, b.s, b.z, y.s, y.z, r), pairs,
                    pairs.map([&](int p, int q) { return reference::prelu(p, q, a, b, y, r); }));
      }
    }
  }

  TEST_CASE("MEAN kernels: sums of two, three, four and eight codes") {
    for (const Rounding r : both_roundings) {
      for (const std::size_t count : {2, 3, 4, 8}) {
        for (const float so : {0.5f, 1.0f, 2.0f}) {
          const Params x{1.0f, -3}, y{so, 11};
          const MeanParams params =
              make_mean_params(x.s, x.z, y.s, y.z, static_cast<std::int64_t>(count), r);
          ReductionLayout layout;
          layout.inner = layout.run_stride = 256;
          layout.kept = layout.reduced = {0};
          layout.run = static_cast<std::int64_t>(count);
          for (int c = -128; c <= 127; ++c) {
            std::vector<int> constants(count - 1, 0);
            constants[0] = c;
            const Codes in = columns_of(constants);
            Codes expected;
            for (int q = -128; q <= 127; ++q) {
              expected.push_back(reference::mean(q + c, static_cast<std::int64_t>(count), x, y, r));
            }
            for (const Isa isa : octet::test::isas_under_test()) {
              Codes out(256);
              mean_kernel(isa).run(params, layout, in.data(), 0, 1, out.data());
              CAPTURE(std::string(mean_kernel(isa).name));
              CAPTURE(count);
              CAPTURE(c);
              CHECK(first_difference(out, expected) == -1);
            }
          }
        }
      }
    }
  }

  TEST_CASE("AVERAGE_POOL_2D kernels: half away from zero, of two to five thousand codes") {
    for (const int count : {2, 3, 4, 6, 16, 4000, 5000}) {
      const PoolGeometry g{.in_w = count, .channels = 256, .filter_w = count};
      for (int c = -128; c <= 127; c += count > 16 ? 51 : 1) {
        std::vector<int> constants(static_cast<std::size_t>(count - 1), count > 16 ? c : 0);
        constants[0] = c;
        std::int64_t rest = 0;
        for (const int k : constants) rest += k;
        const Codes in = columns_of(constants);
        Codes expected;
        for (int q = -128; q <= 127; ++q) expected.push_back(reference::average(q + rest, count));
        for (const Isa isa : octet::test::isas_under_test()) {
          Codes out(256);
          average_pool_kernel(isa).run(g, {}, in.data(), 0, out.data());
          CAPTURE(std::string(average_pool_kernel(isa).name));
          CAPTURE(count);
          CAPTURE(c);
          CHECK(first_difference(out, expected) == -1);
        }
      }
    }
  }

  TEST_CASE("RESIZE_BILINEAR kernels: halves and quarters of every pair of codes") {
    const BilinearTap taps[] = {{0, 1, 512, 512}, {0, 1, 256, 768}, {0, 0, 1024, 0}};
    for (const Rounding r : both_roundings) {
      for (const std::int32_t weight_top : {1024, 512, 256}) {
        for (int c = -128; c <= 127; ++c) {
          const Codes top = columns_of({c}), bottom = columns_of({-c - 1});
          const BilinearRow row{.top = top.data(),
                                .bottom = bottom.data(),
                                .weight_top = weight_top,
                                .weight_bottom = 1024 - weight_top,
                                .taps = taps,
                                .columns = 3,
                                .channels = 256};
          Codes expected;
          for (const BilinearTap& t : taps) {
            for (int q = -128; q <= 127; ++q) {
              const std::int64_t upper = t.weight_lo * q + t.weight_hi * c;
              const std::int64_t lower = t.weight_lo * q + t.weight_hi * (-c - 1);
              expected.push_back(
                  reference::bilinear(row.weight_top * upper + row.weight_bottom * lower, r));
            }
          }
          for (const Isa isa : octet::test::isas_under_test()) {
            Codes y(expected.size());
            bilinear_kernel(isa).run(row, r, y.data());
            CAPTURE(std::string(bilinear_kernel(isa).name));
            CAPTURE(c);
            CHECK(first_difference(y, expected) == -1);
          }
        }
      }
    }
  }

  TEST_CASE("SOFTMAX kernels: every pair of codes") {
    const Pairs pairs;
    for (const Rounding r : both_roundings) {
      for (const float scale : {1.0f, 0.0625f, 0.00390625f}) {
        const SoftmaxParams params = make_softmax_params(1.0f, scale, r);
        Codes x, expected;
        for (std::size_t i = 0; i < 65536; i += 7) {
          const Codes row{pairs.first[i], pairs.second[i]};
          const Codes y = reference::softmax(row, 1.0f, scale, r);
          x.insert(x.end(), row.begin(), row.end());
          expected.insert(expected.end(), y.begin(), y.end());
        }
        for (const Isa isa : octet::test::isas_under_test()) {
          Codes y(x.size());
          for (std::size_t i = 0; i < x.size(); i += 2) {
            softmax_kernel(isa).run(params, x.data() + i, y.data() + i, 2);
          }
          CAPTURE(std::string(softmax_kernel(isa).name));
          CAPTURE(scale);
          CHECK(first_difference(y, expected) == -1);
        }
      }
    }
  }

  TEST_CASE("LOGISTIC, TANH and HARD_SWISH tables on power-of-two scales") {
    for (int k = -12; k <= 1; ++k) {
      for (const int z : {-128, -1, 0, 77, 127}) {
        const Params x{std::ldexp(1.0f, k), z}, y{std::ldexp(1.0f, k + 1), 3};
        const Table logistic = make_logistic_codes(x.s, x.z).table(),
                    tanh = make_tanh_codes(x.s, x.z).table();
        const Table swish = make_hard_swish_codes(x.s, x.z, y.s, y.z).table();
        for (int q = -128; q <= 127; ++q) {
          const auto i = static_cast<std::size_t>(q + 128);
          CAPTURE(k);
          CAPTURE(z);
          CAPTURE(q);
          for (const Rounding r : both_roundings) {  // the table does not depend on it
            CHECK(int{logistic[i]} == int{reference::sigmoid(q, x, false, r)});
            CHECK(int{tanh[i]} == int{reference::sigmoid(q, x, true, r)});
          }
          CHECK(int{swish[i]} == int{reference::hard_swish(q, x, y)});
        }
      }
    }
  }

  TEST_CASE("DEQUANTIZE kernels: the double product rounded once") {
    std::mt19937_64 rng(12);
    const Codes x = all_codes();
    for (int n = 0; n < 200; ++n) {
      const float scale = std::ldexp(1.0f + static_cast<float>(rng() >> 41) * 0x1p-23f,
                                     static_cast<int>(rng() % 240) - 120);
      const int z = static_cast<int>(rng() % 256) - 128;
      for (const Isa isa : octet::test::isas_under_test()) {
        std::vector<float> y(256);
        dequantize_kernel(isa).run(x.data(), scale, z, y.data(), 256);
        CAPTURE(std::string(dequantize_kernel(isa).name));
        CAPTURE(scale);
        for (int q = -128; q <= 127; ++q) {
          const auto expected = static_cast<float>(double{scale} * (q - z));
          CHECK(y[static_cast<std::size_t>(q + 128)] == expected);
        }
      }
    }
  }
}
