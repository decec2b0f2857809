// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of floats.
#include <algorithm>

#include "base/conv_geometry.h"
#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/dot_product.h"
#include "int8/floats/float_operands.h"
#include "int8/ops/operand_shapes.h"

namespace octet::int8::floats {
namespace {

/// Taps begin .. end - 1 of an axis that lie inside the image.
struct Taps {
  int begin, end;
  Taps(std::int64_t first, int kernel, int dilation, std::int64_t extent) : begin(0), end(kernel) {
    while (begin < end && first + std::int64_t{begin} * dilation < 0) ++begin;
    while (end > begin && first + std::int64_t{end - 1} * dilation >= extent) --end;
  }
};

class ConvStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const float* weight = weights.data(args);
    const float* added = has_bias ? bias.data(args) : nullptr;
    const std::int64_t in_image = g.in_h * g.in_w * g.in_c, row = g.out_w * g.out_c;
    for_tasks(args.threads, args.batch * images * g.out_h, 1,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r) {
                  const float* image =
                      reinterpret_cast<const float*>(args.in[0]) + r / g.out_h * in_image;
                  float* y = output(args) + r * row;
                  if (depthwise) {
                    depthwise_row(image, weight, r % g.out_h, y);
                  } else {
                    dense_row(image, weight, r % g.out_h, y);
                  }
                  for (std::int64_t i = 0; i < row; ++i)
                    y[i] = range.limit(added ? y[i] + added[i % g.out_c] : y[i]);
                }
              });
  }
  const char* kernel_name() const noexcept override { return "float"; }
  std::size_t packed_bytes() const noexcept override { return weights.bytes() + bias.bytes(); }

  ConvGeometry g;
  bool depthwise = false;  ///< weights are [1, kernel_h, kernel_w, out_c]
  bool has_bias = false;
  Operand weights, bias;
  FloatRange range{};
  std::int64_t images = 1;  ///< of one sample

 private:
  /// The weights of a channel stay in the cache for the whole row.
  void dense_row(const float* image, const float* weight, std::int64_t oy,
                 float* y) const noexcept {
    const std::int64_t depth = g.in_c / g.groups, of_group = g.out_c / g.groups;
    const std::int64_t top = oy * g.stride_h - g.pad_top;
    const Taps rows(top, g.kernel_h, g.dilation_h, g.in_h);
    for (std::int64_t oc = 0; oc < g.out_c; ++oc) {
      const float* w = weight + oc * g.weights_per_channel();
      for (std::int64_t ox = 0; ox < g.out_w; ++ox) {
        const std::int64_t left = ox * g.stride_w - g.pad_left;
        const Taps columns(left, g.kernel_w, g.dilation_w, g.in_w);
        DotProduct sum;
        for (int ky = rows.begin; ky < rows.end; ++ky) {
          const float* line = image + (top + std::int64_t{ky} * g.dilation_h) * g.in_w * g.in_c;
          for (int kx = columns.begin; kx < columns.end; ++kx) {
            sum.add(
                line + (left + std::int64_t{kx} * g.dilation_w) * g.in_c + oc / of_group * depth,
                w + (std::int64_t{ky} * g.kernel_w + kx) * depth, depth);
          }
        }
        y[ox * g.out_c + oc] = sum.total();
      }
    }
  }

  /// Taps one after the other, for all channels of a pixel.
  void depthwise_row(const float* image, const float* weight, std::int64_t oy,
                     float* y) const noexcept {
    const std::int64_t multiplier = g.out_c / g.in_c, top = oy * g.stride_h - g.pad_top;
    const Taps rows(top, g.kernel_h, g.dilation_h, g.in_h);
    for (std::int64_t ox = 0; ox < g.out_w; ++ox, y += g.out_c) {
      const std::int64_t left = ox * g.stride_w - g.pad_left;
      const Taps columns(left, g.kernel_w, g.dilation_w, g.in_w);
      std::fill_n(y, g.out_c, 0.0f);
      for (int ky = rows.begin; ky < rows.end; ++ky) {
        for (int kx = columns.begin; kx < columns.end; ++kx) {
          const float* pixel = image + ((top + std::int64_t{ky} * g.dilation_h) * g.in_w + left +
                                        std::int64_t{kx} * g.dilation_w) *
                                           g.in_c;
          const float* w = weight + (std::int64_t{ky} * g.kernel_w + kx) * g.out_c;
          if (multiplier == 1) {
            for (std::int64_t c = 0; c < g.out_c; ++c) y[c] += pixel[c] * w[c];
          } else {
            for (std::int64_t c = 0; c < g.out_c; ++c) y[c] += pixel[c / multiplier] * w[c];
          }
        }
      }
    }
  }
};

/// `x`: the tensor that is read.
std::unique_ptr<Step> create_step(const NodeView& node, int x, const ConvGeometry& g,
                                  bool depthwise, Activation activation, std::int64_t images) {
  expect_f32(node.tensor(x));
  expect_f32(node.output());
  OCTET_CHECK(!node.tensor(x).constant, quoted(node.tensor(x)),
              ": expected a computed value, got a constant");
  auto step = new_step<ConvStep>(node, {});
  step->inputs = {x};
  step->weights = Operand(node, 1, *step);
  step->has_bias = node.has_input(2);
  if (step->has_bias) {
    step->bias = Operand(node, 2, *step);
    OCTET_CHECK(element_count(node.input(2).shape) == g.out_c, quoted(node.input(2)), ": expected ",
                g.out_c, " values, got shape ", to_string(node.input(2).shape));
  }
  OCTET_CHECK(step->weights.is_constant() && (!step->has_bias || step->bias.is_constant()),
              "expected weights and a bias that are constants, got computed values");
  step->g = g;
  step->depthwise = depthwise;
  step->range = range_of(activation);
  step->images = images;
  step->macs = images * g.out_h * g.out_w * g.out_c * g.weights_per_channel();
  return step;
}

}  // namespace

std::unique_ptr<Step> create_conv(const NodeView& node) {
  const bool depthwise = node.op() == OpCode::depthwise_conv_2d;
  return create_step(node, node.data_input(), conv_geometry_of(node, depthwise), depthwise,
                     node.attributes<ConvAttributes>().activation,
                     node.tensor(node.data_input()).shape[0]);
}

std::unique_ptr<Step> create_fully_connected(const NodeView& node) {
  const FullyConnectedShape s = fully_connected_shape_of(node);
  const ConvGeometry rows{.in_w = s.rows, .in_c = s.in, .out_w = s.rows, .out_c = s.out};
  return create_step(node, node.input_index(0), rows, false,
                     node.attributes<FullyConnectedAttributes>().activation, 1);
}

}  // namespace octet::int8::floats
