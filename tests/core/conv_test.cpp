// Convolution: naive equality, gradients, thread independence, beta and errors over one table.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "core/gradcheck.h"
#include "core/kernels/conv/float_conv.h"
#include "core/ops/ops.h"
#include "tests/core/naive.h"

namespace octet::test {
namespace {

struct ConvCase {
  const char* why;
  Shape x;
  std::int64_t out_c;
  Window2d window;
  int groups = 1;
  Shape w() const { return {out_c, window.kernel_h, window.kernel_w, x[3] / groups}; }
  ConvShape shape() const { return conv_shape(x, w(), window, groups); }
};

Window2d window(int kh, int kw, int sh, int sw, Padding2d pad, int dh = 1, int dw = 1) {
  return {kh, kw, sh, sw, dh, dw, pad};
}

const Padding2d same = Padding2d::same_padding();

const std::vector<ConvCase>& cases() {
  static const std::vector<ConvCase> table = {
      {"1x1 stride 1: no packing", {2, 5, 7, 6}, 4, window(1, 1, 1, 1, {})},
      {"1x1 stride 2: phases without taps", {2, 5, 6, 3}, 5, window(1, 1, 2, 2, {})},
      {"3x3 pad 1, odd image", {2, 7, 9, 5}, 3, window(3, 3, 1, 1, Padding2d::all(1))},
      {"3x3 stride 2 pad 1, even image", {2, 8, 8, 4}, 6, window(3, 3, 2, 2, Padding2d::all(1))},
      {"3x3 stride 2 SAME, even image", {2, 8, 6, 4}, 6, window(3, 3, 2, 2, same)},
      {"3x3 stride 2 SAME, odd image", {2, 9, 7, 4}, 6, window(3, 3, 2, 2, same)},
      {"asymmetric pads", {1, 6, 5, 3}, 4, window(3, 2, 1, 1, {2, 0, 0, 3})},
      {"one channel in, 5x5", {2, 12, 10, 1}, 8, window(5, 5, 1, 1, Padding2d::all(2))},
      {"one channel out", {1, 6, 6, 7}, 1, window(3, 3, 1, 1, same)},
      {"stride larger than the kernel", {1, 11, 10, 3}, 4, window(2, 2, 3, 4, {})},
      {"unequal strides and kernel", {1, 9, 10, 2}, 3, window(1, 4, 2, 3, {0, 0, 1, 2})},
      {"dilation 2", {1, 9, 8, 3}, 4, window(3, 3, 1, 1, same, 2, 2)},
      {"dilation 3 with stride 2", {1, 13, 12, 2}, 3, window(3, 2, 2, 2, {3, 2, 1, 2}, 3, 3)},
      {"dilation 2 with stride 4", {1, 14, 13, 2}, 3, window(3, 3, 4, 4, {1, 2, 0, 3}, 2, 2)},
      {"pads larger than the image", {1, 2, 2, 2}, 2, window(3, 3, 1, 1, Padding2d::all(4))},
      {"groups 2", {2, 6, 5, 6}, 4, window(3, 3, 1, 1, Padding2d::all(1)), 2},
      {"groups 3, 1x1", {2, 4, 4, 6}, 9, window(1, 1, 1, 1, {}), 3},
      {"groups 2, stride 2", {2, 7, 6, 4}, 6, window(3, 3, 2, 2, Padding2d::all(1)), 2},
      {"depthwise, few channels", {2, 6, 7, 3}, 3, window(3, 3, 1, 1, Padding2d::all(1)), 3},
      {"depthwise, vector and tail", {1, 5, 6, 45}, 45, window(3, 3, 1, 1, same), 45},
      {"depthwise stride 2 SAME, even", {2, 8, 6, 9}, 9, window(3, 3, 2, 2, same), 9},
      {"depthwise dilation 2", {1, 9, 8, 8}, 8, window(3, 3, 1, 1, same, 2, 2), 8},
      {"depthwise, 7 vectors", {2, 7, 19, 112}, 112, window(3, 3, 1, 1, same), 112},
      {"depthwise 5x5 stride 2, 3 vectors", {2, 12, 11, 48}, 48, window(5, 5, 2, 2, same), 48},
      {"depthwise 4x3, 2 vectors", {1, 6, 30, 24}, 24, window(4, 3, 1, 1, {2, 1, 1, 1}), 24},
      {"depthwise multiplier 2", {2, 6, 5, 4}, 8, window(3, 3, 2, 2, Padding2d::all(1)), 4},
      {"depthwise multiplier 3, 1x1", {2, 4, 3, 2}, 6, window(1, 1, 1, 1, {}), 2},
      // 8 channels and more: the register kernels, where the CPU has them.
      {"8 channels out", {2, 11, 9, 3}, 8, window(3, 3, 2, 2, Padding2d::all(1))},
      {"37 channels out, 11 in", {2, 9, 10, 11}, 37, window(3, 3, 1, 1, same)},
      {"19 channels out, 24 in", {1, 8, 9, 24}, 19, window(3, 2, 1, 1, {1, 1, 0, 1})},
      {"3 vectors of channels", {2, 9, 7, 16}, 48, window(3, 3, 1, 1, same)},
      {"4 vectors, 17 columns: blocks of 9 and 8", {1, 5, 17, 2}, 64, window(2, 3, 1, 1, same)},
      {"stride 2, pads at the end only", {2, 10, 9, 5}, 16, window(3, 3, 2, 2, {0, 1, 0, 1})},
      {"dilation of rows", {1, 12, 10, 16}, 16, window(3, 3, 1, 1, same, 2, 1)},
      {"dilation of columns, one-column kernel",
       {1, 9, 6, 16},
       16,
       window(3, 1, 1, 1, {1, 1, 0, 0}, 1, 3)},
      {"dilation of columns, 16 channels", {1, 8, 12, 16}, 16, window(3, 3, 1, 1, same, 1, 2)},
      {"1x1, 16 channels: the image as one row", {2, 9, 9, 16}, 32, window(1, 1, 1, 1, {})},
      {"1x1, several images a row", {6, 3, 3, 16}, 40, window(1, 1, 1, 1, {})},
      {"1x1 stride 2, 16 channels", {2, 9, 8, 16}, 16, window(1, 1, 2, 2, {})},
      {"3x3 stride 2, 16 channels, odd and even", {2, 9, 8, 16}, 24, window(3, 3, 2, 2, same)},
      {"3x3 stride 2, no pads, 8 channels", {2, 10, 9, 8}, 16, window(3, 3, 2, 2, {})},
      {"stride 2 with dilation 3 of rows",
       {1, 14, 9, 16},
       16,
       window(3, 3, 2, 1, Padding2d::all(1), 3, 1)},
      {"stride 3 beyond the kernel", {2, 10, 11, 16}, 16, window(2, 2, 3, 3, {1, 0, 0, 1})},
      {"5x5 stride 3, pads of 4", {1, 11, 10, 24}, 16, window(5, 5, 3, 3, Padding2d::all(4))},
      {"1x1 with a pad", {1, 9, 8, 3}, 16, window(1, 1, 1, 1, {1, 0, 0, 2})},
      {"no pads: in place", {2, 12, 11, 16}, 16, window(3, 3, 1, 1, {})},
      {"pads beyond the kernel, 16 channels",
       {1, 3, 3, 16},
       16,
       window(3, 3, 1, 1, Padding2d::all(4))},
      {"all in the padding", {1, 1, 1, 3}, 16, window(1, 1, 20, 20, Padding2d::all(5))},
      {"image of one pixel", {3, 1, 1, 5}, 4, window(3, 3, 1, 1, same)},
  };
  return table;
}

// Shapes that take several tiles, partial sums and slices; too large for a gradient check.
const std::vector<ConvCase>& large_cases() {
  static const std::vector<ConvCase> table = {
      {"several tiles an image", {2, 40, 40, 24}, 16, window(3, 3, 1, 1, Padding2d::all(1))},
      {"many images: partial sums of runs", {37, 6, 6, 8}, 24, window(3, 3, 1, 1, same)},
      {"large weights: slices by kernel row", {3, 6, 6, 160}, 176, window(3, 3, 1, 1, same)},
      {"large weights, 1x1: slices of channels", {3, 5, 5, 430}, 340, window(1, 1, 1, 1, {})},
      {"large weights, one row: slices of channels",
       {2, 4, 5, 200},
       300,
       window(1, 3, 1, 1, {0, 0, 1, 1})},
      {"several tiles, 16 channels", {2, 45, 40, 32}, 32, window(3, 3, 1, 1, same)},
      {"several tiles, stride 2", {1, 61, 63, 32}, 32, window(5, 3, 2, 2, same)},
      {"3x3 stride 2, 16 channels, several tiles", {2, 66, 70, 16}, 32, window(3, 3, 2, 2, same)},
      {"the first layer of LeNet", {3, 28, 28, 1}, 32, window(5, 5, 1, 1, Padding2d::all(2))},
      {"depthwise, many rows", {9, 17, 19, 40}, 40, window(3, 3, 2, 2, same), 40},
      {"pieces of several images", {70, 12, 12, 16}, 16, window(3, 3, 1, 1, same)},
      {"pieces of several images, 1x1", {50, 6, 6, 48}, 64, window(1, 1, 1, 1, {})},
      {"1x1, images in several pieces", {3, 48, 50, 40}, 24, window(1, 1, 1, 1, {})},
      {"depthwise, values of an image no multiple of 8",
       {90, 9, 9, 13},
       13,
       window(3, 3, 1, 1, same),
       13},
      {"1x1, a last piece in larger tiles", {158, 6, 6, 128}, 128, window(1, 1, 1, 1, {})},
      {"1x1 stride 2, pieces", {12, 16, 16, 64}, 64, window(1, 1, 2, 2, {})},
      {"stride 2, pieces", {24, 21, 23, 9}, 11, window(3, 3, 2, 2, same)},
  };
  return table;
}

std::vector<ConvCase> all_cases() {
  std::vector<ConvCase> all = cases();
  all.insert(all.end(), large_cases().begin(), large_cases().end());
  return all;
}

struct Operands {
  explicit Operands(const ConvCase& c)
      : x(random_tensor(c.x, 1)),
        w(random_tensor(c.w(), 2)),
        b(random_tensor({c.out_c}, 3)),
        dy(random_tensor({c.x[0], c.shape().out_h, c.shape().out_w, c.out_c}, 4)) {}
  Tensor x, w, b, dy;
};

// Hands out a tensor's values piece by piece, and counts how often each was asked for.
class Pieces final : public LazyGradient {
 public:
  explicit Pieces(Tensor dy) : asked(static_cast<std::size_t>(dy.numel())), dy_(std::move(dy)) {}
  void begin(std::int64_t pieces) override {
    seen = std::vector<std::atomic<int>>(static_cast<std::size_t>(pieces));
  }
  void make(std::int64_t piece, std::int64_t first, std::int64_t count,
            real* out) noexcept override {
    aligned = aligned && first % 8 == 0 && count % dy_.shape()[-1] == 0;
    ++seen[static_cast<std::size_t>(piece)];
    for (std::int64_t i = first; i < first + count; ++i) {
      ++asked[static_cast<std::size_t>(i)];
      out[i - first] = dy_.r()[i];
    }
  }
  const Tensor& source() const override { return dy_; }
  bool all_once() const {
    const auto once = [](const std::atomic<int>& n) { return n == 1; };
    return aligned && std::ranges::all_of(asked, once) && std::ranges::all_of(seen, once);
  }

  std::vector<std::atomic<int>> asked, seen;
  std::atomic<bool> aligned = true;

 private:
  Tensor dy_;
};

struct Results {
  Results(Context& ctx, const ConvCase& c, const Operands& o, real beta)
      : y(Tensor::full(o.dy.shape(), 7)),
        y_bias(Tensor::full(o.dy.shape(), 7)),
        dx(Tensor::full(c.x, 1)),
        dw(Tensor::full(c.w(), 1)) {
    const ConvShape s = c.shape();
    conv_forward(ctx, s, o.x.r(), o.w.r(), nullptr, y.r());
    conv_forward(ctx, s, o.x.r(), o.w.r(), o.b.r(), y_bias.r());
    conv_backward_input(ctx, s, o.w.r(), o.dy.r(), dx.r(), beta);
    conv_backward_weights(ctx, s, o.x.r(), o.dy.r(), dw.r(), beta);
  }
  Tensor y, y_bias, dx, dw;
};

}  // namespace

TEST_SUITE("core conv") {
  TEST_CASE("forward and both backwards equal the naive loops, beta 0 and 1") {
    Context ctx;
    for (const ConvCase& c : all_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      const ConvShape s = c.shape();
      const std::vector<double> y = naive::conv(s, o.x, o.w, {});
      const std::vector<double> y_bias = naive::conv(s, o.x, o.w, o.b);
      const std::vector<double> dx = naive::conv_dx(s, o.w, o.dy);
      const std::vector<double> dw = naive::conv_dw(s, o.x, o.dy);
      for (real beta : {real(0), real(1)}) {
        CAPTURE(beta);
        const Results r(ctx, c, o, beta);
        CHECK(largest_error(r.y, y) < tolerance);
        CHECK(largest_error(r.y_bias, y_bias) < tolerance);
        const auto plus_beta = [&](std::vector<double> v) {
          for (double& e : v) e += double{beta};  // what was there is all ones
          return v;
        };
        CHECK(largest_error(r.dx, plus_beta(dx)) < tolerance);
        CHECK(largest_error(r.dw, plus_beta(dw)) < tolerance);
      }
    }
  }

  TEST_CASE("both gradients of a gradient that is made in pieces") {
    for (const ConvCase& c : all_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      const ConvShape s = c.shape();
      Tensor first_dx, first_dw;
      for (int threads : {1, 2, 5}) {
        CAPTURE(threads);
        Context ctx(threads);
        Pieces dy(o.dy);
        Tensor dx = Tensor::full(c.x, 1), dw = Tensor::full(c.w(), 1);
        conv_backward(ctx, s, o.x.r(), o.w.r(), dy, {dx.r(), 0}, {dw.r(), 1});
        CHECK(dy.all_once());
        if (threads == 1) {
          first_dx = dx;
          first_dw = dw;
          std::vector<double> expected = naive::conv_dw(s, o.x, o.dy);
          for (double& e : expected) e += 1;
          CHECK(largest_error(dx, naive::conv_dx(s, o.w, o.dy)) < tolerance);
          CHECK(largest_error(dw, expected) < tolerance);
        } else {
          CHECK(same_bits(dx, first_dx));
          CHECK(same_bits(dw, first_dw));
        }
      }
      Context ctx;
      Pieces unused(o.dy);
      conv_backward(ctx, s, o.x.r(), o.w.r(), unused, {}, {});
      CHECK(unused.all_once());
    }
  }

  TEST_CASE("dx takes the memory of a gradient made in pieces where nobody else has it") {
    int taken = 0;
    for (const ConvCase& c : all_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      Context one;
      Pieces kept(o.dy);
      Tensor dx = Tensor::empty(c.x), dw = Tensor::empty(c.w());
      conv_backward(one, c.shape(), o.x.r(), o.w.r(), kept, {dx.r(), 0}, {dw.r(), 0});
      for (int threads : {1, 2, 5}) {
        CAPTURE(threads);
        Context ctx(threads);
        // Gradients of dx and dw; whether dx lies where dy was.
        const auto run = [&](Pieces& dy, Grad& to) {
          Tensor w = Tensor::empty(c.w());
          conv_backward(ctx, c.shape(), o.x.r(), o.w.r(), dy, {&to, c.x}, {w.r(), 0});
          CHECK(same_bits(w, dw));
          return to.value().shares_storage(dy.source());
        };
        Pieces own(o.dy.clone());
        Grad first;
        const bool in_place = run(own, first);
        CHECK(first.value().shape() == c.x);
        CHECK(same_bits(first.value(), dx));
        if (in_place) CHECK(o.dy.numel() == first.value().numel());
        taken += in_place;

        Pieces shared(o.dy);
        Grad second;
        CHECK(!run(shared, second));
        CHECK(same_bits(second.value(), dx));

        Pieces late(o.dy.clone());
        Grad sum;
        sum.add(Tensor::full(c.x, 1), ctx);
        CHECK(!run(late, sum));
      }
    }
    CHECK(taken > 0);
  }

  TEST_CASE("an input of codes gives the bits of the reals that they stand for") {
    Context ctx(2);
    constexpr real scale = real(0.03);
    constexpr std::int32_t zero_point = -7;
    for (const ConvCase& c : all_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      Tensor codes = Tensor::empty(c.x, ElementType::i8), reals = Tensor::empty(c.x);
      auto* q = codes.data<std::int8_t>();
      for (std::int64_t i = 0; i < codes.numel(); ++i) {
        q[i] = static_cast<std::int8_t>(i * 37 % 256 - 128);
      }
      dequantize(ctx.isa, q, codes.numel(), scale, zero_point, reals.r());
      const auto gradients = [&](const ConvInput& x) {
        Pieces dy(o.dy);
        Tensor dx = Tensor::empty(c.x), dw = Tensor::empty(c.w());
        conv_backward(ctx, c.shape(), x, o.w.r(), dy, {dx.r(), 0}, {dw.r(), 0});
        return std::pair(dx, dw);
      };
      const auto of_codes = gradients({ctx.isa, q, scale, zero_point});
      const auto of_reals = gradients(reals.r());
      CHECK(same_bits(of_codes.first, of_reals.first));
      CHECK(same_bits(of_codes.second, of_reals.second));
    }
  }

  TEST_CASE("beta 0 does not read what was there") {
    Context ctx;
    for (const ConvCase& c : all_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      Tensor dx = Tensor::full(c.x, std::numeric_limits<real>::quiet_NaN());
      Tensor dw = Tensor::full(c.w(), std::numeric_limits<real>::quiet_NaN());
      conv_backward_input(ctx, c.shape(), o.w.r(), o.dy.r(), dx.r(), 0);
      conv_backward_weights(ctx, c.shape(), o.x.r(), o.dy.r(), dw.r(), 0);
      CHECK(std::ranges::none_of(dx.span<real>(), [](real v) { return std::isnan(v); }));
      CHECK(std::ranges::none_of(dw.span<real>(), [](real v) { return std::isnan(v); }));
    }
  }

  TEST_CASE("the same bits at 1, 2 and 5 threads") {
    Context one(1);
    for (const ConvCase& c : all_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      const Results expected(one, c, o, 1);
      for (int threads : {2, 5}) {
        CAPTURE(threads);
        Context ctx(threads);
        const Results r(ctx, c, o, 1);
        CHECK(same_bits(r.y, expected.y));
        CHECK(same_bits(r.y_bias, expected.y_bias));
        CHECK(same_bits(r.dx, expected.dx));
        CHECK(same_bits(r.dw, expected.dw));
      }
    }
  }

  TEST_CASE("scratch comes from the pool: no growth in the steady state") {
    Context ctx(2);
    for (const ConvCase& c : large_cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      ctx.pool.trim();
      Results(ctx, c, o, 0);
      const Pool::Usage first = ctx.pool.usage();
      Results(ctx, c, o, 0);
      CHECK(ctx.pool.usage().cached == first.cached);
      CHECK(ctx.pool.usage().in_use == 0);
    }
  }

  TEST_CASE("an empty batch gives no output and zero weight gradients") {
    Context ctx;
    const ConvShape s = conv_shape({0, 4, 4, 2}, {3, 3, 3, 2}, window(3, 3, 1, 1, same), 1);
    Tensor dw = Tensor::full({3, 3, 3, 2}, 5);
    conv_forward(ctx, s, nullptr, dw.r(), nullptr, nullptr);
    conv_backward_weights(ctx, s, nullptr, nullptr, dw.r(), 1);
    CHECK(dw.r()[0] == 5);
    conv_backward_weights(ctx, s, nullptr, nullptr, dw.r(), 0);
    CHECK(std::ranges::all_of(dw.span<real>(), [](real v) { return v == 0; }));
  }

  TEST_CASE("errors say op, operand, expected and got") {
    const auto shape = [](Shape x, Shape w, Window2d v, int groups) {
      return error_of([&] { conv_shape(x, w, v, groups); });
    };
    const Window2d v = window(3, 3, 1, 1, {});
    CHECK(contains(shape({8, 8, 3}, {4, 3, 3, 3}, v, 1),
                   "conv2d: x: expected [N, H, W, C], got [8, 8, 3]"));
    CHECK(contains(shape({1, 8, 8, 3}, {4, 3, 3, 2}, v, 1), "w: expected [4, 3, 3, 3]"));
    CHECK(contains(shape({1, 8, 8, 3}, {4, 3, 3, 2}, v, 1), "got [4, 3, 3, 2]"));
    CHECK(contains(shape({1, 8, 8, 3}, {4, 3, 3, 1}, v, 2), "groups"));
    CHECK(contains(shape({1, 8, 8, 4}, {3, 3, 3, 2}, v, 2), "multiple of 2 output channels"));
    CHECK(contains(shape({1, 2, 8, 3}, {4, 3, 3, 3}, v, 1), "window height"));
    CHECK(contains(shape({1, 8, 8, 3}, {4, 3, 3, 3}, window(3, 3, 0, 1, {}), 1), "stride"));
    CHECK(contains(shape({1, 8, 8, 3}, {4, 3, 3, 3}, window(3, 3, 1, 1, {-1, 0, 0, 0}), 1),
                   "padding"));
    Context ctx;
    Tape tape(ctx);
    const Var x = tape.input(random_tensor({1, 8, 8, 3}, 1));
    const Var w = tape.input(random_tensor({4, 3, 3, 3}, 2));
    const Var b = tape.input(random_tensor({5}, 3));
    CHECK(contains(error_of([&] { conv2d(x, w, b, v); }), "conv2d: b: expected [4], got [5]"));
    CHECK(tape.size() == 3);
  }

  TEST_CASE("attributes tell ops apart") {
    CHECK(Conv2dOp(window(3, 3, 2, 2, same), 1).attributes() ==
          "kernel=3x3, stride=2x2, dilation=1x1, padding=same, groups=1");
    CHECK(Conv2dOp(window(3, 3, 2, 2, {1, 0, 1, 0}), 4).attributes() ==
          "kernel=3x3, stride=2x2, dilation=1x1, padding=[1, 0, 1, 0], groups=4");
  }

#ifdef OCTET_REAL_DOUBLE
  TEST_CASE("gradients, each operand used once and twice") {
    Context ctx;
    for (const ConvCase& c : cases()) {
      CAPTURE(c.why);
      const Operands o(c);
      for (int uses : {1, 2}) {
        CAPTURE(uses);
        const GradCheckResult r = check_gradients(
            ctx,
            [&](Tape&, std::span<const Var> v) {
              Var y = conv2d(v[0], v[1], v[2], c.window, c.groups);
              return uses == 1 ? y : y + conv2d(v[0], v[1], v[2], c.window, c.groups);
            },
            {o.x, o.w, o.b}, {.most = 60});
        CAPTURE(r.where);
        CHECK(r.worst < 1e-6);
      }
    }
  }
#endif
}

}  // namespace octet::test
