#include "interop/tflite_import/rows/axis_ops.h"

#include <algorithm>

#include "core/ops/ops.h"

namespace octet::tflite_import {
namespace {

std::int64_t product(const Shape& s, int first, int last) {
  std::int64_t n = 1;
  for (int d = first; d < last; ++d) n *= s[d];
  return n;
}

/// Dimensions `first` to `last` of node `x` as the width of an image, those in front its height,
/// those behind its channels.
int as_width(FileNode& node, int x, int first, int last) {
  const Shape s = node.shape(x);
  OCTET_CHECK(first > 0 && last < s.rank(), "it works on the batch");
  return node.reshaped(
      x, {s[0], product(s, 1, first), product(s, first, last + 1), product(s, last + 1, s.rank())});
}

int pixels(std::int64_t n) {
  constexpr std::int64_t most = 1 << 20;
  OCTET_CHECK(n >= 0 && n <= most, "expected extents of at most ", most, ", got ", n);
  return static_cast<int>(n);
}

}  // namespace

std::size_t file_axis(std::int64_t axis, const int8::Dims& dims) {
  const auto rank = static_cast<std::int64_t>(dims.size());
  OCTET_CHECK(axis >= -rank && axis < rank, "axis: expected one of ", rank, " dimensions, got ",
              axis);
  return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
}

int sliced(FileNode& node, int x, int axis, std::int64_t begin, std::int64_t count,
           std::int64_t step) {
  OCTET_CHECK(count > 0, "expected at least one element of dimension ", axis);
  if (begin == 0 && step == 1 && count == node.shape(x)[axis]) return x;
  const std::int64_t end = begin + (count - 1) * step + (step > 0 ? 1 : -1);
  const auto op = std::make_shared<SliceOp>(axis, begin, end, step);
  return node.add(op, {x}, op->result(node.shape(x)));
}

int taken(FileNode& node, int x, int axis, std::span<const std::int64_t> indices) {
  constexpr std::size_t most = 4096;
  OCTET_CHECK(!indices.empty() && indices.size() <= most, "indices: expected 1 to ", most, ", got ",
              indices.size());
  const std::int64_t extent = node.shape(x)[axis];
  std::vector<int> parts;
  for (std::size_t i = 0; i < indices.size();) {
    OCTET_CHECK(indices[i] >= 0 && indices[i] < extent, "indices: expected 0 to ", extent - 1,
                ", got ", indices[i]);
    std::size_t n = 1;  // neighbours that stay neighbours
    while (i + n < indices.size() && indices[i + n] == indices[i] + static_cast<std::int64_t>(n) &&
           indices[i + n] < extent) {
      ++n;
    }
    parts.push_back(sliced(node, x, axis, indices[i], static_cast<std::int64_t>(n)));
    i += n;
  }
  return parts.size() == 1 ? parts[0] : joined(node, std::move(parts), axis);
}

int padded(FileNode& node, int x, int axis, int before, int after, float value) {
  if (before == 0 && after == 0) return x;
  Shape result = node.shape(x);
  result.set(axis, result[axis] + before + after);
  const int image = as_width(node, x, axis, axis);
  const auto op = std::make_shared<Pad2dOp>(Padding2d{0, 0, before, after, false}, value);
  return node.reshaped(node.add(op, {image}, op->result(node.shape(image))), result);
}

int repeated(FileNode& node, int x, int axis, std::int64_t times) {
  OCTET_CHECK(times > 0, "expected repetitions, got ", times);
  if (times == 1) return x;
  const Shape s = node.shape(x);
  OCTET_CHECK(axis > 0, "it works on the batch");
  Shape result = s;
  result.set(axis, s[axis] * times);
  // Each row of all that is repeated is a pixel, whose row is resized.
  const int image = node.reshaped(x, {s[0], product(s, 1, axis), 1, product(s, axis, s.rank())});
  const Shape& from = node.shape(image);
  const auto op = std::make_shared<Resize2dOp>(pixels(from[1]), pixels(times),
                                               Interpolation::nearest, Coordinates::asymmetric);
  return node.reshaped(node.add(op, {image}, {from[0], from[1], times, from[3]}), result);
}

int largest(FileNode& node, int x, int first, int last) {
  const int image = as_width(node, x, first, last);
  const Shape s = node.shape(image);
  const int width = pixels(s[2]);
  const Window2d window{1, width, 1, width, 1, 1, {}};
  return node.add(std::make_shared<MaxPool2dOp>(window), {image}, {s[0], s[1], 1, s[3]});
}

int joined(FileNode& node, std::vector<int> parts, int axis) {
  Shape whole = node.shape(parts[0]);
  OCTET_CHECK(axis > 0 && axis < whole.rank(), "it works on the batch");
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

}  // namespace octet::tflite_import
