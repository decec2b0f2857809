#include <algorithm>
#include <array>
#include <bit>

#include "base/error.h"
#include "int8/kernels/dispatch.h"
#include "int8/ops/node_view.h"
#include "int8/ops/strided_copy.h"
#include "int8/reference/mean.h"
#include "int8/reference/multipliers.h"

namespace octet::int8 {
namespace {

class MeanStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    const auto blocks = static_cast<std::int64_t>(layout.kept.size());
    for_sample_chunks(args.threads, args.batch, blocks, per_task,
                      [&](std::int64_t sample, std::int64_t begin, std::int64_t end) {
                        kernel.run(params, layout, x + sample * in_sample, begin, end,
                                   y + (sample * blocks + begin) * layout.inner);
                      });
  }
  const char* kernel_name() const noexcept override { return kernel.name; }

  std::size_t packed_bytes() const noexcept override {
    return (layout.kept.size() + layout.reduced.size()) * sizeof(std::int64_t);
  }

  MeanParams params;
  MeanLayout layout;
  Kernel<MeanFunction> kernel;
  std::int64_t in_sample = 0;
  std::int64_t per_task = 1;  ///< outputs k
};

/// Offsets of all index combinations of the dimensions, row-major.
std::vector<std::int64_t> offsets_of(const Shape& sizes, const std::vector<std::int64_t>& strides) {
  std::vector<std::int64_t> offsets{0};
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    std::vector<std::int64_t> next;
    next.reserve(offsets.size() * static_cast<std::size_t>(sizes[d]));
    for (const std::int64_t base : offsets) {
      for (std::int32_t i = 0; i < sizes[d]; ++i) next.push_back(base + i * strides[d]);
    }
    offsets = std::move(next);
  }
  return offsets;
}

}  // namespace

std::unique_ptr<Step> create_mean(const NodeView& node) {
  node.expect_operands(2, 2);
  const Shape& in = node.input(0).shape;
  const QuantParams x = node.i8_activation(0), y = node.i8_output();
  const auto rank = static_cast<std::int32_t>(in.size());
  const bool keep_dims = node.attributes<MeanAttributes>().keep_dims;
  std::vector<bool> reduce(in.size(), false);
  for (const std::int32_t axis : node.i32_constant(1)) {
    OCTET_CHECK(axis >= -rank && axis < rank, quoted(node.input(1)), ": expected axes within ",
                -rank, " to ", rank - 1, ", got ", axis);
    reduce[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  }

  auto step = new_step<MeanStep>(node);
  MeanLayout& layout = step->layout;
  const auto strides = row_major_strides(in);
  Shape shape, kept_sizes, reduced_sizes;
  std::vector<std::int64_t> kept_strides, reduced_strides;
  std::size_t last = in.size();  // first dimension of the trailing run of kept ones
  while (last > 0 && !reduce[last - 1]) layout.inner *= in[--last];
  for (std::size_t d = 0; d < in.size(); ++d) {
    if (!reduce[d] || keep_dims) shape.push_back(reduce[d] ? 1 : in[d]);
    if (d >= last) continue;
    (reduce[d] ? reduced_sizes : kept_sizes).push_back(in[d]);
    (reduce[d] ? reduced_strides : kept_strides).push_back(strides[d]);
  }
  node.expect_output_shape(shape);
  OCTET_CHECK(element_count(kept_sizes) <= 1 << 22,
              "mean: expected at most 2^22 separate sums, got ", element_count(kept_sizes));
  const std::int64_t count = element_count(reduced_sizes);
  step->in_sample = element_count(in);
  step->params =
      make_mean_params(x.scale, x.zero_point, y.scale, y.zero_point, count, node.rounding());
  layout.kept = offsets_of(kept_sizes, kept_strides);
  // The innermost reduced dimensions, as long as one stride leads through all of them, are the run.
  if (!reduced_sizes.empty()) layout.run_stride = reduced_strides.back();
  while (!reduced_sizes.empty() && reduced_strides.back() == layout.run * layout.run_stride) {
    layout.run *= reduced_sizes.back();
    reduced_sizes.pop_back();
    reduced_strides.pop_back();
  }
  layout.reduced = offsets_of(reduced_sizes, reduced_strides);
  const bool runs = layout.inner == 1 && layout.run_stride == 1;  // sums along contiguous codes
  step->kernel = mean_kernel(runs ? node.isa() : isa_for_channels(node.isa(), layout.inner));
  step->per_task = 2 * elements_per_task / (count * layout.inner);
  return step;
}

}  // namespace octet::int8
