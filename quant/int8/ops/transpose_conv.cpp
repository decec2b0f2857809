// TRANSPOSE_CONV in gather form: an output pixel sums the taps whose scatter would reach it, so
// rows are independent and no accumulator image is needed.
#include <algorithm>

#include "core/error.h"
#include "quant/int8/multipliers.h"
#include "quant/int8/ops/conv_operands.h"
#include "quant/int8/spatial.h"

namespace octet::int8 {
namespace {

/// Layouts: input [in_h, in_w, in_c], weights [out_c, kernel_h, kernel_w, in_c], output
/// [out_h, out_w, out_c]. Tap (fy, fx) of input (iy, ix) lands at
/// (iy * stride_h - pad_top + fy, ix * stride_w - pad_left + fx).
struct Geometry {
  int in_h, in_w, in_c, out_h, out_w, out_c;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
};

class TransposeConvStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int64_t in_image = std::int64_t{g.in_h} * g.in_w * g.in_c;
    const std::int64_t row = std::int64_t{g.out_w} * g.out_c;
    args.threads.run(args.batch * images * g.out_h, [&](std::int64_t r, int) {
      write_row(args.in_i8(0) + r / g.out_h * in_image, static_cast<int>(r % g.out_h),
                args.out_i8() + r * row);
    });
  }
  std::size_t packed_bytes() const noexcept override { return operands.copied_bytes(); }
  Geometry g{};
  ConvOperands operands;
  std::int64_t images = 1;

 private:
  void write_row(const std::int8_t* image, int out_y, std::int8_t* y) const noexcept {
    for (int out_x = 0; out_x < g.out_w; ++out_x) {
      for (int c = 0; c < g.out_c; ++c) {
        const auto channel = static_cast<std::size_t>(c);
        const std::int32_t acc =
            accumulate(image, out_y, out_x, c) + operands.bias.values()[channel];
        *y++ = operands.range.clamp(
            multiply_by_quantized_multiplier(acc, operands.multiplier[channel], operands.rounding) +
            operands.out.zero_point);
      }
    }
  }

  std::int32_t accumulate(const std::int8_t* image, int out_y, int out_x, int c) const noexcept {
    const std::int8_t* filter =
        operands.weights.values().data() + std::int64_t{c} * g.kernel_h * g.kernel_w * g.in_c;
    std::int32_t acc = 0;
    for (int fy = 0; fy < g.kernel_h; ++fy) {
      const int ty = out_y + g.pad_top - fy;
      if (ty < 0 || ty % g.stride_h != 0 || ty / g.stride_h >= g.in_h) continue;
      for (int fx = 0; fx < g.kernel_w; ++fx) {
        const int tx = out_x + g.pad_left - fx;
        if (tx < 0 || tx % g.stride_w != 0 || tx / g.stride_w >= g.in_w) continue;
        const std::int8_t* x =
            image + (std::int64_t{ty / g.stride_h} * g.in_w + tx / g.stride_w) * g.in_c;
        const std::int8_t* w = filter + (std::int64_t{fy} * g.kernel_w + fx) * g.in_c;
        for (int i = 0; i < g.in_c; ++i) acc += w[i] * (x[i] - operands.in.zero_point);
      }
    }
    return acc;
  }
};

}  // namespace

std::unique_ptr<Step> create_transpose_conv(const NodeView& node) {
  node.expect_operands(3, 4);
  const auto a = node.attributes<TransposeConvAttributes>();
  const std::vector<std::int32_t> shape = node.i32_constant(0);
  const TensorDef& w = node.input(1);
  const TensorDef& x = node.input(2);
  node.expect_rank(w, 4);
  node.expect_rank(x, 4);
  OCTET_CHECK(shape.size() == 4 && shape[0] == x.shape[0] && shape[3] == w.shape[0],
              quoted(node.input(0)), ": expected output shape [", x.shape[0], ",h,w,", w.shape[0],
              "], got ", to_string(shape));
  OCTET_CHECK(w.shape[3] == x.shape[3], quoted(w), ": expected ", x.shape[3],
              " input channels, got shape ", to_string(w.shape));
  // The forward convolution whose image is this op's output must give this op's input.
  const Extent h = spatial_extent({shape[1], w.shape[1], a.stride_h, 1, a.padding}, "height");
  const Extent v = spatial_extent({shape[2], w.shape[2], a.stride_w, 1, a.padding}, "width");
  OCTET_CHECK(h.out == x.shape[1] && v.out == x.shape[2], quoted(x), ": expected ", h.out, "x",
              v.out, " pixels for output shape ", to_string(shape), ", got ", to_string(x.shape));
  node.expect_output_shape(shape);

  auto step = new_step<TransposeConvStep>(node, {2});
  step->g = {.in_h = x.shape[1],
             .in_w = x.shape[2],
             .in_c = x.shape[3],
             .out_h = shape[1],
             .out_w = shape[2],
             .out_c = shape[3],
             .kernel_h = w.shape[1],
             .kernel_w = w.shape[2],
             .stride_h = a.stride_h,
             .stride_w = a.stride_w,
             .pad_top = h.pad_before,
             .pad_left = v.pad_before};
  step->operands = read_conv_operands(node, {.data = 2,
                                             .weights = 1,
                                             .bias = 3,
                                             .activation = a.activation,
                                             .make_multipliers = conv_multipliers});
  step->images = x.shape[0];
  step->macs = element_count(x.shape) * w.shape[0] * w.shape[1] * w.shape[2];
  return step;
}

}  // namespace octet::int8
