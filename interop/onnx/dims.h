// Extents of a file's tensors, as the file has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace octet::onnx {

using Extents = std::vector<std::int64_t>;

/// Stands for an open batch wherever an extent is computed with: a prime that no extent is likely
/// to be or to have as a factor, and that a float holds.
constexpr std::int64_t open_batch = 16'777'213;

/// Product of extents [begin, end). Throws Error if one is negative or the product exceeds 2^62.
std::int64_t product(const Extents& dims, std::size_t begin, std::size_t end);
inline std::int64_t product(const Extents& dims) {
  return product(dims, 0, dims.size());
}
/// "[N, 3, 32, 32]"; an open batch is N.
std::string text(const Extents& dims);
/// Numpy's rules. Throws Error if the extents do not fit.
Extents broadcast(const Extents& a, const Extents& b);
/// `axis` of `rank` dimensions, negative ones from the end. Throws Error if there is no such.
std::size_t resolve_axis(std::int64_t axis, std::size_t rank);
/// A permutation's inverse.
std::vector<std::size_t> inverse(const std::vector<std::size_t>& permutation);

}  // namespace octet::onnx
