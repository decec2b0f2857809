// Random graphs of the ops that compute on codes without weights, on every ISA, against exact
// arithmetic.
#include "tests/int8/random_case.h"

using namespace octet::int8;
using namespace octet::test;
using reference::Params;

namespace {

/// A shape that broadcasts to `y`: some dimensions 1, leading ones left out.
Dims broadcastable(RandomCase& c, const Dims& y) {
  Dims d = y;
  for (std::int32_t& n : d) {
    if (c.chance(40)) n = 1;
  }
  const int drop = c.chance(40) ? c.pick(0, static_cast<int>(y.size())) : 0;
  d.erase(d.begin(), d.begin() + drop);
  return d;
}

/// A case of a binary op whose codes f(a, b) computes.
void check_binary(RandomCase& c, OpCode op, const Attributes& attributes, Params a, Params b,
                  Params y, bool broadcast_a, const std::function<std::int8_t(int, int)>& f) {
  const Dims dy = c.dims(c.pick(1, 5));
  Dims da = dy, db = dy;
  if (c.chance(60)) db = broadcastable(c, dy);
  if (broadcast_a && c.chance(30)) std::swap(da, db);
  const int constant = c.pick(0, 2);  // 2: none
  const Codes ca = c.codes(count_of(da)), cb = c.codes(count_of(db));
  const int ta = constant == 0 && broadcast_a ? c.fixed(da, ca, a) : c.value(da, a);
  const int tb = constant == 1 ? c.fixed(db, cb, b) : c.value(db, b);
  const int ty = c.value(dy, y);
  c.node(op, {ta, tb}, {ty}, attributes);
  std::vector<int> inputs;
  for (const int t : {ta, tb}) {
    if (!c[t].constant) inputs.push_back(t);
  }
  c.check(inputs, {ty}, [&](const std::vector<Codes>& v) {
    std::size_t next = 0;
    const Codes& va = c[ta].constant ? ca : v[next++];
    const Codes& vb = c[tb].constant ? cb : v[next];
    Codes result(static_cast<std::size_t>(count_of(dy)));
    for_each_index(dy, [&](const Index& i) {
      result[flat(dy, i)] = f(va[broadcast_flat(da, i)], vb[broadcast_flat(db, i)]);
    });
    return result;
  });
}

/// A case of an op that is a function of one code.
void check_unary(RandomCase& c, OpCode op, const Attributes& attributes, Params x, Params y,
                 const std::function<std::int8_t(int)>& f) {
  Dims shape = c.dims(c.pick(1, 5));
  const int tx = c.value(shape, x), ty = c.value(shape, y);
  c.node(op, {tx}, {ty}, attributes);
  c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
    Codes result;
    for (const std::int8_t q : v[0]) result.push_back(f(q));
    return result;
  });
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("random ADD and SUB") {
    random_cases(1, 150, [](RandomCase& c) {
      const Params a = c.params(-10, 2), b = c.params(-10, 2);
      const Params y{std::max(a.s, b.s) * c.scale(-15, 12), c.zero_point()};
      const bool subtract = c.chance(50);
      const Activation activation = c.activation();
      check_binary(c, subtract ? OpCode::sub : OpCode::add, ElementwiseAttributes{activation}, a, b,
                   y, true, [&](int p, int q) {
                     return reference::clamped(reference::add(p, q, a, b, y, subtract, c.rounding),
                                               activation, y);
                   });
    });
  }

  TEST_CASE("random MUL: multipliers from 2^-20 to 2^12") {
    random_cases(2, 200, [](RandomCase& c) {
      const Params a = c.params(-6, 2), b = c.params(-6, 2);
      const Params y{a.s * b.s * c.scale(-12, 20), c.zero_point()};
      const Activation activation = c.activation();
      check_binary(
          c, OpCode::mul, ElementwiseAttributes{activation}, a, b, y, true, [&](int p, int q) {
            return reference::clamped(reference::mul(p, q, a, b, y, c.rounding), activation, y);
          });
    });
  }

  TEST_CASE("random PRELU, MINIMUM and MAXIMUM") {
    random_cases(3, 150, [](RandomCase& c) {
      const Params x = c.params(), alpha = c.params();
      const Params y{x.s * c.scale(-10, 10), c.zero_point()};
      check_binary(c, OpCode::prelu, {}, x, alpha, y, false,
                   [&](int q, int a) { return reference::prelu(q, a, x, alpha, y, c.rounding); });
    });
    random_cases(4, 100, [](RandomCase& c) {
      const Params p = c.params();
      const bool most = c.chance(50);
      check_binary(c, most ? OpCode::maximum : OpCode::minimum, {}, p, p, p, true,
                   [&](int a, int b) {
                     return static_cast<std::int8_t>(most ? std::max(a, b) : std::min(a, b));
                   });
    });
  }

  TEST_CASE("random RELU, RELU6, LEAKY_RELU, QUANTIZE, HARD_SWISH, LOGISTIC, TANH") {
    random_cases(5, 300, [](RandomCase& c) {
      const Params x = c.params(-9, 0), y{x.s * c.scale(-6, 8), c.zero_point()};
      const Rounding r = c.rounding;
      const float alpha = (c.chance(20) ? -1.0f : 1.0f) * c.scale(-5, 1);
      const Params sigmoid{1.0f / 256, -128}, tanh{1.0f / 128, 0};
      const Params swish{std::max(x.s * c.scale(-6, 8), x.s / 100.0f), c.zero_point()};
      switch (c.pick(0, 6)) {
        case 0:
          return check_unary(c, OpCode::relu, {}, x, y,
                             [&](int q) { return reference::relu(q, x, y, r); });
        case 1:
          return check_unary(c, OpCode::relu6, {}, x, x,
                             [&](int q) { return reference::relu6(q, x); });
        case 2:
          return check_unary(c, OpCode::leaky_relu, LeakyReluAttributes{alpha}, x, y,
                             [&](int q) { return reference::leaky_relu(q, alpha, x, y, r); });
        case 3:
          return check_unary(c, OpCode::quantize, {}, x, y,
                             [&](int q) { return reference::requantized(q, x, y, r); });
        case 4:
          return check_unary(c, OpCode::hard_swish, {}, x, swish,
                             [&](int q) { return reference::hard_swish(q, x, swish); });
        case 5:
          return check_unary(c, OpCode::logistic, {}, x, sigmoid,
                             [&](int q) { return reference::sigmoid(q, x, false, r); });
        default:
          return check_unary(c, OpCode::tanh, {}, x, tanh,
                             [&](int q) { return reference::sigmoid(q, x, true, r); });
      }
    });
  }

  TEST_CASE("random SOFTMAX: rank 1 to 4, any beta") {
    random_cases(6, 150, [](RandomCase& c) {
      Dims shape = c.dims(c.pick(1, 4));
      if (c.chance(10)) shape = {1, c.pick(500, 9000)};
      const Params x = c.params(-12, 1);
      const float beta = c.chance(50) ? 1.0f : c.scale(-3, 3);
      const int tx = c.value(shape, x), ty = c.value(shape, {1.0f / 256, -128});
      c.node(OpCode::softmax, {tx}, {ty}, SoftmaxAttributes{beta});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
        Codes result;
        for (auto row = v[0].begin(); row != v[0].end(); row += shape.back()) {
          const Codes y = reference::softmax(Codes(row, row + shape.back()), beta, x.s, c.rounding);
          result.insert(result.end(), y.begin(), y.end());
        }
        return result;
      });
    });
  }

  TEST_CASE("random MEAN: any axes of any rank, also negative, repeated or none") {
    random_cases(7, 250, [](RandomCase& c) {
      const int rank = c.pick(1, 5);
      const Dims in = c.chance(5) ? Dims{1, 40, 37, 18} : c.dims(rank);
      const auto n = static_cast<int>(in.size());
      const Params x = c.params(), y{x.s * c.scale(-8, 6), c.zero_point()};
      const bool keep_dims = c.chance(50);
      std::vector<bool> reduced(in.size(), false);
      Dims axes;
      for (int d = 0; d < n; ++d) {
        if (!c.chance(50)) continue;
        reduced[static_cast<std::size_t>(d)] = true;
        axes.push_back(c.chance(50) ? d : d - n);
        if (c.chance(10)) axes.push_back(d);
      }
      Dims out, kept;
      std::int64_t count = 1;
      for (std::size_t d = 0; d < in.size(); ++d) {
        if (reduced[d]) count *= in[d];
        kept.push_back(reduced[d] ? 1 : in[d]);
        if (!reduced[d] || keep_dims) out.push_back(kept[d]);
      }
      const int tx = c.value(in, x), ty = c.value(out, y);
      c.node(OpCode::mean, {tx, c.ints(axes)}, {ty}, MeanAttributes{keep_dims});
      if (axes.empty()) return;  // an empty constant cannot be built here
      c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
        std::vector<std::int64_t> sums(static_cast<std::size_t>(count_of(kept)), 0);
        for_each_index(in,
                       [&](const Index& i) { sums[broadcast_flat(kept, i)] += v[0][flat(in, i)]; });
        Codes result;
        for (const std::int64_t s : sums) {
          result.push_back(reference::mean(s, count, x, y, c.rounding));
        }
        return result;
      });
    });
  }

  TEST_CASE("random pools: paddings, strides, windows larger than the image, activations") {
    random_cases(8, 200, [](RandomCase& c) {
      const bool same = c.chance(50), most = c.chance(50);
      const int fh = c.pick(1, 5), fw = c.pick(1, 5), sh = c.pick(1, 3), sw = c.pick(1, 3);
      const int h = same ? c.pick(1, 9) : c.pick(fh, fh + 6);
      const int w = same ? c.pick(1, 9) : c.pick(fw, fw + 6);
      const Dims in{c.pick(1, 2), h, w, c.size(70)};
      const auto extent = [&](int size, int filter, int stride) {
        return same ? (size + stride - 1) / stride : (size - filter) / stride + 1;
      };
      const Dims out{in[0], extent(h, fh, sh), extent(w, fw, sw), in[3]};
      const auto before = [&](int size, int filter, int stride, int n) {
        return same ? std::max(0, (n - 1) * stride + filter - size) / 2 : 0;
      };
      const int top = before(h, fh, sh, out[1]), left = before(w, fw, sw, out[2]);
      const Params p = c.params(-6, 0);
      const Activation activation = c.activation();
      // Scales may differ by 1e-6: codes are pooled as they are, the output's clamp.
      const int tx = c.value(in, c.chance(20) ? Params{p.s + 5e-7f, p.z} : p);
      const int ty = c.value(out, p);
      c.node(most ? OpCode::max_pool_2d : OpCode::average_pool_2d, {tx}, {ty},
             PoolAttributes{.padding = same ? Padding::same : Padding::valid,
                            .stride_h = sh,
                            .stride_w = sw,
                            .filter_h = fh,
                            .filter_w = fw,
                            .activation = activation});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          int sum = 0, count = 0, largest = -128;
          for (int fy = 0; fy < fh; ++fy) {
            for (int fx = 0; fx < fw; ++fx) {
              const int y = i[1] * sh - top + fy, x = i[2] * sw - left + fx;
              if (y < 0 || x < 0 || y >= h || x >= w) continue;
              const int q = v[0][flat(in, {i[0], y, x, i[3]})];
              sum += q;
              ++count;
              largest = std::max(largest, q);
            }
          }
          const int code = most ? largest : reference::average(sum, count);
          result[flat(out, i)] = reference::clamped(code, activation, p);
        });
        return result;
      });
    });
  }

  TEST_CASE("random RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR") {
    random_cases(9, 200, [](RandomCase& c) {
      const bool bilinear = c.chance(60);
      const int mode = c.pick(0, 2);
      const ResizeAttributes a{.align_corners = mode == 1, .half_pixel_centers = mode == 2};
      const Dims in{c.pick(1, 2), c.pick(1, 9), c.pick(1, 9), c.size(40)};
      const Dims out{in[0], c.pick(1, 20), c.pick(1, 20), in[3]};
      const Params p = c.params();
      const int tx = c.value(in, p), ty = c.value(out, p);
      c.node(bilinear ? OpCode::resize_bilinear : OpCode::resize_nearest_neighbor,
             {tx, c.ints({out[1], out[2]})}, {ty}, a);
      struct Tap {
        int lo, hi;
        std::int64_t weight;  // of hi, in 1/1024
      };
      const auto tap = [&](int i, int n, int m) -> Tap {
        if (!bilinear) {
          const float scale = a.align_corners && m > 1
                                  ? static_cast<float>(n - 1) / static_cast<float>(m - 1)
                                  : static_cast<float>(n) / static_cast<float>(m);
          const float at = (static_cast<float>(i) + (a.half_pixel_centers ? 0.5f : 0.0f)) * scale;
          const int index = static_cast<int>(a.align_corners ? std::round(at) : std::floor(at));
          return {std::max(0, std::min(index, n - 1)), 0, 0};
        }
        const int scale = a.align_corners && m > 1 ? (1024 * (n - 1) + (m - 1) / 2) / (m - 1)
                                                   : (1024 * n + m / 2) / m;
        const int at = a.half_pixel_centers ? i * scale + scale / 2 - 512 : i * scale;
        const int lo = std::max(at / 1024, 0), hi = std::min((at + 1023) / 1024, n - 1);
        return {lo, hi, at - 1024 * lo};
      };
      c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          const Tap y = tap(i[1], in[1], out[1]), x = tap(i[2], in[2], out[2]);
          const auto at = [&](int iy, int ix) {
            return std::int64_t{v[0][flat(in, {i[0], iy, ix, i[3]})]};
          };
          if (!bilinear) {
            result[flat(out, i)] = static_cast<std::int8_t>(at(y.lo, x.lo));
            return;
          }
          const std::int64_t top = (1024 - x.weight) * at(y.lo, x.lo) + x.weight * at(y.lo, x.hi);
          const std::int64_t bottom =
              (1024 - x.weight) * at(y.hi, x.lo) + x.weight * at(y.hi, x.hi);
          result[flat(out, i)] =
              reference::bilinear((1024 - y.weight) * top + y.weight * bottom, c.rounding);
        });
        return result;
      });
    });
  }
}
