// Values that are known when a file is read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "interop/onnx/dims.h"
#include "interop/onnx/quantized.h"

namespace octet::onnx {

/// Reals (all floating-point types become f32) or integers (booleans are 0 and 1), row-major.
struct Constant {
  std::string name;  ///< of the initializer or node it is from
  Extents dims;
  bool real = false;
  Tensor reals;  ///< [n]
  std::vector<std::int64_t> ints;
  int type = 0;  ///< of integers that a file has, as proto::TensorProto has it; 0: computed
  /// Of reals that a DequantizeLinear made.
  std::shared_ptr<const Dequantized> dequantized;
  /// Computed from the number of samples, which is not known: open_batch stands for it.
  bool of_batch = false;

  std::int64_t size() const {
    return real ? reals.numel() : static_cast<std::int64_t>(ints.size());
  }
  double at(std::int64_t i) const {
    return real ? static_cast<double>(reals.r()[i])
                : static_cast<double>(ints[static_cast<std::size_t>(i)]);
  }
};
using ConstantPtr = std::shared_ptr<const Constant>;

ConstantPtr make_reals(std::string name, Extents dims, Tensor values);
ConstantPtr make_ints(std::string name, Extents dims, std::vector<std::int64_t> values,
                      int type = 0);
/// The same elements with other extents. Throws Error if their number differs. The quantization
/// stays known where its dimension does.
ConstantPtr reshaped(const ConstantPtr& c, Extents dims);
/// Dimension d of the result is dimension permutation[d] of `c`.
ConstantPtr permuted(const ConstantPtr& c, const std::vector<std::size_t>& permutation);
/// Integers of a list. Throws Error if it holds reals or has more than one dimension.
const std::vector<std::int64_t>& int_list(const Constant& c);

/// A constant that is computed has at most this many elements, or those of its operands.
constexpr std::int64_t largest_result = std::int64_t{1} << 24;
/// product(dims), checked against that.
std::int64_t result_size(const Extents& dims, std::int64_t operands = 0);

/// Copies `from` [dims] element by element so that dimension d of the result is dimension
/// permutation[d] of it.
template <class T>
void permute_elements(const T* from, const Extents& dims,
                      const std::vector<std::size_t>& permutation, T* to) {
  const std::size_t rank = dims.size();
  Extents strides(rank), extents(rank), index(rank, 0);
  std::int64_t stride = 1;
  Extents source(rank);
  for (std::size_t d = rank; d-- > 0;) {
    source[d] = stride;
    stride *= dims[d];
  }
  if (stride == 0) return;
  for (std::size_t d = 0; d < rank; ++d) {
    strides[d] = source[permutation[d]];
    extents[d] = dims[permutation[d]];
  }
  const std::int64_t inner = rank ? extents[rank - 1] : 1, step = rank ? strides[rank - 1] : 0;
  for (std::int64_t done = 0, offset = 0; done < stride; done += inner) {
    for (std::int64_t i = 0; i < inner; ++i) *to++ = from[offset + i * step];
    for (std::size_t d = rank - (rank > 0); d-- > 0;) {
      offset += strides[d];
      if (++index[d] < extents[d]) break;
      offset -= strides[d] * extents[d];
      index[d] = 0;
    }
  }
}

}  // namespace octet::onnx
