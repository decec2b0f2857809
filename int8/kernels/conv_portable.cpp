// int8/reference/conv.h over whole images. Deliberately not optimized.
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
  void prepare(std::int32_t, const ConvOutput&) override {}
  std::size_t packed_bytes() const noexcept override { return weights_.size(); }
  std::size_t scratch_bytes(int, std::int64_t) const noexcept override { return 0; }

  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte*) const noexcept override {
    const std::int64_t pixels = batch * g_.out_h * g_.out_w;
    const std::int64_t pixel_macs = g_.out_c * g_.weights_per_channel();
    const std::int64_t per_task =
        std::max<std::int64_t>(1, 200'000 / std::max<std::int64_t>(1, pixel_macs));
    pool.run((pixels + per_task - 1) / per_task, [&](std::int64_t task, int) {
      run_pixels(x, input_zero_point, out, task * per_task,
                 std::min(pixels, (task + 1) * per_task));
    });
  }

  void run_units(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                 std::int64_t, Range units, std::byte*) const noexcept override {
    run_pixels(x, input_zero_point, out, units.begin * unit_pixels(), units.end * unit_pixels());
  }

 private:
  /// Pixels first .. end - 1 of the batch.
  [[gnu::noinline]] void run_pixels(const std::int8_t* x, std::int32_t input_zero_point,
                                    const ConvOutput& out, std::int64_t first,
                                    std::int64_t end) const noexcept {
    for (std::int64_t pixel = first; pixel < end; ++pixel) {
      const std::int64_t row = pixel / g_.out_w;
      const int ox = static_cast<int>(pixel % g_.out_w), oy = static_cast<int>(row % g_.out_h);
      const std::int8_t* image = x + row / g_.out_h * g_.in_h * g_.in_w * g_.in_c;
      for (int oc = 0; oc < g_.out_c; ++oc) {
        const std::int32_t acc =
            conv_accumulator(g_, weights_.data(), image, input_zero_point, oy, ox, oc);
        const std::int64_t at = pixel * g_.out_c + oc;
        if (out.acc) {
          out.acc[at] = acc;
        } else {
          out.y[at] = requantize_channel(acc, oc, *out.requantization);
        }
      }
    }
  }

  std::vector<std::int8_t> weights_;
};

}  // namespace

std::unique_ptr<ConvAlgorithm> make_portable_conv(const ConvGeometry& g) {
  return std::make_unique<PortableConv>(g);
}

}  // namespace octet::int8
