// Convolutions, matrix products, pools and resizes of floats against loops from the definitions.
// All numbers are small integers, so that sums are exact in any order.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "tests/int8/build.h"
#include "tests/int8/refusal.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;
using octet::test::Builder;
using octet::test::Dims;

namespace {

using Floats = std::vector<float>;

Floats integers(std::mt19937_64& rng, std::int64_t n) {
  Floats values(static_cast<std::size_t>(n));
  for (float& v : values) v = static_cast<float>(static_cast<int>(rng() % 17) - 8);
  return values;
}

int constant(Builder& b, Dims shape, const Floats& values) {
  const int t = b.f32(std::move(shape));
  b[t].constant = own_bytes(std::as_bytes(std::span(values)));
  return t;
}

/// The first output, of samples back to back.
Floats run(const Graph& graph, const Floats& x, int batch, int threads, bool fuse = true) {
  ModelOptions options;
  options.ops = &all_ops();
  options.fuse = fuse;
  const Model model(graph, options);
  ExecutionContext context(model, {.batch = batch, .threads = threads});
  REQUIRE(context.input(0).size() == x.size() * sizeof(float));
  std::memcpy(context.input(0).data(), x.data(), context.input(0).size());
  context.run();
  Floats y(context.output(0).size() / sizeof(float));
  std::memcpy(y.data(), context.output(0).data(), context.output(0).size());
  return y;
}

/// At several numbers of threads, and each sample alone, it is `expected`, bit for bit.
void check(const Graph& graph, const Floats& x, const Floats& expected, int batch) {
  for (const int threads : {1, 3}) CHECK(run(graph, x, batch, threads) == expected);
  CHECK(run(graph, x, batch, 1, false) == expected);
  const auto in = static_cast<std::ptrdiff_t>(x.size()) / batch,
             out = static_cast<std::ptrdiff_t>(expected.size()) / batch;
  CHECK(run(graph, Floats(x.end() - in, x.end()), 1, 2) ==
        Floats(expected.end() - out, expected.end()));
}

struct Axis {
  int in, kernel, stride, dilation;
  bool same;
  int extent() const { return (kernel - 1) * dilation + 1; }
  int out() const { return same ? (in + stride - 1) / stride : (in - extent()) / stride + 1; }
  int pad() const { return same ? std::max(0, (out() - 1) * stride + extent() - in) / 2 : 0; }
};

float limited(float v, Activation a) {
  if (a == Activation::relu) return std::max(v, 0.0f);
  if (a == Activation::relu6) return std::min(std::max(v, 0.0f), 6.0f);
  if (a == Activation::relu_n1_to_1) return std::min(std::max(v, -1.0f), 1.0f);
  return v;
}

struct ConvCase {
  Axis h, w;
  int in_c, out_c, groups;
  Activation activation;
};

/// w: [out_c, kernel_h, kernel_w, in_c / groups].
Floats conv_loops(const ConvCase& c, const Floats& x, const Floats& w, const Floats& bias,
                  int batch) {
  const int depth = c.in_c / c.groups, of_group = c.out_c / c.groups;
  Floats y;
  for (int n = 0; n < batch; ++n)
    for (int oy = 0; oy < c.h.out(); ++oy)
      for (int ox = 0; ox < c.w.out(); ++ox)
        for (int oc = 0; oc < c.out_c; ++oc) {
          float sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(oc)];
          for (int ky = 0; ky < c.h.kernel; ++ky)
            for (int kx = 0; kx < c.w.kernel; ++kx)
              for (int d = 0; d < depth; ++d) {
                const int iy = oy * c.h.stride - c.h.pad() + ky * c.h.dilation,
                          ix = ox * c.w.stride - c.w.pad() + kx * c.w.dilation,
                          ic = oc / of_group * depth + d;
                if (iy < 0 || iy >= c.h.in || ix < 0 || ix >= c.w.in) continue;
                sum +=
                    x[static_cast<std::size_t>(((n * c.h.in + iy) * c.w.in + ix) * c.in_c + ic)] *
                    w[static_cast<std::size_t>(((oc * c.h.kernel + ky) * c.w.kernel + kx) * depth +
                                               d)];
              }
          y.push_back(limited(sum, c.activation));
        }
  return y;
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("floats: convolutions, dense, grouped and depthwise") {
    const ConvCase cases[] = {
        {{7, 3, 1, 1, true}, {5, 3, 1, 1, true}, 3, 4, 1, Activation::none},
        {{9, 3, 2, 1, false}, {8, 2, 3, 1, false}, 20, 5, 1, Activation::relu},
        {{9, 3, 1, 2, true}, {11, 3, 2, 2, true}, 36, 6, 3, Activation::relu6},
        {{1, 1, 1, 1, false}, {4, 1, 1, 1, false}, 33, 17, 1, Activation::relu_n1_to_1},
        {{8, 5, 2, 1, true}, {6, 3, 1, 1, true}, 5, 5, 5, Activation::relu},
        {{6, 3, 1, 1, false}, {7, 3, 2, 2, true}, 4, 12, 4, Activation::none},
    };
    std::mt19937_64 rng = octet::test::rng(5);
    constexpr int batch = 3;
    for (const ConvCase& c : cases) {
      for (const bool with_bias : {true, false}) {
        CAPTURE(c.in_c);
        const bool depthwise = c.groups == c.in_c;
        const std::int64_t taps = std::int64_t{c.h.kernel} * c.w.kernel;
        const Floats x = integers(rng, batch * c.h.in * c.w.in * c.in_c),
                     w = integers(rng, c.out_c * taps * c.in_c / c.groups),
                     bias = with_bias ? integers(rng, c.out_c) : Floats{};
        Floats stored = w;
        for (int o = 0; depthwise && o < c.out_c; ++o)
          for (std::int64_t k = 0; k < taps; ++k)
            stored[static_cast<std::size_t>(k * c.out_c + o)] =
                w[static_cast<std::size_t>(o * taps + k)];
        Builder b;
        const int in = b.f32({1, c.h.in, c.w.in, c.in_c});
        const int weight =
            constant(b,
                     depthwise ? Dims{1, c.h.kernel, c.w.kernel, c.out_c}
                               : Dims{c.out_c, c.h.kernel, c.w.kernel, c.in_c / c.groups},
                     stored);
        const int added = with_bias ? constant(b, {c.out_c}, bias) : -1;
        const int y = b.f32({1, c.h.out(), c.w.out(), c.out_c});
        ConvAttributes a{.stride_h = c.h.stride,
                         .stride_w = c.w.stride,
                         .dilation_h = c.h.dilation,
                         .dilation_w = c.w.dilation,
                         .activation = c.activation};
        if (depthwise) a.depth_multiplier = c.out_c / c.in_c;
        if (c.h.same != c.w.same) continue;
        a.padding = c.h.same ? Padding::same : Padding::valid;
        b.node(depthwise ? OpCode::depthwise_conv_2d : OpCode::conv_2d, {in, weight, added}, {y},
               a);
        check(b.done({in}, {y}), x, conv_loops(c, x, w, bias, batch), batch);
      }
    }
  }

  TEST_CASE("floats: a PAD in front of a convolution is fused, a PADV2 is not") {
    std::mt19937_64 rng = octet::test::rng(6);
    const Floats x = integers(rng, 2 * 5 * 4 * 2), w = integers(rng, 3 * 3 * 3 * 2);
    for (const bool zeros : {true, false}) {
      Builder b;
      const int in = b.f32({1, 5, 4, 2}), padded = b.f32({1, 8, 7, 2}), y = b.f32({1, 6, 5, 3});
      const int amounts = b.ints({0, 0, 2, 1, 1, 2, 0, 0}, {4, 2});
      // The lowest byte of 1.0f is 0, the code of real 0.
      if (zeros) {
        b.node(OpCode::pad, {in, amounts}, {padded});
      } else {
        b.node(OpCode::padv2, {in, amounts, constant(b, {}, {1.0f})}, {padded});
      }
      b.node(OpCode::conv_2d, {padded, constant(b, {3, 3, 3, 2}, w)}, {y}, ConvAttributes{});
      const Graph graph = b.done({in}, {y});
      const Floats fused = run(graph, x, 2, 2), apart = run(graph, x, 2, 2, false);
      CHECK(fused == apart);
      CHECK(Model(graph, {.ops = &all_ops()}).steps().size() == (zeros ? 1u : 2u));
    }
  }

  TEST_CASE("floats: FULLY_CONNECTED of rows") {
    std::mt19937_64 rng = octet::test::rng(7);
    const Floats x = integers(rng, 2 * 3 * 21), w = integers(rng, 5 * 21), bias = integers(rng, 5);
    Floats expected;
    for (int r = 0; r < 6; ++r)
      for (std::size_t o = 0; o < 5; ++o) {
        float sum = bias[o];
        for (std::size_t i = 0; i < 21; ++i)
          sum += x[static_cast<std::size_t>(r) * 21 + i] * w[o * 21 + i];
        expected.push_back(limited(sum, Activation::relu));
      }
    for (const bool keep : {true, false}) {
      Builder b;
      const int in = b.f32({1, 3, 21}), y = b.f32(keep ? Dims{1, 3, 5} : Dims{3, 5});
      b.node(OpCode::fully_connected, {in, constant(b, {5, 21}, w), constant(b, {5}, bias)}, {y},
             FullyConnectedAttributes{Activation::relu, keep});
      check(b.done({in}, {y}), x, expected, 2);
    }
  }

  TEST_CASE("floats: TRANSPOSE_CONV scatters each pixel times the kernel") {
    struct Sizes {
      int in, kernel, stride, out;
      Padding padding;
    };
    std::mt19937_64 rng = octet::test::rng(8);
    for (const Sizes& c : {Sizes{4, 3, 2, 8, Padding::same}, Sizes{4, 3, 2, 9, Padding::valid},
                           Sizes{3, 2, 3, 8, Padding::valid}, Sizes{5, 5, 1, 5, Padding::same}}) {
      CAPTURE(c.kernel);
      constexpr int in_c = 18, out_c = 3;
      const Floats x = integers(rng, 2 * c.in * c.in * in_c),
                   w = integers(rng, out_c * c.kernel * c.kernel * in_c),
                   bias = integers(rng, out_c);
      const int whole = (c.in - 1) * c.stride + c.kernel;
      const int pad = c.padding == Padding::same ? std::max(0, whole - c.out) / 2 : 0;
      Floats expected(static_cast<std::size_t>(2 * c.out * c.out * out_c));
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = bias[i % out_c];
      for (int n = 0; n < 2; ++n)
        for (int iy = 0; iy < c.in; ++iy)
          for (int ix = 0; ix < c.in; ++ix)
            for (int o = 0; o < out_c; ++o)
              for (int ky = 0; ky < c.kernel; ++ky)
                for (int kx = 0; kx < c.kernel; ++kx)
                  for (int d = 0; d < in_c; ++d) {
                    const int oy = iy * c.stride - pad + ky, ox = ix * c.stride - pad + kx;
                    if (oy < 0 || oy >= c.out || ox < 0 || ox >= c.out) continue;
                    expected[static_cast<std::size_t>(((n * c.out + oy) * c.out + ox) * out_c +
                                                      o)] +=
                        x[static_cast<std::size_t>(((n * c.in + iy) * c.in + ix) * in_c + d)] *
                        w[static_cast<std::size_t>(((o * c.kernel + ky) * c.kernel + kx) * in_c +
                                                   d)];
                  }
      Builder b;
      const int in = b.f32({1, c.in, c.in, in_c}), y = b.f32({1, c.out, c.out, out_c});
      b.node(OpCode::transpose_conv,
             {b.ints({1, c.out, c.out, out_c}), constant(b, {out_c, c.kernel, c.kernel, in_c}, w),
              in, constant(b, {out_c}, bias)},
             {y},
             TransposeConvAttributes{
                 .padding = c.padding, .stride_h = c.stride, .stride_w = c.stride});
      check(b.done({in}, {y}), x, expected, 2);
    }
  }

  TEST_CASE("floats: pools") {
    std::mt19937_64 rng = octet::test::rng(9);
    for (const bool same : {true, false}) {
      for (const bool maximum : {true, false}) {
        const Axis h{7, 3, 2, 1, same}, v{6, 2, 2, 1, same};
        constexpr int channels = 5;
        const Floats x = integers(rng, 2 * h.in * v.in * channels);
        Floats expected;
        for (int n = 0; n < 2; ++n)
          for (int oy = 0; oy < h.out(); ++oy)
            for (int ox = 0; ox < v.out(); ++ox)
              for (int c = 0; c < channels; ++c) {
                float sum = 0, most = -100;
                int count = 0;
                for (int ky = 0; ky < h.kernel; ++ky)
                  for (int kx = 0; kx < v.kernel; ++kx) {
                    const int iy = oy * h.stride - h.pad() + ky, ix = ox * v.stride - v.pad() + kx;
                    if (iy < 0 || iy >= h.in || ix < 0 || ix >= v.in) continue;
                    const float value =
                        x[static_cast<std::size_t>(((n * h.in + iy) * v.in + ix) * channels + c)];
                    sum += value;
                    most = std::max(most, value);
                    ++count;
                  }
                expected.push_back(
                    limited(maximum ? most : sum / static_cast<float>(count), Activation::relu));
              }
        Builder b;
        const int in = b.f32({1, h.in, v.in, channels}), y = b.f32({1, h.out(), v.out(), channels});
        b.node(maximum ? OpCode::max_pool_2d : OpCode::average_pool_2d, {in}, {y},
               PoolAttributes{.padding = same ? Padding::same : Padding::valid,
                              .stride_h = h.stride,
                              .stride_w = v.stride,
                              .filter_h = h.kernel,
                              .filter_w = v.kernel,
                              .activation = Activation::relu});
        check(b.done({in}, {y}), x, expected, 2);
      }
    }
  }

  TEST_CASE("floats: RESIZE_BILINEAR") {
    // By hand: a row 0, 8, 4 of one channel, twice.
    const auto resized = [](int out, ResizeAttributes a) {
      Builder b;
      const int in = b.f32({1, 2, 3, 1}), y = b.f32({1, 2, out, 1});
      b.node(OpCode::resize_bilinear, {in, b.ints({2, out})}, {y}, a);
      const Floats got = run(b.done({in}, {y}), {0, 8, 4, 0, 8, 4}, 1, 1);
      CHECK(Floats(got.begin(), got.begin() + out) == Floats(got.begin() + out, got.end()));
      return Floats(got.begin(), got.begin() + out);
    };
    CHECK(resized(6, {}) == Floats{0, 4, 8, 6, 4, 4});
    CHECK(resized(6, {.half_pixel_centers = true}) == Floats{0, 2, 6, 7, 5, 4});
    CHECK(resized(5, {.align_corners = true}) == Floats{0, 4, 8, 6, 4});
    CHECK(resized(3, {}) == Floats{0, 8, 4});
    CHECK(resized(1, {.half_pixel_centers = true}) == Floats{8});
  }

  TEST_CASE("floats: BATCH_MATMUL, transposed, broadcast, of a constant") {
    std::mt19937_64 rng = octet::test::rng(10);
    const Floats x = integers(rng, 2 * 3 * 4 * 5), z = integers(rng, 5 * 6);
    for (const bool adj : {false, true}) {
      Floats expected;
      for (std::size_t r = 0; r < 24; ++r)
        for (std::size_t j = 0; j < 6; ++j) {
          float sum = 0;
          for (std::size_t k = 0; k < 5; ++k)
            sum += x[r * 5 + k] * (adj ? z[j * 5 + k] : z[k * 6 + j]);
          expected.push_back(sum);
        }
      Builder b;
      const int in = b.f32({1, 3, 4, 5}), y = b.f32({1, 3, 4, 6});
      b.node(OpCode::batch_matmul, {in, constant(b, adj ? Dims{6, 5} : Dims{5, 6}, z)}, {y},
             BatchMatMulAttributes{.adj_y = adj});
      check(b.done({in}, {y}), x, expected, 2);
    }
    Builder b;  // x^T x
    const int in = b.f32({1, 3, 4, 5}), y = b.f32({1, 3, 5, 5});
    b.node(OpCode::batch_matmul, {in, in}, {y}, BatchMatMulAttributes{.adj_x = true});
    Floats expected;
    for (std::size_t m = 0; m < 6; ++m)
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t j = 0; j < 5; ++j) {
          float sum = 0;
          for (std::size_t k = 0; k < 4; ++k) sum += x[m * 20 + k * 5 + i] * x[m * 20 + k * 5 + j];
          expected.push_back(sum);
        }
    check(b.done({in}, {y}), x, expected, 2);
  }

  TEST_CASE("floats: operands that do not fit are refused") {
    const auto refused = [](const std::function<Graph(Builder&)>& make, const std::string& says) {
      Builder b;
      const std::string message = refusal(make(b));
      CAPTURE(message);
      CHECK(message.find(says) != message.npos);
    };
    refused(
        [&](Builder& b) {
          const int x = b.f32({1, 4, 4, 2}), w = b.f32({3, 1, 1, 2}), y = b.f32({1, 4, 4, 3});
          b.node(OpCode::conv_2d, {x, w}, {y}, ConvAttributes{});
          return b.done({x, w}, {y});
        },
        "constants");
    refused(
        [&](Builder& b) {
          const int x = b.f32({1, 4}), y = b.f32({1, 3});
          b.node(OpCode::fully_connected,
                 {x, constant(b, {3, 4}, Floats(12)), constant(b, {2}, Floats(2))}, {y},
                 FullyConnectedAttributes{});
          return b.done({x}, {y});
        },
        "expected 3 values");
    refused(
        [&](Builder& b) {
          const int x = b.i8({1, 4}), y = b.f32({1, 3});
          b.node(OpCode::fully_connected, {x, constant(b, {3, 4}, Floats(12))}, {y},
                 FullyConnectedAttributes{});
          return b.done({x}, {y});
        },
        "expected type f32");
    refused(
        [&](Builder& b) {
          const int x = b.f32({1, 4, 4, 2}), y = b.f32({1, 3, 4, 2});
          b.node(OpCode::max_pool_2d, {x}, {y}, PoolAttributes{});
          return b.done({x}, {y});
        },
        "shape");
  }
}
