// AVERAGE_POOL_2D and MAX_POOL_2D of floats.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/ops/operand_shapes.h"

namespace octet::int8::floats {
namespace {

class PoolStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(args.in[0]);
    const std::int64_t in_image = std::int64_t{g.in_h} * g.in_w * g.channels,
                       row = std::int64_t{g.out_w} * g.channels;
    for_tasks(args.threads, args.batch * images * g.out_h, 1,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r) {
                  const float* image = x + r / g.out_h * in_image;
                  float* y = output(args) + r * row;
                  for (int ox = 0; ox < g.out_w; ++ox, y += g.channels)
                    pool(image, pool_window(g, static_cast<int>(r % g.out_h), ox), y);
                }
              });
  }
  const char* kernel_name() const noexcept override { return "float"; }

  PoolGeometry g;
  bool maximum = false;
  FloatRange range{};
  std::int64_t images = 1;  ///< of one sample

 private:
  /// Pixels in their order, for all channels.
  void pool(const float* image, const PoolWindow& w, float* y) const noexcept {
    std::fill_n(y, g.channels, maximum ? std::numeric_limits<float>::lowest() : 0.0f);
    for (int iy = w.y0; iy < w.y1; ++iy) {
      for (int ix = w.x0; ix < w.x1; ++ix) {
        const float* x = image + (std::int64_t{iy} * g.in_w + ix) * g.channels;
        for (int c = 0; c < g.channels; ++c)
          y[c] = !maximum ? y[c] + x[c] : x[c] > y[c] ? x[c] : y[c];
      }
    }
    const auto count = static_cast<float>((w.y1 - w.y0) * (w.x1 - w.x0));
    for (int c = 0; c < g.channels; ++c) y[c] = range.limit(maximum ? y[c] : y[c] / count);
  }
};

}  // namespace

std::unique_ptr<Step> create_pool(const NodeView& node) {
  const PoolGeometry geometry = pool_geometry_of(node);
  const TensorDef& x = node.tensor(node.data_input());
  expect_f32(x);
  expect_f32(node.output());
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  auto step = new_step<PoolStep>(node);
  step->inputs = {node.data_input()};
  step->g = geometry;
  step->maximum = node.op() == OpCode::max_pool_2d;
  step->range = range_of(node.attributes<PoolAttributes>().activation);
  step->images = x.shape[0];
  step->window_codes = element_count(node.output().shape) * geometry.filter_h * geometry.filter_w;
  return step;
}

}  // namespace octet::int8::floats
