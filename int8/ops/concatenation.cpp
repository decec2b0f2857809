// CONCATENATION, SPLIT and SPLIT_V along one axis, PACK and UNPACK along a new one: every part has
// the whole's scale and zero point.
#include <algorithm>

#include "base/error.h"
#include "int8/ops/copy_codes.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

/// The part of `whole` that begins at `start` along the axis, as dimensions: outer, axis and inner.
struct Part {
  StridedBytes copy;
  std::int64_t sample = 0;
  std::int64_t row = 0, start = 0;  ///< bytes of the part in a row of the whole, and before it
  std::span<const std::int8_t> constant;  ///< of an input that is not computed
  int slot = -1;

  const std::int8_t* data(const RunArgs& args) const noexcept {
    return slot >= 0 ? args.in_i8(static_cast<std::size_t>(slot)) : constant.data();
  }
};

/// `to_whole`: from the part into the whole (concatenation), else out of it (split).
Part make_part(const Dims& part, const Dims& whole, std::size_t axis, std::int64_t start,
               bool to_whole) {
  std::int64_t outer = 1, inner = 1;
  for (std::size_t d = 0; d < whole.size(); ++d) (d < axis ? outer : inner) *= whole[d];
  inner /= whole[axis];
  const std::int64_t in_row = part[axis] * inner, whole_row = whole[axis] * inner;
  Part p;
  p.sample = element_count(part);
  p.row = in_row;
  p.start = start * inner;
  if (to_whole) {
    p.copy.push({outer, in_row, whole_row});
    p.copy.set_offsets(0, start * inner);
  } else {
    p.copy.push({outer, whole_row, in_row});
    p.copy.set_offsets(start * inner, 0);
  }
  p.copy.push({in_row, 1, 1});
  p.copy.prepare();
  return p;
}

class ConcatenationStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for (const Part& p : parts) {
      p.copy.run(p.data(args), p.slot >= 0 ? p.sample : 0, args.out_i8(), sample, args.batch,
                 args.threads);
    }
  }
  // Units are rows: what is contiguous in the output and has something of every part.
  std::int64_t unit_bytes() const noexcept override { return row; }
  Range bytes_read(std::size_t i, Range units) const noexcept override {
    return {units.begin * input_rows[i], units.end * input_rows[i]};
  }
  void run_units(const RunArgs& args, Range units) const noexcept override {
    for (const Part& p : parts) {
      const std::int8_t* x = p.data(args);
      for (std::int64_t r = units.begin; r < units.end; ++r) {
        copy_codes(args.out_i8() + r * row + p.start, x + r * p.row, p.row);
      }
    }
  }
  const char* kernel_name() const noexcept override { return "copy"; }

  std::vector<Part> parts;
  std::vector<std::int64_t> input_rows;  ///< bytes of an input in a row
  std::int64_t sample = 0, row = 0;
};

class SplitStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].copy.run(args.in_i8(0), sample, args.out_i8(i), parts[i].sample, args.batch,
                        args.threads);
    }
  }
  const char* kernel_name() const noexcept override { return "copy"; }

  std::vector<Part> parts;
  std::int64_t sample = 0;
};

/// Input `i` of the node is the next part.
void add_part(ConcatenationStep& step, const NodeView& node, int i, Part part) {
  if (node.input(i).constant) {
    part.constant = node.moved_constant(i);
  } else {
    part.slot = static_cast<int>(step.inputs.size());
    step.inputs.push_back(node.input_index(i));
    step.input_rows.push_back(part.row);
  }
  step.row += part.row;
  step.parts.push_back(std::move(part));
}

/// How many parts SPLIT or SPLIT_V make.
int part_count(const NodeView& node) {
  const int parts = node.attributes<SplitAttributes>().num_splits;
  OCTET_CHECK(parts >= 1, "num_splits: expected at least 1, got ", parts);
  return parts;
}

std::size_t axis_operand(const NodeView& node, int i, const Dims& shape) {
  const std::vector<std::int32_t> axes = node.i32_constant(i);
  OCTET_CHECK(axes.size() == 1, quoted(node.input(i)), ": expected one axis, got ", axes.size());
  return resolve_axis(axes[0], shape);
}

/// Input `input` into parts of these sizes, which add up to that of its axis.
std::unique_ptr<Step> split(const NodeView& node, int input, std::size_t axis,
                            const std::vector<std::int32_t>& sizes) {
  const TensorDef& x = node.input(input);
  auto step = new_step<SplitStep>(node, {input});
  step->sample = element_count(x.shape);
  Dims shape = x.shape;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto output = static_cast<int>(i);
    shape[axis] = sizes[i];
    node.expect_movable(x, node.output(output));
    node.expect_output_shape(shape, output);
    step->parts.push_back(make_part(shape, x.shape, axis, start, false));
    start += sizes[i];
  }
  return step;
}

}  // namespace

std::unique_ptr<Step> create_concatenation(const NodeView& node) {
  node.expect_operands(1, 1 << 16);
  const Dims& first = node.input(0).shape;
  const std::size_t axis = resolve_axis(node.attributes<ConcatenationAttributes>().axis, first);
  Dims whole = first;
  std::int64_t extent = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const TensorDef& x = node.input(i);
    node.expect_movable(x, node.output());
    Dims expected = first;
    if (x.shape.size() == first.size()) expected[axis] = x.shape[axis];
    OCTET_CHECK(x.shape == expected, quoted(x), ": expected shape ", to_string(expected),
                " off axis ", axis, ", got ", to_string(x.shape));
    extent += x.shape[axis];
  }
  OCTET_CHECK(extent < std::int64_t{1} << 31, "axis ", axis, ": concatenated size overflows");
  whole[axis] = static_cast<std::int32_t>(extent);
  node.expect_output_shape(whole);

  auto step = new_step<ConcatenationStep>(node, {});
  step->sample = element_count(whole);
  std::int64_t start = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const TensorDef& x = node.input(i);
    Part part = make_part(x.shape, whole, axis, start, true);
    start += x.shape[axis];
    add_part(*step, node, i, std::move(part));
  }
  return step;
}

std::unique_ptr<Step> create_pack(const NodeView& node) {
  const int count = node.input_count();
  node.expect_operands(1, 1 << 16);
  const auto a = node.attributes<PackAttributes>();
  OCTET_CHECK(a.count == count, "values_count: expected ", count, ", the number of inputs, got ",
              a.count);
  Dims part = node.input(0).shape;
  part.push_back(1);
  const std::size_t axis = resolve_axis(a.axis, part);
  part.pop_back();
  part.insert(part.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  Dims whole = part;
  whole[axis] = count;
  node.expect_output_shape(whole);

  auto step = new_step<ConcatenationStep>(node, {});
  step->sample = element_count(whole);
  for (int i = 0; i < count; ++i) {
    const TensorDef& x = node.input(i);
    node.expect_movable(x, node.output());
    OCTET_CHECK(x.shape == node.input(0).shape, quoted(x), ": expected shape ",
                to_string(node.input(0).shape), ", got ", to_string(x.shape));
    add_part(*step, node, i, make_part(part, whole, axis, i, true));
  }
  return step;
}

std::unique_ptr<Step> create_unpack(const NodeView& node) {
  const auto a = node.attributes<PackAttributes>();
  const TensorDef& x = node.moved_activation(0);
  const std::size_t axis = resolve_axis(a.axis, x.shape);
  const std::int32_t count = x.shape[axis];
  OCTET_CHECK(a.count == count, "num: expected ", count, ", the size of axis ", axis, ", got ",
              a.count);
  node.expect_operands(1, 1, count);
  Dims part = x.shape, shape = x.shape;
  part[axis] = 1;
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));

  auto step = new_step<SplitStep>(node);
  step->sample = element_count(x.shape);
  for (int i = 0; i < count; ++i) {
    node.expect_movable(x, node.output(i));
    node.expect_output_shape(shape, i);
    step->parts.push_back(make_part(part, x.shape, axis, i, false));
  }
  return step;
}

std::unique_ptr<Step> create_split(const NodeView& node) {
  const int parts = part_count(node);
  node.expect_operands(2, 2, parts);
  const TensorDef& x = node.moved_activation(1);
  const std::size_t axis = axis_operand(node, 0, x.shape);
  OCTET_CHECK(x.shape[axis] % parts == 0, "axis ", axis, ": expected a size divisible by ", parts,
              ", got ", x.shape[axis]);
  return split(node, 1, axis, std::vector(static_cast<std::size_t>(parts), x.shape[axis] / parts));
}

std::unique_ptr<Step> create_split_v(const NodeView& node) {
  const int parts = part_count(node);
  node.expect_operands(3, 3, parts);
  const TensorDef& x = node.moved_activation(0);
  const std::size_t axis = axis_operand(node, 2, x.shape);
  std::vector<std::int32_t> sizes = node.i32_constant(1);
  const auto rest = std::find(sizes.begin(), sizes.end(), -1);
  std::int64_t sum = 0;
  for (auto size = sizes.begin(); size != sizes.end(); ++size) {
    OCTET_CHECK(size == rest || *size >= 1, quoted(node.input(1)),
                ": expected sizes >= 1 and at most one -1, got ", to_string(sizes));
    if (size != rest) sum += *size;
  }
  if (rest != sizes.end()) {
    *rest = static_cast<std::int32_t>(std::max<std::int64_t>(x.shape[axis] - sum, 1));
    sum += *rest;
  }
  OCTET_CHECK(sum == x.shape[axis] && sizes.size() == static_cast<std::size_t>(parts),
              quoted(node.input(1)), ": expected ", parts, " sizes that add up to ", x.shape[axis],
              ", got ", to_string(sizes));
  return split(node, 0, axis, sizes);
}

}  // namespace octet::int8
