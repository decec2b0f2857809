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
  void prepare(std::int32_t, const Requantization&) override {}
  std::size_t packed_bytes() const noexcept override { return weights_.size(); }
  std::size_t scratch_bytes(int, std::int64_t) const noexcept override { return 0; }

  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte*) const noexcept override {
    const std::int64_t rows = batch * g_.out_h;
    const std::int64_t row_macs = g_.out_w * g_.out_c * g_.weights_per_channel();
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
