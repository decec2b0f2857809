// TRANSPOSE_CONV of floats: each output pixel gathers the taps that land on it.
#include <algorithm>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/dot_product.h"
#include "int8/floats/float_operands.h"
#include "int8/ops/operand_shapes.h"

namespace octet::int8::floats {
namespace {

/// Of the taps that reach an output: tap first + i * stride comes from input in - i.
struct Landing {
  int first, in;
};
Landing landing(int out, int pad, int stride) noexcept {
  return {(out + pad) % stride, (out + pad) / stride};
}

class TransposeConvStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(args.in[0]);
    const std::int64_t in_image = std::int64_t{in_h} * in_w * in_c, row = out_w * out_c;
    for_tasks(args.threads, args.batch * images * out_h, 1,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r) {
                  write_row(x + r / out_h * in_image, weights.data(args),
                            has_bias ? bias.data(args) : nullptr, static_cast<int>(r % out_h),
                            output(args) + r * row);
                }
              });
  }
  const char* kernel_name() const noexcept override { return "float"; }
  std::size_t packed_bytes() const noexcept override { return weights.bytes() + bias.bytes(); }

  int in_h = 1, in_w = 1, in_c = 1, kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0;
  std::int64_t out_h = 1, out_w = 1, out_c = 1, images = 1;
  bool has_bias = false;
  Operand weights, bias;
  FloatRange range{};

 private:
  void write_row(const float* image, const float* weight, const float* added, int oy,
                 float* y) const noexcept {
    const Landing v = landing(oy, pad_top, stride_h);
    for (std::int64_t oc = 0; oc < out_c; ++oc) {
      const float* w = weight + oc * kernel_h * kernel_w * in_c;
      for (int ox = 0; ox < out_w; ++ox) {
        const Landing h = landing(ox, pad_left, stride_w);
        DotProduct sum;
        for (int ky = v.first, iy = v.in; ky < kernel_h && iy >= 0; ky += stride_h, --iy) {
          if (iy >= in_h) continue;
          for (int kx = h.first, ix = h.in; kx < kernel_w && ix >= 0; kx += stride_w, --ix) {
            if (ix >= in_w) continue;
            sum.add(image + (std::int64_t{iy} * in_w + ix) * in_c,
                    w + (std::int64_t{ky} * kernel_w + kx) * in_c, in_c);
          }
        }
        y[ox * out_c + oc] = range.limit(added ? sum.total() + added[oc] : sum.total());
      }
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_transpose_conv(const NodeView& node) {
  const TransposeConvShape s = transpose_conv_shape_of(node);
  const auto a = node.attributes<TransposeConvAttributes>();
  const TensorDef& w = node.input(1);
  const TensorDef& x = node.input(2);
  expect_f32(x);
  expect_f32(node.output());
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  auto step = new_step<TransposeConvStep>(node, {2});
  step->weights = Operand(node, 1, *step);
  step->has_bias = node.has_input(3);
  if (step->has_bias) {
    step->bias = Operand(node, 3, *step);
    OCTET_CHECK(element_count(node.input(3).shape) == w.shape[0], quoted(node.input(3)),
                ": expected ", w.shape[0], " values, got shape ", to_string(node.input(3).shape));
  }
  OCTET_CHECK(step->weights.is_constant() && (!step->has_bias || step->bias.is_constant()),
              "expected weights and a bias that are constants, got computed values");
  step->in_h = x.shape[1];
  step->in_w = x.shape[2];
  step->in_c = x.shape[3];
  step->out_h = s.out[1];
  step->out_w = s.out[2];
  step->out_c = s.out[3];
  step->kernel_h = w.shape[1];
  step->kernel_w = w.shape[2];
  step->stride_h = a.stride_h;
  step->stride_w = a.stride_w;
  step->pad_top = s.pad_top;
  step->pad_left = s.pad_left;
  step->range = range_of(a.activation);
  step->images = x.shape[0];
  step->macs = element_count(x.shape) * w.shape[0] * w.shape[1] * w.shape[2];
  return step;
}

}  // namespace octet::int8::floats
