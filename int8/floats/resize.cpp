// RESIZE_BILINEAR of floats, by TFLite's float formula.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"

namespace octet::int8::floats {
namespace {

/// An output row or column: input lo with weight 1 - weight, input hi with weight.
struct Tap {
  int lo, hi;
  float weight;
};

std::vector<Tap> taps_of(int in, int out, ResizeAttributes a) {
  const bool corners = a.align_corners && out > 1;
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  std::vector<Tap> taps;
  for (int i = 0; i < out; ++i) {
    const auto n = static_cast<float>(i);
    const float at = a.half_pixel_centers ? (n + 0.5f) * scale - 0.5f : n * scale;
    const int lo = std::clamp(static_cast<int>(std::floor(at)), 0, in - 1);
    const int hi = std::clamp(static_cast<int>(std::ceil(at)), 0, in - 1);
    taps.push_back({lo, hi, at - static_cast<float>(lo)});
  }
  return taps;
}

class BilinearStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(args.in[0]);
    const auto out_h = static_cast<std::int64_t>(rows.size()),
               row = static_cast<std::int64_t>(columns.size()) * channels;
    for_tasks(args.threads, args.batch * images * out_h, 1,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r)
                  write_row(x + r / out_h * in_h * in_row,
                            rows[static_cast<std::size_t>(r % out_h)], output(args) + r * row);
              });
  }
  const char* kernel_name() const noexcept override { return "float"; }
  std::size_t packed_bytes() const noexcept override {
    return (rows.size() + columns.size()) * sizeof(Tap);
  }

  std::vector<Tap> rows, columns;
  std::int64_t in_h = 1, in_row = 1, channels = 1, images = 1;

 private:
  void write_row(const float* image, const Tap& v, float* y) const noexcept {
    const float *top = image + v.lo * in_row, *bottom = image + v.hi * in_row;
    for (const Tap& h : columns) {
      const std::int64_t left = h.lo * channels, right = h.hi * channels;
      for (std::int64_t c = 0; c < channels; ++c) {
        *y++ = canonical(top[left + c] * (1 - v.weight) * (1 - h.weight) +
                         bottom[left + c] * v.weight * (1 - h.weight) +
                         top[right + c] * (1 - v.weight) * h.weight +
                         bottom[right + c] * v.weight * h.weight);
      }
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_bilinear(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.input(0);
  expect_f32(x);
  expect_f32(node.output());
  node.expect_rank(x, 4);
  const std::vector<std::int32_t> size = node.i32_constant(1);
  OCTET_CHECK(size.size() == 2 && size[0] >= 1 && size[1] >= 1, quoted(node.input(1)),
              ": expected height and width >= 1, got ", to_string(size));
  const auto a = node.attributes<ResizeAttributes>();
  OCTET_CHECK(!(a.align_corners && a.half_pixel_centers),
              "align_corners and half_pixel_centers exclude each other");
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  node.expect_output_shape({x.shape[0], size[0], size[1], x.shape[3]});
  auto step = new_step<BilinearStep>(node);
  step->rows = taps_of(x.shape[1], size[0], a);
  step->columns = taps_of(x.shape[2], size[1], a);
  step->in_h = x.shape[1];
  step->channels = x.shape[3];
  step->in_row = step->channels * x.shape[2];
  step->images = x.shape[0];
  return step;
}

}  // namespace octet::int8::floats
