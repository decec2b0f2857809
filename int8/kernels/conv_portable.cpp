// The definition of int8 convolution: every other kernel must give these bytes. Deliberately not
// optimized.
#include <algorithm>
#include <cstring>
#include <vector>

#include "int8/kernels/conv_algorithm.h"

namespace octet::int8 {
namespace {

class PortableConv final : public ConvAlgorithm {
 public:
  explicit PortableConv(const ConvGeometry& g)
      : ConvAlgorithm(g), weights_(static_cast<std::size_t>(g.out_c * g.weights_per_channel())) {}

  void pack(const std::int8_t* weights) noexcept override {
    std::copy_n(weights, weights_.size(), weights_.begin());
  }
  void prepare(std::int32_t, const Requantization&) override {}
  std::size_t packed_bytes() const noexcept override { return weights_.size(); }
  std::size_t scratch_bytes(int, std::int64_t) const noexcept override { return 0; }

  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte*) const noexcept override {
    const std::int64_t rows = batch * g_.out_h;
    const std::int64_t row_macs = std::int64_t{g_.out_w} * g_.out_c * g_.weights_per_channel();
    const std::int64_t rows_per_task =
        std::max<std::int64_t>(1, 200'000 / std::max<std::int64_t>(1, row_macs));
    pool.run((rows + rows_per_task - 1) / rows_per_task, [&](std::int64_t task, int) {
      const std::int64_t end = std::min(rows, (task + 1) * rows_per_task);
      for (std::int64_t row = task * rows_per_task; row < end; ++row) {
        run_row(x, input_zero_point, out, row / g_.out_h, static_cast<int>(row % g_.out_h));
      }
    });
  }

  void run_units(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                 std::int64_t, Range units, std::byte*) const noexcept override {
    for (std::int64_t row = units.begin; row < units.end; ++row) {
      run_row(x, input_zero_point, out, 0, static_cast<int>(row));
    }
  }

 private:
  [[gnu::noinline]] void run_row(const std::int8_t* x, std::int32_t input_zero_point,
                                 const ConvOutput& out, std::int64_t sample,
                                 int oy) const noexcept {
    const std::int8_t* image = x + sample * g_.in_h * g_.in_w * g_.in_c;
    for (int ox = 0; ox < g_.out_w; ++ox) {
      const std::int64_t pixel = (sample * g_.out_h + oy) * g_.out_w + ox;
      for (int oc = 0; oc < g_.out_c; ++oc) {
        const std::int32_t acc = accumulate(image, input_zero_point, oy, ox, oc);
        const std::int64_t at = pixel * g_.out_c + oc;
        if (out.acc) {
          out.acc[at] = acc;
        } else {
          out.y[at] = requantize(acc, oc, *out.requantization);
        }
      }
    }
  }

  std::int32_t accumulate(const std::int8_t* image, std::int32_t input_zero_point, int oy, int ox,
                          int oc) const noexcept {
    const int group_c = g_.in_c / g_.groups;
    const int first_c = oc / (g_.out_c / g_.groups) * group_c;
    const std::int8_t* w = weights_.data() + oc * g_.weights_per_channel();
    std::int32_t acc = 0;
    for (int ky = 0; ky < g_.kernel_h; ++ky) {
      const int iy = oy * g_.stride_h - g_.pad_top + ky * g_.dilation_h;
      if (iy < 0 || iy >= g_.in_h) continue;
      for (int kx = 0; kx < g_.kernel_w; ++kx) {
        const int ix = ox * g_.stride_w - g_.pad_left + kx * g_.dilation_w;
        if (ix < 0 || ix >= g_.in_w) continue;
        const std::int8_t* pixel = image + (std::int64_t{iy} * g_.in_w + ix) * g_.in_c + first_c;
        const std::int8_t* tap = w + (std::int64_t{ky} * g_.kernel_w + kx) * group_c;
        for (int c = 0; c < group_c; ++c) acc += tap[c] * (pixel[c] - input_zero_point);
      }
    }
    return acc;
  }

  static std::int8_t requantize(std::int32_t acc, int oc, const Requantization& r) noexcept {
    const std::int32_t p =
        multiply_by_quantized_multiplier(acc + r.bias[oc], r.multiplier[oc], r.rounding) +
        r.output_zero_point;
    return static_cast<std::int8_t>(std::min(std::max(p, r.lo), r.hi));
  }

  std::vector<std::int8_t> weights_;
};

}  // namespace

std::unique_ptr<ConvAlgorithm> make_portable_conv(const ConvGeometry& g) {
  return std::make_unique<PortableConv>(g);
}

}  // namespace octet::int8
