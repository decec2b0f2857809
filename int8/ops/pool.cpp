#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/kernels/pool_kernels.h"
#include "int8/ops/operand_shapes.h"
#include "int8/ops/window_nodes.h"
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
  const QuantParams in = node.i8_activation(0), out = node.i8_output();
  // TFLite's own tolerance: codes are pooled as they are.
  if (!(std::fabs(in.scale - out.scale) <= 1e-6f) || in.zero_point != out.zero_point) {
    node.expect_same_params(x, node.output());
  }
  const auto a = node.attributes<PoolAttributes>();
  // A sum over a window of int8 codes must fit int32.
  OCTET_CHECK(std::int64_t{a.filter_h} * a.filter_w <= 1 << 23,
              "filter: expected at most 2^23 pixels, got ", a.filter_h, "x", a.filter_w);
  return {.geometry = pool_geometry_of(node),
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
