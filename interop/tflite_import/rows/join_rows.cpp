// Values with more beside them.
#include <algorithm>

#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

/// Dimensions of the graph for a list of the file's: `fill` for the batch in front.
std::vector<std::int64_t> with_batch(const int8::Dims& dims, const std::vector<std::int32_t>& list,
                                     std::int64_t fill) {
  OCTET_CHECK(list.size() == dims.size(), "expected an entry for each of ", dims.size(),
              " dimensions, got ", list.size());
  std::vector<std::int64_t> all(list.begin(), list.end());
  if (!has_batch(dims)) all.insert(all.begin(), fill);
  return all;
}

/// Joins nodes of one shape but for dimension `axis` of the graph.
int joined(FileNode& node, std::vector<int> parts, int axis) {
  Shape whole = node.shape(parts[0]);
  OCTET_CHECK(axis > 0 && axis < whole.rank(), "it joins samples");
  std::int64_t extent = 0;
  for (const int id : parts) {
    Shape other = node.shape(id);
    OCTET_CHECK(other.rank() == whole.rank(), "expected operands of one rank");
    extent += other[axis];
    other.set(axis, whole[axis]);
    OCTET_CHECK(other == whole, "expected operands that differ in dimension ", axis, " alone, got ",
                node.shape(id));
  }
  whole.set(axis, extent);
  return node.add(std::make_shared<ConcatOp>(axis), std::move(parts), whole);
}

int axis_of(int axis, std::size_t rank) {
  const auto n = static_cast<int>(rank);
  OCTET_CHECK(axis >= -n && axis < n, "axis: expected one of ", n, " dimensions, got ", axis);
  return axis < 0 ? axis + n : axis;
}

/// Operands and the result with all dimensions of the file behind the batch.
int with_all_dims(FileNode& node, std::size_t i) {
  std::vector<std::int64_t> dims(node.dims(i).begin(), node.dims(i).end());
  dims.insert(dims.begin(), 1);
  return node.reshaped(node.value(i), Shape(std::span<const std::int64_t>(dims)));
}

}  // namespace

void import_concatenation(FileNode& node) {
  const int axis =
      axis_of(node.attributes<int8::ConcatenationAttributes>().axis, node.dims(0).size());
  // Of several samples, or of such as are dimensions of one.
  const bool samples = axis == 0 || !has_batch(node.dims(0));
  std::vector<int> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i)
    parts.push_back(samples ? with_all_dims(node, i) : node.value(i));
  node.set_reshaped(joined(node, std::move(parts), axis + (samples ? 1 : 0)));
}

void import_pack(FileNode& node) {
  const int axis =
      axis_of(node.attributes<int8::PackAttributes>().axis, node.output().shape.size());
  std::vector<int> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    std::vector<std::int64_t> dims(node.dims(i).begin(), node.dims(i).end());
    OCTET_CHECK(node.dims(i) == node.dims(0), "expected operands of one shape");
    dims.insert(dims.begin() + axis, 1);
    dims.insert(dims.begin(), 1);
    parts.push_back(node.reshaped(node.value(i), Shape(std::span<const std::int64_t>(dims))));
  }
  node.set_reshaped(joined(node, std::move(parts), axis + 1));
}

void import_pad(FileNode& node) {
  const std::vector<std::int32_t> pads = node.integers(1, "paddings");
  const int8::Dims& dims = node.dims(0);
  OCTET_CHECK(pads.size() == 2 * dims.size(), "paddings: expected a pair for each of ", dims.size(),
              " dimensions, got ", pads.size(), " numbers");
  OCTET_CHECK(std::ranges::all_of(pads, [](std::int32_t n) { return n >= 0 && n < 1 << 24; }),
              "paddings: expected 0 to 2^24");
  float value = 0;
  if (node.op() == int8::OpCode::padv2) {
    const Tensor& c = node.reals(2, "value");
    OCTET_CHECK(c.numel() == 1, "value: expected one, got ", c.numel());
    value = c.r()[0];
  }
  const int x = node.value(0);
  if (std::ranges::all_of(pads, [](std::int32_t n) { return n == 0; })) return node.set(x);
  std::vector<std::int32_t> front, behind;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    front.push_back(pads[2 * d]);
    behind.push_back(pads[2 * d + 1]);
  }
  const auto before = with_batch(dims, front, 0), after = with_batch(dims, behind, 0);
  OCTET_CHECK(before[0] == 0 && after[0] == 0, "paddings: of the batch");
  const bool image = before.size() == 4 && before[3] == 0 && after[3] == 0;
  if (image) {
    const auto n = [](std::int64_t pad) { return static_cast<int>(pad); };
    const auto op = std::make_shared<Pad2dOp>(
        Padding2d{n(before[1]), n(after[1]), n(before[2]), n(after[2]), false}, value);
    return node.set(node.add(op, {x}, op->result(node.shape(x))));
  }
  const auto op = std::make_shared<PadOp>(before, after, PadMode::constant, value);
  node.set(node.add(op, {x}, op->result(node.shape(x))));
}

void import_mirror_pad(FileNode& node) {
  OCTET_CHECK(!node.attributes<int8::MirrorPadAttributes>().symmetric,
              "mode SYMMETRIC has no op to train");
  const std::vector<std::int32_t> pads = node.integers(1, "paddings");
  const int8::Dims& dims = node.dims(0);
  OCTET_CHECK(pads.size() == 2 * dims.size(), "paddings: expected a pair for each of ", dims.size(),
              " dimensions, got ", pads.size(), " numbers");
  std::vector<std::int32_t> front, behind;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const std::int32_t most = dims[d] - 1;
    OCTET_CHECK(
        pads[2 * d] >= 0 && pads[2 * d] <= most && pads[2 * d + 1] >= 0 && pads[2 * d + 1] <= most,
        "paddings: expected 0 to ", most, " in dimension ", d);
    front.push_back(pads[2 * d]);
    behind.push_back(pads[2 * d + 1]);
  }
  const int x = node.value(0);
  const auto op = std::make_shared<PadOp>(with_batch(dims, front, 0), with_batch(dims, behind, 0),
                                          PadMode::reflect, 0);
  node.set(node.add(op, {x}, op->result(node.shape(x))));
}

void import_tile(FileNode& node) {
  const auto repeats = with_batch(node.dims(0), node.integers(1, "multiples"), 1);
  if (repeats[0] == 1) {
    const int x = node.value(0);
    const auto op = std::make_shared<TileOp>(repeats);
    return node.set(node.add(op, {x}, op->result(node.shape(x))));
  }
  std::vector<std::int64_t> all(repeats);
  all.insert(all.begin(), 1);
  const int x = with_all_dims(node, 0);
  const auto op = std::make_shared<TileOp>(all);
  node.set_reshaped(node.add(op, {x}, op->result(node.shape(x))));
}

void import_broadcast_to(FileNode& node) {
  const std::vector<std::int32_t> wanted = node.integers(1, "shape");
  OCTET_CHECK(wanted == node.output().shape, "shape: expected that of the result");
  std::vector<std::int64_t> dims(node.dims(0).begin(), node.dims(0).end());
  OCTET_CHECK(dims.size() <= wanted.size(), "shape: expected at least ", dims.size(),
              " dimensions, got ", wanted.size());
  dims.insert(dims.begin(), wanted.size() + 1 - dims.size(), 1);
  const int x = node.reshaped(node.value(0), Shape(std::span<const std::int64_t>(dims)));
  std::vector<std::int64_t> to(wanted.begin(), wanted.end());
  to.insert(to.begin(), 1);
  const auto op = std::make_shared<ExpandOp>(to);
  node.set_reshaped(node.add(op, {x}, op->result(node.shape(x))));
}

}  // namespace octet::tflite_import
