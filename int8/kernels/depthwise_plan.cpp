#include "int8/kernels/depthwise_plan.h"

#include <algorithm>

#include "int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

constexpr int columns_target = 256;  // outputs in a row that one block of work computes

}  // namespace

DepthwisePlan::DepthwisePlan(const ConvGeometry& g, const ConvKernels& k)
    : multiplier(static_cast<int>(g.out_c / g.in_c)) {
  step = std::max(2, g.stride_w);
  phases = g.stride_w == 1 && g.out_w > 1 ? 2 : 1;
  ring_rows = (g.kernel_h - 1) * g.dilation_h + 1;
  column_regions = static_cast<int>(ceil_div(g.out_w, columns_target));
  columns = static_cast<int>(ceil_div(g.out_w, column_regions));
  column_regions = static_cast<int>(ceil_div(g.out_w, columns));

  for (int kx = 0; kx < g.kernel_w; ++kx) {
    for (int phase = 0; phase < phases; ++phase) {
      const int column = (kx * g.dilation_w + phase) / k.unit * k.unit;
      if (quad_columns.empty() || quad_columns.back() < column) quad_columns.push_back(column);
    }
  }
  const int quads = static_cast<int>(quad_columns.size());
  const bool plain = g.dilation_w == 1;
  ring_table_bytes = align64(static_cast<std::size_t>(ring_rows) * sizeof(std::int32_t));
  row_table_bytes = align64(static_cast<std::size_t>(g.kernel_h) * sizeof(void*));
  kernel = &DepthwiseRows::row_any;
  if (plain && g.kernel_h == 3 && g.kernel_w == 3 && quads == 4 / k.unit)
    kernel = &DepthwiseRows::row_3x3;
  if (plain && g.kernel_h == 5 && g.kernel_w == 5 && quads == 1 + 4 / k.unit)
    kernel = &DepthwiseRows::row_5x5;

  const int block = 4 * k.lanes;
  for (int first = 0; first < g.out_c;) {
    const auto left = static_cast<int>(g.out_c - first);
    DepthwiseBlock p;
    p.width = 8;
    while (p.width < block && p.width < left) p.width *= 2;
    // A block of less than three quarters is better cut in two, unless copies are idle.
    if (p.width > 8 && left < p.width && 4 * left <= 3 * p.width && columns > phases) p.width /= 2;
    p.copies = block / p.width;
    p.first = first;
    p.channels = std::min(left, p.width);
    p.slot = slots;
    p.padded = block;
    p.weights = weight_bytes;
    plan_block(k, p);
    slots += p.padded;
    weight_bytes += std::int64_t{block} * 4 * g.kernel_h * quads * phases;
    first += p.channels;
    blocks.push_back(std::move(p));
  }
}

void DepthwisePlan::plan_block(const ConvKernels& k, DepthwiseBlock& p) {
  const int groups = phases == 2 ? (columns + 1) / 2 : columns;
  const int last_column = quad_columns.back();
  p.super_groups = (groups + p.copies - 1) / p.copies;
  p.shared_quads = p.copies == 1 && std::all_of(quad_columns.begin(), quad_columns.end(),
                                                [&](int c) { return c % step == 0; });
  p.stored_groups = p.super_groups + (p.shared_quads ? last_column / step : 0);
  const std::int64_t group_bytes = std::int64_t{k.lanes} * 4 * 4;
  for (std::size_t t = 0; t < quad_columns.size(); ++t) {
    const std::int64_t groups_before =
        p.shared_quads ? quad_columns[t] / step : static_cast<std::int64_t>(t) * p.stored_groups;
    p.quads.push_back(static_cast<std::int32_t>(groups_before * group_bytes));
  }
  const std::int64_t runs = p.shared_quads ? 1 : static_cast<std::int64_t>(quad_columns.size());
  p.row_bytes = runs * p.stored_groups * group_bytes;
  p.entries = p.super_groups * p.copies + (last_column + k.unit - 1) / step + 1;

  // A gather may write a whole block past its last entry.
  const int slack = 4 * k.lanes;
  residue_bytes =
      std::max(residue_bytes, align64(static_cast<std::size_t>(p.entries * p.width + slack) *
                                      static_cast<std::size_t>(k.element_bytes)));
  row_bytes = std::max(row_bytes, static_cast<std::size_t>(p.row_bytes));
  value_bytes =
      std::max(value_bytes, align64(static_cast<std::size_t>(columns) *
                                    static_cast<std::size_t>(p.width) * sizeof(std::int32_t)));
  if (multiplier > 1) {
    expanded_bytes = std::max(expanded_bytes, static_cast<std::size_t>(p.entries) *
                                                  static_cast<std::size_t>(step) *
                                                  static_cast<std::size_t>(p.width));
  }
}

}  // namespace octet::int8
