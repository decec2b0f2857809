// Values with more beside them.
#include <algorithm>

#include "core/ops/ops.h"
#include "interop/tflite_import/rows/axis_ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

/// Operand i with these extents in front of its own, behind the batch.
int with_dims(FileNode& node, std::size_t i, std::size_t in_front) {
  std::vector<std::int64_t> dims(node.dims(i).begin(), node.dims(i).end());
  dims.insert(dims.begin(), 1 + in_front, 1);
  return node.reshaped(node.value(i), Shape(std::span<const std::int64_t>(dims)));
}

/// {before, after} of each dimension.
std::vector<std::pair<int, int>> paddings(FileNode& node) {
  const std::vector<std::int32_t> pads = node.integers(1, "paddings");
  const std::size_t rank = node.dims(0).size();
  constexpr std::int32_t most = 1 << 24;
  OCTET_CHECK(pads.size() == 2 * rank, "paddings: expected a pair for each of ", rank,
              " dimensions, got ", pads.size(), " numbers");
  OCTET_CHECK(std::ranges::all_of(pads, [](std::int32_t n) { return n >= 0 && n <= most; }),
              "paddings: expected 0 to ", most);
  std::vector<std::pair<int, int>> pairs;
  for (std::size_t d = 0; d < rank; ++d) pairs.emplace_back(pads[2 * d], pads[2 * d + 1]);
  return pairs;
}

}  // namespace

void import_concatenation(FileNode& node) {
  const std::size_t axis =
      file_axis(node.attributes<int8::ConcatenationAttributes>().axis, node.dims(0));
  std::vector<int> parts;
  if (axis > 0 && has_batch(node.dims(0))) {
    for (std::size_t i = 0; i < node.input_count(); ++i) parts.push_back(node.value(i));
    return node.set(joined(node, std::move(parts), static_cast<int>(axis)));
  }
  for (std::size_t i = 0; i < node.input_count(); ++i) parts.push_back(with_dims(node, i, 0));
  node.set_reshaped(joined(node, std::move(parts), static_cast<int>(axis) + 1));
}

void import_pack(FileNode& node) {
  const std::size_t axis =
      file_axis(node.attributes<int8::PackAttributes>().axis, node.output().shape);
  std::vector<int> parts;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    OCTET_CHECK(node.dims(i) == node.dims(0) && axis <= node.dims(i).size(),
                "expected operands of one shape");
    std::vector<std::int64_t> dims(node.dims(i).begin(), node.dims(i).end());
    dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    dims.insert(dims.begin(), 1);
    parts.push_back(node.reshaped(node.value(i), Shape(std::span<const std::int64_t>(dims))));
  }
  node.set_reshaped(joined(node, std::move(parts), static_cast<int>(axis) + 1));
}

void import_pad(FileNode& node) {
  auto pads = paddings(node);
  float value = 0;
  if (node.op() == int8::OpCode::padv2) {
    const Tensor& c = node.reals(2, "value");
    OCTET_CHECK(c.numel() == 1, "value: expected one, got ", c.numel());
    value = c.r()[0];
  }
  const int8::Dims& dims = node.dims(0);
  int x = node.value(0);
  if (node.shape(x).rank() == 4) {  // height and width at once
    const std::size_t h = dims.size() - 3;
    const auto [top, bottom] = std::exchange(pads[h], {});
    const auto [left, right] = std::exchange(pads[h + 1], {});
    const auto op = std::make_shared<Pad2dOp>(Padding2d{top, bottom, left, right, false}, value);
    if (!(op->pads == Padding2d{})) x = node.add(op, {x}, op->result(node.shape(x)));
  }
  for (std::size_t d = 0; d < dims.size(); ++d)
    x = padded(node, x, graph_axis(dims, d), pads[d].first, pads[d].second, value);
  node.set(x);
}

void import_mirror_pad(FileNode& node) {
  const int border = node.attributes<int8::MirrorPadAttributes>().symmetric ? 0 : 1;
  const auto pads = paddings(node);
  const int8::Dims& dims = node.dims(0);
  int x = node.value(0);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const auto [before, after] = pads[d];
    const int most = dims[d] - border;
    OCTET_CHECK(before <= most && after <= most, "paddings: expected 0 to ", most, " in dimension ",
                d);
    if (before == 0 && after == 0) continue;
    std::vector<std::int64_t> indices;
    for (int i = before; i > 0; --i) indices.push_back(i - 1 + border);
    for (int i = 0; i < dims[d]; ++i) indices.push_back(i);
    for (int i = 0; i < after; ++i) indices.push_back(dims[d] - 1 - border - i);
    x = taken(node, x, graph_axis(dims, d), indices);
  }
  node.set(x);
}

void import_tile(FileNode& node) {
  const std::vector<std::int32_t> times = node.integers(1, "multiples");
  OCTET_CHECK(times.size() == node.dims(0).size(), "multiples: expected ", node.dims(0).size(),
              " numbers, got ", times.size());
  int x = with_dims(node, 0, 0);
  for (std::size_t d = 0; d < times.size(); ++d)
    x = repeated(node, x, static_cast<int>(d) + 1, times[d]);
  node.set_reshaped(x);
}

void import_broadcast_to(FileNode& node) {
  const std::vector<std::int32_t> wanted = node.integers(1, "shape");
  const int8::Dims& dims = node.dims(0);
  OCTET_CHECK(wanted == node.output().shape && dims.size() <= wanted.size(),
              "shape: expected that of the result");
  const std::size_t in_front = wanted.size() - dims.size();
  int x = with_dims(node, 0, in_front);
  for (std::size_t d = 0; d < wanted.size(); ++d) {
    const int own = d < in_front ? 1 : dims[d - in_front];
    OCTET_CHECK(own == 1 || own == wanted[d], "shape: dimension ", d, " is ", own, " already");
    if (own == 1) x = repeated(node, x, static_cast<int>(d) + 1, wanted[d]);
  }
  node.set_reshaped(x);
}

}  // namespace octet::tflite_import
