// Ops along one dimension of a value, which have an int8 form whatever dimension it is: the others
// are made the height and the channels of an image for it. Not for users of the library.
#pragma once

#include <cstdint>
#include <span>

#include "interop/tflite_import/file_node.h"

namespace octet::tflite_import {

/// Dimension `axis` of a file's value as the graph has it; 0 is the batch.
inline int graph_axis(const int8::Dims& dims, std::size_t axis) {
  return static_cast<int>(axis) + (has_batch(dims) ? 0 : 1);
}
/// Which of the file's dimensions `axis` is, that may count from the end. Throws Error.
std::size_t file_axis(std::int64_t axis, const int8::Dims& dims);

/// Elements begin, begin + step, ... `count` of them, of dimension `axis` of node `x`.
int sliced(FileNode& node, int x, int axis, std::int64_t begin, std::int64_t count,
           std::int64_t step = 1);
/// Elements `indices` of it.
int taken(FileNode& node, int x, int axis, std::span<const std::int64_t> indices);
/// `value` around it.
int padded(FileNode& node, int x, int axis, int before, int after, float value);
/// All of it, `times` times.
int repeated(FileNode& node, int x, int axis, std::int64_t times);
/// The maximum of dimensions `first` to `last`, as one of extent 1.
int largest(FileNode& node, int x, int first, int last);
/// Nodes of one shape but for dimension `axis`, joined.
int joined(FileNode& node, std::vector<int> parts, int axis);

}  // namespace octet::tflite_import
