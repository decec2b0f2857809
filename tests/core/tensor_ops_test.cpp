// Add, sub, mul, minimum, maximum, slice, pad, transpose, concat, mean, resize, transposed
// convolution, dropout.
#include <doctest/doctest.h>

#include "tests/core/op_checks.h"

namespace octet::test {
namespace {

Window2d window(int k, int stride, Padding2d pads) {
  Window2d w;
  w.kernel_h = w.kernel_w = k;
  w.stride_h = w.stride_w = stride;
  w.padding = pads;
  return w;
}

std::vector<OpCase> cases() {
  const Tensor image = random_tensor({3, 5, 4, 6}, 1);
  const Tensor channels = random_tensor({3, 1, 1, 6}, 2), vector = random_tensor({6}, 3);
  using Vars = std::span<const Var>;
  return {
      {"add broadcast", {image, channels}, [](Vars v) { return v[0] + v[1]; }},
      {"add of a vector", {vector, image}, [](Vars v) { return v[0] + v[1]; }},
      {"add of rows and columns",
       {random_tensor({3, 5, 1, 1}, 6), random_tensor({3, 1, 4, 6}, 7)},
       [](Vars v) { return v[0] + v[1]; }},
      {"add of a constant", {image}, [](Vars v) { return v[0] + real(0.3); }},
      {"sub of a constant", {image}, [](Vars v) { return v[0] - real(0.3); }},
      {"sub from a constant", {image}, [](Vars v) { return real(0.3) - v[0]; }},
      {"minimum",
       {image, random_tensor(image.shape(), 13)},
       [](Vars v) { return minimum(v[0], v[1]); }},
      {"maximum",
       {image, random_tensor(image.shape(), 14)},
       [](Vars v) { return maximum(v[0], v[1]); }},
      {"minimum broadcast", {channels, image}, [](Vars v) { return minimum(v[0], v[1]); }},
      {"maximum broadcast", {image, vector}, [](Vars v) { return maximum(v[0], v[1]); }},
      {"minimum with a constant", {image}, [](Vars v) { return minimum(v[0], real(0.1)); }},
      {"maximum with itself", {image}, [](Vars v) { return maximum(v[0], v[0]); }},
      {"sub", {image, random_tensor(image.shape(), 4)}, [](Vars v) { return v[0] - v[1]; }},
      {"sub broadcast", {channels, image}, [](Vars v) { return v[0] - v[1]; }},
      {"mul", {image, random_tensor(image.shape(), 5)}, [](Vars v) { return v[0] * v[1]; }},
      {"mul by channels", {image, channels}, [](Vars v) { return v[0] * v[1]; }},
      {"mul by a vector", {vector, image}, [](Vars v) { return v[0] * v[1]; }},
      {"mul of rows and columns",
       {random_tensor({3, 5, 1, 1}, 6), random_tensor({3, 1, 4, 6}, 7)},
       [](Vars v) { return v[0] * v[1]; }},
      {"mul by a constant", {image}, [](Vars v) { return v[0] * real(0.3); }},
      {"square", {image}, [](Vars v) { return v[0] * v[0]; }},
      {"slice", {image}, [](Vars v) { return slice(v[0], 1, 1, 5, 2); }},
      {"slice of channels", {image}, [](Vars v) { return slice(v[0], -1, 2, 5); }},
      {"split",
       {image},
       [](Vars v) {
         const auto parts = split(v[0], 3, 3);
         return parts[2] * parts[0];
       }},
      {"pad2d",
       {image},
       [](Vars v) {
         return pad2d(v[0], {1, 0, 2, 3});
       }},
      {"pad2d with a value",
       {image},
       [](Vars v) {
         return pad2d(v[0], {1, 0, 2, 3}, real(-0.7));
       }},
      {"transpose",
       {image},
       [](Vars v) {
         return transpose(v[0], {0, 3, 1, 2});
       }},
      {"depth_to_space",
       {random_tensor({3, 2, 3, 8}, 10)},
       [](Vars v) { return depth_to_space(v[0], 2); }},
      {"concat",
       {image, random_tensor({3, 5, 4, 2}, 8)},
       [](Vars v) {
         return concat({v[1], v[0], v[1]}, -1);
       }},
      {"concat of rows",
       {image, random_tensor({3, 2, 4, 6}, 9)},
       [](Vars v) {
         return concat({v[0], v[1]}, 1);
       }},
      {"mean of the image",
       {image},
       [](Vars v) {
         return mean(v[0], {1, 2});
       }},
      {"mean, dims kept",
       {image},
       [](Vars v) {
         return mean(v[0], {-1, 1}, true);
       }},
      {"nearest", {image}, [](Vars v) { return resize_nearest(v[0], 10, 7); }},
      {"nearest, aligned",
       {image},
       [](Vars v) { return resize_nearest(v[0], 3, 9, Coordinates::align_corners); }},
      {"bilinear", {image}, [](Vars v) { return resize_bilinear(v[0], 9, 3); }},
      {"bilinear, aligned",
       {image},
       [](Vars v) { return resize_bilinear(v[0], 7, 8, Coordinates::align_corners); }},
      {"bilinear, asymmetric",
       {image},
       [](Vars v) { return resize_bilinear(v[0], 10, 8, Coordinates::asymmetric); }},
      {"conv_transpose2d",
       {image, random_tensor({2, 3, 3, 6}, 10), random_tensor({2}, 11)},
       [](Vars v) {
         return conv_transpose2d(v[0], v[1], v[2], window(3, 2, Padding2d::all(1)), 1, 1);
       }},
      {"conv_transpose2d, same",
       {image, random_tensor({3, 4, 4, 6}, 12)},
       [](Vars v) {
         return conv_transpose2d(v[0], v[1], window(4, 2, Padding2d::same_padding()));
       }},
      {"nearest, floor",
       {image},
       [](Vars v) {
         return resize_nearest(v[0], 8, 3, Coordinates::half_pixel, {NearestMode::floor, 1.7, 0.9});
       }},
      {"conv_transpose2d, groups and dilation",
       {image, random_tensor({6, 3, 2, 2}, 15), random_tensor({6}, 16)},
       [](Vars v) {
         Window2d w = window(3, 2, {1, 0, 2, 1});
         w.kernel_w = w.dilation_h = 2;
         return conv_transpose2d(v[0], v[1], v[2], w, 1, 0, 3);
       }},
      {"conv_transpose2d, depthwise",
       {image, random_tensor({6, 3, 3, 1}, 17)},
       [](Vars v) {
         return conv_transpose2d(v[0], v[1], window(3, 2, Padding2d::all(1)), 1, 1, 6);
       }},
      {"dropout", {image}, [](Vars v) { return dropout(v[0], 0.3, 5); }},
  };
}

}  // namespace

TEST_SUITE("core tensor ops") {
  TEST_CASE("values by hand") {
    Tape tape;
    const Var a = tape.input(counting({1, 2, 3})), b = tape.input(counting({3}));
    CHECK(largest_error((a - b).value(), {0, 0, 0, 3, 3, 3}) == 0);
    CHECK(largest_error((a * b).value(), {0, 1, 4, 0, 4, 10}) == 0);
    CHECK(largest_error((a + b).value(), {0, 2, 4, 3, 5, 7}) == 0);
    CHECK(largest_error((b + a).value(), {0, 2, 4, 3, 5, 7}) == 0);
    CHECK(largest_error((a + real(2)).value(), {2, 3, 4, 5, 6, 7}) == 0);
    CHECK(largest_error((real(2) - b).value(), {2, 1, 0}) == 0);
    CHECK(largest_error(minimum(a, real(3) - b).value(), {0, 1, 1, 3, 2, 1}) == 0);
    CHECK(largest_error(maximum(real(3) - b, a).value(), {3, 2, 2, 3, 4, 5}) == 0);
    CHECK(largest_error(minimum(a, real(2)).value(), {0, 1, 2, 2, 2, 2}) == 0);
    CHECK(largest_error(hard_tanh(a - real(2)).value(), {-1, -1, 0, 1, 1, 1}) == 0);
    constexpr real no_number = std::numeric_limits<real>::quiet_NaN();
    for (const Var y : {minimum(b, no_number), maximum(b, no_number), hard_tanh(b * no_number)}) {
      CHECK(std::isnan(y.value().r()[0]));
    }
    CHECK(largest_error(slice(a, 2, 0, 3, 2).value(), {0, 2, 3, 5}) == 0);
    CHECK(largest_error(split(a, 1, 2)[1].value(), {3, 4, 5}) == 0);
    CHECK(largest_error(transpose(a, {0, 2, 1}).value(), {0, 3, 1, 4, 2, 5}) == 0);
    CHECK(largest_error(concat({a, a}, 2).value(), {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}) == 0);
    CHECK(largest_error(concat({a, a}, 1).value(), {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}) == 0);
    CHECK(largest_error(mean(a, {1}).value(), {1.5, 2.5, 3.5}) == 0);
    CHECK(mean(a, {2}, true).shape() == Shape({1, 2, 1}));
    const Var image = tape.input(counting({1, 2, 2, 1}));
    const Var deep = tape.input(counting({1, 1, 2, 4}));
    CHECK(largest_error(depth_to_space(deep, 2).value(), {0, 1, 4, 5, 2, 3, 6, 7}) == 0);
    CHECK(largest_error(pad2d(image, {0, 1, 1, 0}).value(), {0, 0, 1, 0, 2, 3, 0, 0, 0}) == 0);
    CHECK(largest_error(pad2d(image, {0, 1, 1, 0}, 7).value(), {7, 0, 1, 7, 2, 3, 7, 7, 7}) == 0);
    CHECK(contains(error_of([&] { pad2d(image, {}, no_number); }), "a finite value"));
    CHECK(largest_error(resize_nearest(image, 3, 2).value(), {0, 1, 0, 1, 2, 3}) == 0);
    CHECK(largest_error(resize_bilinear(image, 2, 4).value(),
                        {0, 0.25, 0.75, 1, 2, 2.25, 2.75, 3}) < 1e-7);
    CHECK(largest_error(resize_bilinear(image, 2, 3, Coordinates::align_corners).value(),
                        {0, 0.5, 1, 2, 2.5, 3}) < 1e-7);
  }

  TEST_CASE("transposed convolution scatters") {
    struct Geometry {
      int kernel, stride, pad, extra, dilation = 1, groups = 1;
    };
    for (const Geometry& g : {Geometry{3, 2, 1, 1},
                              {2, 2, 0, 0},
                              {4, 2, 1, 0},
                              {3, 1, 1, 0},
                              {2, 3, 0, 2},
                              {3, 2, 1, 1, 2},
                              {3, 1, 3, 2, 3},
                              {3, 2, 1, 0, 1, 2},
                              {2, 2, 2, 1, 2, 4}}) {
      CAPTURE(g.kernel);
      CAPTURE(g.stride);
      CAPTURE(g.groups);
      const std::int64_t inner = 4 / g.groups, outer = 8 / g.groups;  // channels of a group
      const Tensor x = random_tensor({2, 3, 4, 4}, 1);
      const Tensor w = random_tensor({8, g.kernel, g.kernel, inner}, 2), b = random_tensor({8}, 3);
      Tape tape;
      Window2d shape = window(g.kernel, g.stride, Padding2d::all(g.pad));
      shape.dilation_h = shape.dilation_w = g.dilation;
      const Var y = conv_transpose2d(tape.input(x), tape.input(w), tape.input(b), shape, g.extra,
                                     g.extra, g.groups);
      const std::int64_t reach = (g.kernel - 1) * g.dilation + 1 - 2 * g.pad + g.extra;
      const std::int64_t h = 2 * g.stride + reach, width = 3 * g.stride + reach;
      REQUIRE(y.shape() == Shape({2, h, width, 8}));
      std::vector<double> expected(static_cast<std::size_t>(y.value().numel()));
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = double{b.r()[i % 8]};
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        const std::int64_t c = i % 4, ix = i / 4 % 4, iy = i / 16 % 3, n = i / 48;
        for (std::int64_t t = 0; t < w.numel(); ++t) {
          const std::int64_t o = t / (inner * g.kernel * g.kernel);
          if (t % inner != c % inner || o / outer != c / inner) continue;
          const std::int64_t oy =
              iy * g.stride - g.pad + t / inner / g.kernel % g.kernel * g.dilation;
          const std::int64_t ox = ix * g.stride - g.pad + t / inner % g.kernel * g.dilation;
          if (oy < 0 || oy >= h || ox < 0 || ox >= width) continue;
          expected[static_cast<std::size_t>(((n * h + oy) * width + ox) * 8 + o)] +=
              double{x.r()[i]} * double{w.r()[t]};
        }
      }
      CHECK(largest_error(y.value(), expected) < tolerance);
    }
  }

  TEST_CASE("resize as ONNX says it") {
    Tape tape;
    const Var row = tape.input(counting({1, 1, 4, 1}));
    const auto nearest = [&](int out, Coordinates c, NearestMode mode, double scale = 0) {
      return resize_nearest(row, 1, out, c, {mode, 0, scale}).value();
    };
    using C = Coordinates;
    using M = NearestMode;
    CHECK(largest_error(nearest(2, C::half_pixel, M::round_prefer_floor), {0, 2}) == 0);
    CHECK(largest_error(nearest(2, C::half_pixel, M::round_prefer_ceil), {1, 3}) == 0);
    CHECK(largest_error(nearest(2, C::half_pixel, M::floor), {0, 2}) == 0);
    CHECK(largest_error(nearest(2, C::half_pixel, M::ceil), {1, 3}) == 0);
    CHECK(largest_error(nearest(2, C::half_pixel, M::tflite), {1, 3}) == 0);
    CHECK(largest_error(nearest(8, C::asymmetric, M::ceil), {0, 1, 1, 2, 2, 3, 3, 3}) == 0);
    CHECK(largest_error(nearest(8, C::asymmetric, M::floor), {0, 0, 1, 1, 2, 2, 3, 3}) == 0);
    CHECK(largest_error(nearest(3, C::align_corners, M::round_prefer_floor), {0, 1, 3}) == 0);
    CHECK(largest_error(nearest(3, C::align_corners, M::tflite), {0, 2, 3}) == 0);
    CHECK(largest_error(nearest(1, C::pytorch_half_pixel, M::floor), {0}) == 0);
    CHECK(largest_error(nearest(1, C::half_pixel, M::floor), {1}) == 0);
    // 4 * 0.6 = 2.4, of which 2 are left; the places go by 1 / 0.6.
    CHECK(largest_error(resize_bilinear(row, 1, 2, C::half_pixel, {M::tflite, 0, 0.6}).value(),
                        {0.5 / 0.6 - 0.5, 1.5 / 0.6 - 0.5}) < 1e-6);
    CHECK(largest_error(resize_bilinear(row, 1, 1, C::pytorch_half_pixel).value(), {0}) == 0);
    CHECK(largest_error(resize_bilinear(row, 1, 1, C::half_pixel).value(), {1.5}) == 0);
    CHECK(contains(error_of([&] { nearest(2, C::half_pixel, M::floor, -1); }), "a scale >= 0"));
  }

  TEST_CASE("a window that counts what is partly inside") {
    const auto ceiled = [](int kernel, int stride, Padding2d pads, std::int64_t size) {
      const Window2d w = window(kernel, stride, pads).ceiled(size, size, "pool");
      return w.output_size(size, size, "pool").first;
    };
    CHECK(ceiled(3, 2, {}, 7) == 3);
    CHECK(ceiled(3, 2, {}, 8) == 4);
    CHECK(ceiled(2, 2, {}, 5) == 3);
    CHECK(ceiled(2, 2, Padding2d::all(1), 6) == 4);  // one more would start behind the input
    CHECK(ceiled(2, 3, {}, 3) == 1);                 // as would this
    CHECK(ceiled(2, 3, {}, 4) == 2);
    CHECK(ceiled(3, 2, {1, 0, 1, 0}, 7) == 4);
    Tape tape;
    const Var x = tape.input(counting({1, 3, 3, 1}));
    const Window2d w = window(2, 2, {}).ceiled(3, 3, "pool");
    CHECK(largest_error(max_pool2d(x, w).value(), {4, 5, 7, 8}) == 0);
    CHECK(largest_error(avg_pool2d(x, w).value(), {2, 3.5, 6.5, 8}) == 0);
  }

  TEST_CASE("dropout: what it keeps depends on seed, step and stream alone") {
    const Tensor ones = Tensor::full({40, 50, 10}, 1);
    const auto run = [&](int threads, std::uint64_t seed, std::uint64_t step,
                         std::uint64_t stream) {
      Context ctx(threads, seed);
      ctx.step = step;
      Tape tape(ctx);
      return dropout(tape.input(ones), 0.25, stream).value();
    };
    const Tensor y = run(1, 1, 2, 3);
    std::int64_t kept = 0;
    for (const real v : y.span<real>()) {
      CHECK_MESSAGE((v == 0 || v == real(1 / 0.75)), v);
      kept += v != 0;
    }
    CHECK(std::fabs(static_cast<double>(kept) / 20000 - 0.75) < 0.02);
    CHECK(same_bits(y, run(5, 1, 2, 3)));
    CHECK_FALSE(same_bits(y, run(1, 2, 2, 3)));
    CHECK_FALSE(same_bits(y, run(1, 1, 3, 3)));
    CHECK_FALSE(same_bits(y, run(1, 1, 2, 4)));
    Context ctx;
    ctx.training = false;
    Tape tape(ctx);
    CHECK(dropout(tape.input(ones), 0.25, 3).value().shares_storage(ones));
    CHECK(contains(error_of([&] { dropout(tape.input(ones), 1, 3); }), "[0, 1), got 1"));
  }

  TEST_CASE("dropout divides by the probability that its random bits have") {
    // 0.9999 is 65529 of 65536; 1 / (1 - 0.9999) would be 6.8 % too much.
    struct Case {
      double p;
      int kept_of_65536;
    };
    for (const Case& c : {Case{0.9999, 7}, {0.9999999, 1}, {0.4, 39322}}) {
      const double p = c.p;
      const int kept_of_65536 = c.kept_of_65536;
      CAPTURE(p);
      CHECK(DropoutOp(p, 1).keep() == kept_of_65536 / 65536.0);
      Context ctx(2, 1);
      Tape tape(ctx);
      const Var y = dropout(tape.input(Tensor::full({1 << 20}, 1)), p, 1);
      double sum = 0;
      std::int64_t others = 0;
      for (const real v : y.value().span<real>()) {
        others += v != 0 && v != static_cast<real>(65536.0 / kept_of_65536);
        sum += double{v};
      }
      CHECK(others == 0);
      const double deviation = std::sqrt(65536.0 / kept_of_65536 / (1 << 20));
      CHECK(std::fabs(sum / (1 << 20) - 1) < 4 * deviation);
    }
  }

  TEST_CASE("minimum and maximum: at a tie each operand gets half of the gradient") {
    const std::vector<real> a = {1, 2, 3, 4}, b = {2, 2, 1, 4};
    for (const bool smaller : {true, false}) {
      Tape tape;
      const Var va = tape.input(Tensor::from<real>({1, 4}, a), true);
      const Var vb = tape.input(Tensor::from<real>({1, 4}, b), true);
      tape.backward(mean(smaller ? minimum(va, vb) : maximum(va, vb), {1}));
      const double q = 0.25, h = 0.125;
      const std::vector<double> to_a =
          smaller ? std::vector{q, h, 0.0, h} : std::vector{0.0, h, q, h};
      CHECK(largest_error(tape.grad(va), to_a) == 0);
      CHECK(largest_error(tape.grad(vb), {q - to_a[0], h, q - to_a[2], h}) == 0);
    }
  }

  TEST_CASE("errors name op, expected and got") {
    Tape tape;
    const Var a = tape.input(Tensor::zeros({2, 3, 4, 5}));
    const Var b = tape.input(Tensor::zeros({2, 3, 4, 6}));
    CHECK(contains(error_of([&] { a* b; }), "mul: shapes [2, 3, 4, 5] and [2, 3, 4, 6]"));
    CHECK(contains(error_of([&] { minimum(a, b); }), "minimum: shapes [2, 3, 4, 5] and"));
    CHECK(contains(error_of([&] { slice(a, 4, 0, 1); }), "an axis of [2, 3, 4, 5], got 4"));
    CHECK(contains(error_of([&] { slice(a, 3, 2, 6); }), "an end of at most 5 on axis 3, got 6"));
    CHECK(contains(error_of([&] { split(a, 3, 2); }), "divides into 2 parts"));
    CHECK(contains(error_of([&] {
                     concat({a, b}, 1);
                   }),
                   "concat: input 1: expected [2, 3, 4, 5], got [2, 3, 4, 6]"));
    CHECK(contains(error_of([&] { transpose(a, {1, 0, 2, 2}); }), "a permutation of 0, 1"));
    CHECK(contains(error_of([&] { depth_to_space(a, 2); }), "C divisible by 4, got [2, 3, 4, 5]"));
    CHECK(contains(error_of([&] { depth_to_space(a, 0); }), "a block >= 1, got 0"));
    CHECK(contains(error_of([&] { mean(a, {4}); }), "different axes of [2, 3, 4, 5]"));
    CHECK(contains(error_of([&] { mean(a, {1, 1}); }), "different axes"));
    CHECK(contains(error_of([&] { pad2d(a, {-1, 0, 0, 0}); }), "explicit pads >= 0"));
    CHECK(contains(error_of([&] { resize_bilinear(a, 0, 2); }), "a size >= 1, got 0 x 2"));
    const Var w = tape.input(Tensor::zeros({4, 3, 3, 4}));
    CHECK(contains(error_of([&] { conv_transpose2d(a, w, window(3, 2, {})); }),
                   "conv_transpose2d: w: expected [O, 3, 3, 5], got [4, 3, 3, 4]"));
  }

  TEST_CASE("threads and gradients") {
    check_cases(cases());
    const Tensor big = random_tensor({8, 40, 40, 16}, 1);
    check_threads("mul by channels", {big, random_tensor({8, 1, 1, 16}, 2)},
                  [](std::span<const Var> v) { return v[0] * v[1]; });
    check_threads("bilinear", {big},
                  [](std::span<const Var> v) { return resize_bilinear(v[0], 17, 60); });
  }
}

}  // namespace octet::test
