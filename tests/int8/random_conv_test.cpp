// Random graphs of the ops with weights, on every ISA, against sums in 64 bits: CONV_2D (grouped,
// dilated), DEPTHWISE_CONV_2D, FULLY_CONNECTED and TRANSPOSE_CONV with every option.
#include "tests/int8/random_case.h"

using namespace octet::int8;
using namespace octet::test;
using reference::Params;

namespace {

/// Weights of `channels` outputs with their scales, and a bias or none.
struct Weights {
  Codes codes;
  std::vector<float> scale;  ///< one or `channels`
  std::vector<std::int32_t> bias;
  bool has_bias = true;

  Weights(RandomCase& c, std::int64_t count, int channels) : codes(c.weights(count)) {
    const int scales = c.chance(50) ? channels : 1;
    for (int i = 0; i < scales; ++i) scale.push_back(c.scale(-10, -4));
    has_bias = c.chance(75);
    for (int i = 0; i < channels; ++i) bias.push_back(has_bias ? c.pick(-20000, 20000) : 0);
  }
  float scale_of(int channel) const {
    return scale[scale.size() == 1 ? 0 : static_cast<std::size_t>(channel)];
  }
  /// Operand of the bias: absent in one of two ways, or with or without scales, which mean nothing.
  void add_bias(RandomCase& c, std::vector<int>& operands) const {
    if (!has_bias) {
      if (c.chance(50)) operands.push_back(-1);
      return;
    }
    const int t = c.ints(bias);
    if (c.chance(50)) {
      c[t].quantization = {{c.scale(-10, -4), -1.0f}, {7}, 3};
    }
    operands.push_back(t);
  }
};

/// A scale with which sums of `terms` products neither vanish nor all saturate.
Params output_params(RandomCase& c, Params x, const Weights& w, std::int64_t terms) {
  const float typical = x.s * w.scale[0] * 60.0f * std::sqrt(static_cast<float>(terms));
  return {typical * c.scale(-4, 1), c.zero_point()};
}

std::int8_t code_of(std::int64_t acc, double multiplier, Activation activation, Params y,
                    Rounding r) {
  return reference::clamped(reference::times(acc, reference::factor(multiplier), r) + y.z,
                            activation, y);
}

struct Window {
  int in, out, before;
};
Window window(RandomCase& c, bool same, int kernel, int stride, int dilation, int most) {
  const int span = (kernel - 1) * dilation + 1;
  const int in = same ? c.pick(1, most) : c.pick(span, span + most);
  const int out = same ? (in + stride - 1) / stride : (in - span) / stride + 1;
  return {in, out, same ? std::max(0, (out - 1) * stride + span - in) / 2 : 0};
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("random CONV_2D and DEPTHWISE_CONV_2D") {
    random_cases(30, 250, [](RandomCase& c) {
      const bool depthwise = c.chance(40), same = c.chance(50);
      const int groups = depthwise ? c.size(40) : (c.chance(25) ? c.pick(2, 4) : 1);
      const int in_per_group = depthwise ? 1 : c.size(33);
      const int out_per_group = depthwise ? c.pick(1, 3) : c.size(groups > 1 ? 8 : 40);
      const int in_c = groups * in_per_group, out_c = groups * out_per_group;
      const int kh = c.pick(1, 4), kw = c.pick(1, 4), sh = c.pick(1, 3), sw = c.pick(1, 3);
      const int dh = c.chance(30) ? c.pick(2, 3) : 1, dw = c.chance(30) ? c.pick(2, 3) : 1;
      const Window h = window(c, same, kh, sh, dh, 6), v = window(c, same, kw, sw, dw, 6);
      const Dims in{c.pick(1, 2), h.in, v.in, in_c}, out{in[0], h.out, v.out, out_c};
      const Params x = c.params();
      const Weights w(c, std::int64_t{out_c} * kh * kw * in_per_group, out_c);
      const Params y = output_params(c, x, w, std::int64_t{kh} * kw * in_per_group);
      const Dims shape = depthwise ? Dims{1, kh, kw, out_c} : Dims{out_c, kh, kw, in_per_group};
      const Activation activation = c.activation();
      const int tx = c.value(in, x), ty = c.value(out, y);
      std::vector<int> operands{tx, c.constant(shape, w.codes, w.scale, 0, depthwise ? 3 : 0)};
      w.add_bias(c, operands);
      c.node(depthwise ? OpCode::depthwise_conv_2d : OpCode::conv_2d, operands, {ty},
             ConvAttributes{.padding = same ? Padding::same : Padding::valid,
                            .stride_h = sh,
                            .stride_w = sw,
                            .dilation_h = dh,
                            .dilation_w = dw,
                            .depth_multiplier = depthwise && c.chance(80) ? out_per_group : 0,
                            .activation = activation});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& s) {
        Codes result(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          std::int64_t acc = w.bias[static_cast<std::size_t>(i[3])];
          const int group = i[3] / out_per_group;
          for (int fy = 0; fy < kh; ++fy) {
            for (int fx = 0; fx < kw; ++fx) {
              const int iy = i[1] * sh - h.before + fy * dh, ix = i[2] * sw - v.before + fx * dw;
              if (iy < 0 || ix < 0 || iy >= h.in || ix >= v.in) continue;
              for (int k = 0; k < in_per_group; ++k) {
                const std::size_t at =
                    depthwise ? flat(shape, {0, fy, fx, i[3]}) : flat(shape, {i[3], fy, fx, k});
                acc += std::int64_t{w.codes[at]} *
                       (s[0][flat(in, {i[0], iy, ix, group * in_per_group + k})] - x.z);
              }
            }
          }
          result[flat(out, i)] = code_of(acc, double{x.s} * double{w.scale_of(i[3])} / double{y.s},
                                         activation, y, c.rounding);
        });
        return result;
      });
    });
  }

  TEST_CASE("random FULLY_CONNECTED: rank 1 to 4, with and without keep_num_dims") {
    random_cases(31, 150, [](RandomCase& c) {
      const bool keep = c.chance(40);
      const Dims in = c.dims(c.pick(1, 4));
      // Without keep_num_dims the depth may span several dimensions.
      int depth = in.back();
      if (!keep && in.size() > 2 && c.chance(50)) depth *= in[in.size() - 2];
      const int out_c = c.size(40);
      const auto rows = static_cast<std::int32_t>(count_of(in) / depth);
      Dims out{rows, out_c};
      if (keep) {
        out = in;
        out.back() = out_c;
      }
      const Params x = c.params();
      const Weights w(c, std::int64_t{out_c} * depth, out_c);
      const Params y = output_params(c, x, w, depth);
      const Activation activation = c.activation();
      const int tx = c.value(in, x), ty = c.value(out, y);
      std::vector<int> operands{tx, c.constant({out_c, depth}, w.codes, w.scale)};
      w.add_bias(c, operands);
      c.node(OpCode::fully_connected, operands, {ty}, FullyConnectedAttributes{activation, keep});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& s) {
        Codes result;
        for (int row = 0; row < rows; ++row) {
          for (int k = 0; k < out_c; ++k) {
            std::int64_t acc = w.bias[static_cast<std::size_t>(k)];
            for (int i = 0; i < depth; ++i) {
              acc += std::int64_t{w.codes[static_cast<std::size_t>(k * depth + i)]} *
                     (s[0][static_cast<std::size_t>(row * depth + i)] - x.z);
            }
            const double m = double{x.s} * double{w.scale_of(k)} / double{y.s};
            result.push_back(code_of(acc, m, activation, y, c.rounding));
          }
        }
        return result;
      });
    });
  }

  TEST_CASE("random TRANSPOSE_CONV: strides below and above the filter, both paddings") {
    random_cases(32, 250, [](RandomCase& c) {
      const bool same = c.chance(50);
      const int kh = c.pick(1, 5), kw = c.pick(1, 5), sh = c.pick(1, 4), sw = c.pick(1, 4);
      const int in_c = c.size(33), out_c = c.size(40);
      // The output is the image of a forward convolution that gives the input.
      const Window h = window(c, same, kh, sh, 1, 12), v = window(c, same, kw, sw, 1, 12);
      const Dims in{c.pick(1, 2), h.out, v.out, in_c}, out{in[0], h.in, v.in, out_c};
      const Dims shape{out_c, kh, kw, in_c};
      const Params x = c.params();
      const Weights w(c, count_of(shape), out_c);
      const Params y =
          output_params(c, x, w, std::max(1, kh / sh) * std::max(1, kw / sw) * std::int64_t{in_c});
      const Activation activation = c.activation();
      const int tx = c.value(in, x), ty = c.value(out, y);
      std::vector<int> operands{c.ints(out), c.constant(shape, w.codes, w.scale), tx};
      w.add_bias(c, operands);
      c.node(OpCode::transpose_conv, operands, {ty},
             TransposeConvAttributes{.padding = same ? Padding::same : Padding::valid,
                                     .stride_h = sh,
                                     .stride_w = sw,
                                     .activation = activation});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& s) {
        std::vector<std::int64_t> acc(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          acc[flat(out, i)] = w.bias[static_cast<std::size_t>(i[3])];
        });
        const Dims pixels{in[0], h.out, v.out, kh, kw};
        for_each_index(pixels, [&](const Index& i) {  // scatter
          const int oy = i[1] * sh - h.before + i[3], ox = i[2] * sw - v.before + i[4];
          if (oy < 0 || ox < 0 || oy >= h.in || ox >= v.in) return;
          const std::size_t from = flat(in, {i[0], i[1], i[2], 0});
          const std::size_t to = flat(out, {i[0], oy, ox, 0});
          for (int k = 0; k < out_c; ++k) {
            const std::size_t filter = flat(shape, {k, i[3], i[4], 0});
            for (int j = 0; j < in_c; ++j) {
              const auto at = static_cast<std::size_t>(j);
              acc[to + static_cast<std::size_t>(k)] +=
                  std::int64_t{w.codes[filter + at]} * (s[0][from + at] - x.z);
            }
          }
        });
        Codes result(acc.size());
        for_each_index(out, [&](const Index& i) {
          result[flat(out, i)] =
              code_of(acc[flat(out, i)], double{x.s} * double{w.scale_of(i[3])} / double{y.s},
                      activation, y, c.rounding);
        });
        return result;
      });
    });
  }
}
