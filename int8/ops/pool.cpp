#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/kernels/pool_kernels.h"
#include "int8/ops/pool_node.h"
#include "int8/reference/spatial.h"

namespace octet::int8 {
namespace {

class PoolStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    pool(kernel, geometry, range, args.in_i8(0), args.out_i8(), args.batch * images, args.threads);
  }
  // Units are rows of a single image.
  std::int64_t unit_bytes() const noexcept override {
    return images == 1 ? std::int64_t{geometry.out_w} * geometry.channels : 0;
  }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    const std::int64_t row = std::int64_t{geometry.in_w} * geometry.channels;
    const Range rows = rows_read(units, {.in = geometry.in_h,
                                         .kernel = geometry.filter_h,
                                         .stride = geometry.stride_h,
                                         .before = geometry.pad_top});
    return {rows.begin * row, rows.end * row};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    for (std::int64_t r = units.begin; r < units.end; ++r) {
      kernel.run(geometry, range, args.in_i8(0), static_cast<int>(r),
                 args.out_i8() + r * unit_bytes());
    }
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  PoolGeometry geometry;
  ClampRange range;
  Kernel<PoolRowFunction> kernel;
  std::int64_t images = 1;  ///< of one sample
};

std::unique_ptr<Step> create_pool(const NodeView& node,
                                  Kernel<PoolRowFunction> (*kernel)(Isa) noexcept) {
  const PoolNode pool = read_pool(node);
  const PoolGeometry& g = pool.geometry;
  auto step = new_step<PoolStep>(node);
  step->inputs = {node.data_input()};
  step->geometry = g;
  step->range = pool.range;
  step->kernel = kernel(isa_for_channels(node.isa(), g.channels));
  step->images = pool.images;
  step->window_codes = element_count(node.output().shape) * g.filter_h * g.filter_w;
  return step;
}

}  // namespace

PoolNode read_pool(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.tensor(node.data_input());
  const FusedPads& pads = node.fused_pads;
  const QuantParams in = node.i8_activation(0), out = node.i8_output();
  // TFLite's own tolerance: codes are pooled as they are.
  if (!(std::fabs(in.scale - out.scale) <= 1e-6f) || in.zero_point != out.zero_point) {
    node.expect_same_params(x, node.output());
  }
  node.expect_rank(x, 4);
  const auto a = node.attributes<PoolAttributes>();
  const Extent h = spatial_extent(
      {x.shape[1], a.filter_h, a.stride_h, 1, a.padding, pads.top, pads.bottom}, "height");
  const Extent w = spatial_extent(
      {x.shape[2], a.filter_w, a.stride_w, 1, a.padding, pads.left, pads.right}, "width");
  // A sum over a window of int8 codes must fit int32.
  OCTET_CHECK(std::int64_t{a.filter_h} * a.filter_w <= 1 << 23,
              "filter: expected at most 2^23 pixels, got ", a.filter_h, "x", a.filter_w);
  node.expect_output_shape({x.shape[0], h.out, w.out, x.shape[3]});
  return {.geometry = {.in_h = x.shape[1],
                       .in_w = x.shape[2],
                       .channels = x.shape[3],
                       .out_h = h.out,
                       .out_w = w.out,
                       .filter_h = a.filter_h,
                       .filter_w = a.filter_w,
                       .stride_h = a.stride_h,
                       .stride_w = a.stride_w,
                       .pad_top = h.pad_before,
                       .pad_left = w.pad_before},
          .range = node.i8_range(a.activation),
          .images = x.shape[0]};
}

std::unique_ptr<Step> create_average_pool(const NodeView& node) {
  return create_pool(node, average_pool_kernel);
}
std::unique_ptr<Step> create_max_pool(const NodeView& node) {
  return create_pool(node, max_pool_kernel);
}

}  // namespace octet::int8
