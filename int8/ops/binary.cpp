#include "int8/ops/binary.h"

#include "base/error.h"

namespace octet::int8 {
namespace {

/// Row-major strides of `shape` against an output of `rank` dimensions; 0 where it repeats.
std::vector<std::int64_t> strides_against(const Dims& shape, std::size_t rank) {
  std::vector<std::int64_t> strides(rank, 0);
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t from_back = shape.size() - 1 - i;
    if (shape[from_back] > 1) strides[rank - 1 - i] = stride;
    stride *= shape[from_back];
  }
  return strides;
}

std::int32_t dim_from_back(const Dims& shape, std::size_t i) {
  return i < shape.size() ? shape[shape.size() - 1 - i] : 1;
}

}  // namespace

BroadcastPlan::BroadcastPlan(const Dims& a, bool a_constant, const Dims& b, bool b_constant) {
  const std::size_t rank = std::max(a.size(), b.size());
  OCTET_CHECK(rank <= max_rank, "broadcast: expected at most ", max_rank, " dimensions, got ",
              rank);
  shape_.resize(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int32_t da = dim_from_back(a, i), db = dim_from_back(b, i);
    OCTET_CHECK(da == db || da == 1 || db == 1, "broadcast: shapes ", to_string(a), " and ",
                to_string(b), " do not fit");
    shape_[rank - 1 - i] = std::max(da, db);
  }
  sample_a_ = a_constant ? 0 : element_count(a);
  sample_b_ = b_constant ? 0 : element_count(b);

  const std::vector<std::int64_t> stride_a = strides_against(a, rank);
  const std::vector<std::int64_t> stride_b = strides_against(b, rank);
  std::vector<Dim> dims;  // innermost first, neighbours joined where both operands allow it
  for (std::size_t d = rank; d-- > 0;) {
    const Dim next{shape_[d], stride_a[d], stride_b[d]};
    if (next.size == 1) continue;
    if (!dims.empty()) {
      Dim& last = dims.back();
      if (next.a == last.a * last.size && next.b == last.b * last.size) {
        last.size *= next.size;
        continue;
      }
    }
    dims.push_back(next);
  }
  if (dims.empty()) return;  // one element: a row of length one
  row_ = dims.front().size;
  row_a_.period = dims.front().a == 0 ? 1 : 0;
  row_b_.period = dims.front().b == 0 ? 1 : 0;
  repeat_short_rows(dims);
  outer_.assign(dims.rbegin(), dims.rend() - 1);
  for (const Dim& d : outer_) outer_rows_ *= d.size;
}

void BroadcastPlan::repeat_short_rows(std::vector<Dim>& dims) {
  if (dims.size() < 2 || row_ > max_period || row_a_.period != 0 || row_b_.period != 0) return;
  const Dim& next = dims[1];
  const bool a_repeats = next.a == 0 && next.b == row_;
  const bool b_repeats = next.b == 0 && next.a == row_;
  if (!a_repeats && !b_repeats) return;
  (a_repeats ? row_a_ : row_b_).period = row_;
  row_ *= next.size;
  dims.erase(dims.begin());
}

void BroadcastStep::run(const RunArgs& args) const noexcept {
  const std::int8_t* a = a_.data(args);
  const std::int8_t* b = b_.data(args);
  std::int8_t* y = args.out_i8();
  broadcast_.for_each_tile(args.threads, args.batch,
                           [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
                             run_tile(a + ia, b + ib, y + iy, n);
                           });
}

Range BroadcastStep::bytes_read(std::size_t i, Range units) const noexcept {
  const bool first = a_.slot == static_cast<int>(i);
  const std::int64_t period = first ? broadcast_.a_period() : broadcast_.b_period();
  return period == 0 ? broadcast_.unit_row(units) : Range{0, period};
}

void BroadcastStep::run_units(const RunArgs& args, Range units) const noexcept {
  const Range r = broadcast_.unit_row(units);
  run_tile(a_.data(args) + (broadcast_.a_period() == 0 ? r.begin : 0),
           b_.data(args) + (broadcast_.b_period() == 0 ? r.begin : 0), args.out_i8() + r.begin,
           r.size());
}

void BroadcastStep::run_tile(const std::int8_t* a, const std::int8_t* b, std::int8_t* y,
                             std::int64_t n) const noexcept {
  const TileOperand pa(a, broadcast_.a_period(), n);
  const TileOperand pb(b, broadcast_.b_period(), n);
  std::int64_t chunk = n;
  if (pa.chunk() > 0) chunk = pa.chunk();
  if (pb.chunk() > 0) chunk = std::min(chunk, pb.chunk());
  for (std::int64_t i = 0; i < n; i += chunk) {
    compute(pa.data(i), pb.data(i), y + i, std::min(chunk, n - i));
  }
}

void BroadcastStep::bind(const NodeView& node) {
  a_ = operand(node, 0);
  b_ = operand(node, 1);
  broadcast_ = BroadcastPlan(node.input(0).shape, a_.slot < 0, node.input(1).shape, b_.slot < 0);
  node.expect_output_shape(broadcast_.shape());
  for (int i = 0; i < 2; ++i) {
    const BinaryOperand& operand = i == 0 ? a_ : b_;
    const bool same_size = element_count(node.input(i).shape) == element_count(broadcast_.shape());
    if (operand.slot >= 0 && same_size) in_place.push_back(operand.slot);
  }
}

BinaryOperand BroadcastStep::operand(const NodeView& node, int i) {
  if (node.input(i).constant) return {-1, node.i8_constant(i)};
  inputs.push_back(node.input_index(i));
  return {static_cast<int>(inputs.size()) - 1, {}};
}

}  // namespace octet::int8
