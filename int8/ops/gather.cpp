// GATHER by constant indices: slices of one axis in any order.
#include <algorithm>

#include "base/error.h"
#include "int8/ops/copy_codes.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

/// Input [batches, outer, axis, inner], output [batches, outer, list, inner]: a list of indices for
/// each of the batches. A row is one axis with what is inside it.
class GatherStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for_sample_tasks(args.threads, args.batch, rows, bytes_per_task / (list * inner),
                     [&](std::int64_t sample, std::int64_t begin, std::int64_t end) {
                       write_rows(args.in_i8(0) + sample * rows * in_row,
                                  args.out_i8() + sample * rows * list * inner, begin, end);
                     });
  }
  std::int64_t unit_bytes() const noexcept override { return list * inner; }
  Range bytes_read(std::size_t, Range units) const noexcept override {
    return {units.begin * in_row, units.end * in_row};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    write_rows(args.in_i8(0), args.out_i8(), units.begin, units.end);
  }
  std::size_t packed_bytes() const noexcept override {
    return indices.size() * sizeof(std::int32_t);
  }
  const char* kernel_name() const noexcept override { return "copy"; }

  std::vector<std::int32_t> indices;
  std::int64_t rows = 1, rows_per_list = 1;
  std::int64_t list = 1, inner = 1, in_row = 1;

 private:
  void write_rows(const std::int8_t* x, std::int8_t* y, std::int64_t begin,
                  std::int64_t end) const noexcept {
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int32_t* index = indices.data() + r / rows_per_list * list;
      const std::int8_t* from = x + r * in_row;
      std::int8_t* to = y + r * list * inner;
      if (inner == 1) {
        for (std::int64_t i = 0; i < list; ++i) to[i] = from[index[i]];
        continue;
      }
      for (std::int64_t i = 0; i < list;) {
        std::int64_t n = 1;  // neighbours that stay neighbours
        while (i + n < list && index[i + n] == index[i] + n) ++n;
        copy_codes(to + i * inner, from + index[i] * inner, n * inner);
        i += n;
      }
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_gather(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef &x = node.moved_activation(0), &positions = node.input(1);
  node.expect_movable(x, node.output());
  auto step = new_step<GatherStep>(node);
  step->indices = node.i32_constant(1);
  const auto a = node.attributes<GatherAttributes>();
  const std::size_t axis = resolve_axis(a.axis, x.shape);
  const auto rank = static_cast<std::int32_t>(positions.shape.size());
  const std::int32_t dims = a.batch_dims < 0 ? a.batch_dims + rank : a.batch_dims;
  OCTET_CHECK(dims >= 0 && dims <= rank && static_cast<std::size_t>(dims) <= axis,
              "batch_dims: expected at most ", rank, " and the axis, ", axis, ", got ",
              a.batch_dims);
  const auto same = x.shape.begin() + dims;
  OCTET_CHECK(std::equal(x.shape.begin(), same, positions.shape.begin()), quoted(positions),
              ": expected the first ", dims, " dimensions of ", to_string(x.shape), ", got ",
              to_string(positions.shape));
  const auto at = x.shape.begin() + static_cast<std::ptrdiff_t>(axis);
  Dims shape(x.shape.begin(), at);
  shape.insert(shape.end(), positions.shape.begin() + dims, positions.shape.end());
  shape.insert(shape.end(), at + 1, x.shape.end());
  node.expect_output_shape(shape);

  for (const std::int32_t i : step->indices) {
    OCTET_CHECK(i >= 0 && i < *at, quoted(positions), ": expected indices of 0 to ", *at - 1,
                ", got ", i);
  }
  step->rows = element_count({x.shape.begin(), at});
  step->rows_per_list = element_count({same, at});
  step->list = element_count({positions.shape.begin() + dims, positions.shape.end()});
  step->inner = element_count({at + 1, x.shape.end()});
  step->in_row = *at * step->inner;
  return step;
}

}  // namespace octet::int8
