#include "int8/ops/reduction_step.h"

#include "base/error.h"
#include "int8/kernels/tasks.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

/// Offsets of all index combinations of the dimensions, row-major.
std::vector<std::int64_t> offsets_of(const Dims& sizes, const std::vector<std::int64_t>& strides) {
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

std::vector<bool> reduced_dims(const NodeView& node, const Dims& in) {
  const auto rank = static_cast<std::int32_t>(in.size());
  std::vector<bool> reduce(in.size(), false);
  for (const std::int32_t axis : node.i32_constant(1)) {
    OCTET_CHECK(axis >= -rank && axis < rank, quoted(node.input(1)), ": expected axes within ",
                -rank, " to ", rank - 1, ", got ", axis);
    reduce[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  return reduce;
}

std::int64_t Reduction::per_task() const noexcept {
  return 2 * elements_per_task / (count * layout.inner);
}

Reduction make_reduction(const NodeView& node) {
  node.expect_operands(2, 2);
  const Dims& in = node.input(0).shape;
  const bool keep_dims = node.attributes<MeanAttributes>().keep_dims;
  const std::vector<bool> reduce = reduced_dims(node, in);

  Reduction r;
  ReductionLayout& layout = r.layout;
  const auto strides = row_major_strides(in);
  Dims shape, kept_sizes, reduced_sizes;
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
  OCTET_CHECK(element_count(kept_sizes) <= 1 << 22, "expected at most 2^22 separate results, got ",
              element_count(kept_sizes));
  r.count = element_count(reduced_sizes);
  OCTET_CHECK(r.count <= 1 << 22, "expected to reduce 1 to 2^22 elements, got ", r.count);
  r.in_sample = element_count(in);
  layout.kept = offsets_of(kept_sizes, kept_strides);
  // The innermost reduced dimensions, as long as one stride leads through all of them, are the run.
  if (!reduced_sizes.empty()) layout.run_stride = reduced_strides.back();
  while (!reduced_sizes.empty() && reduced_strides.back() == layout.run * layout.run_stride) {
    layout.run *= reduced_sizes.back();
    reduced_sizes.pop_back();
    reduced_strides.pop_back();
  }
  layout.reduced = offsets_of(reduced_sizes, reduced_strides);
  return r;
}

}  // namespace octet::int8
