#include "interop/onnx/dims.h"

#include <algorithm>

#include "base/error.h"

namespace octet::onnx {

std::int64_t product(const Extents& dims, std::size_t begin, std::size_t end) {
  std::int64_t n = 1;
  for (std::size_t i = begin; i < end; ++i) {
    OCTET_CHECK(dims[i] >= 0, "extents ", text(dims), ": expected none below 0");
    OCTET_CHECK(dims[i] == 0 || n <= (std::int64_t{1} << 62) / dims[i], "extents ", text(dims),
                ": too many elements");
    n *= dims[i];
  }
  return n;
}

std::string text(const Extents& dims) {
  std::string s = "[";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    s += i ? ", " : "";
    s += dims[i] == open_batch ? "N" : std::to_string(dims[i]);
  }
  return s + "]";
}

Extents broadcast(const Extents& a, const Extents& b) {
  Extents y(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::int64_t p = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t q = i < b.size() ? b[b.size() - 1 - i] : 1;
    OCTET_CHECK(p == q || p == 1 || q == 1, "shapes ", text(a), " and ", text(b),
                " do not broadcast");
    y[y.size() - 1 - i] = p == 1 ? q : p;
  }
  return y;
}

std::size_t resolve_axis(std::int64_t axis, std::size_t rank) {
  const auto r = static_cast<std::int64_t>(rank);
  OCTET_CHECK(axis >= -r && axis < r, "axis: expected one of ", rank, " dimensions, got ", axis);
  return static_cast<std::size_t>(axis < 0 ? axis + r : axis);
}

std::vector<std::size_t> inverse(const std::vector<std::size_t>& permutation) {
  std::vector<std::size_t> inverted(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) inverted[permutation[i]] = i;
  return inverted;
}

}  // namespace octet::onnx
