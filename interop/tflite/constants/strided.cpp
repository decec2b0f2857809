#include "interop/tflite/constants/strided.h"

#include <algorithm>

#include "base/error.h"

namespace octet::tflite {

Dims broadcast(const Dims& a, const Dims& b) {
  Dims shape(std::max(a.size(), b.size()), 1);
  for (const Dims* from : {&a, &b}) {
    const std::size_t shift = shape.size() - from->size();
    for (std::size_t d = 0; d < from->size(); ++d) {
      if ((*from)[d] != 1) shape[d + shift] = (*from)[d];
    }
  }
  return shape;
}

std::size_t checked_count(const Dims& shape) {
  OCTET_CHECK(shape.size() <= IntValue::max_rank, "expected integers of at most ",
              IntValue::max_rank, " dimensions, got ", shape.size());
  std::size_t n = 1;
  for (const std::int32_t d : shape) {
    OCTET_CHECK(d >= 0, "a dimension of ", d);
    const auto size = static_cast<std::size_t>(d);  // also beside one of 0
    n *= size;
    OCTET_CHECK(size <= IntValue::max_elements && n <= IntValue::max_elements, "more than ",
                IntValue::max_elements, " integers to compute");
  }
  return n;
}

Strides strides_of(const Dims& shape) {
  Strides strides(shape.size(), 1);
  for (std::size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
  return strides;
}

Strides broadcast_strides(const Dims& from, const Dims& to) {
  OCTET_CHECK(from.size() <= to.size(), "shapes do not broadcast");
  const Strides own = strides_of(from);
  Strides result(to.size(), 0);
  const std::size_t shift = to.size() - from.size();
  for (std::size_t d = 0; d < from.size(); ++d) {
    OCTET_CHECK(from[d] == 1 || from[d] == to[d + shift], "shapes do not broadcast");
    result[d + shift] = from[d] == 1 ? 0 : own[d];
  }
  return result;
}

std::vector<std::pair<std::size_t, std::size_t>> positions(const Dims& shape, const Strides& a,
                                                           const Strides& b) {
  std::vector<std::pair<std::size_t, std::size_t>> result(checked_count(shape));
  Dims index(shape.size(), 0);
  for (auto& [at_a, at_b] : result) {
    std::int64_t sum_a = 0, sum_b = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      sum_a += index[d] * a[d];
      sum_b += index[d] * b[d];
    }
    at_a = static_cast<std::size_t>(sum_a);
    at_b = static_cast<std::size_t>(sum_b);
    for (std::size_t d = shape.size(); d-- > 0 && ++index[d] == shape[d];) index[d] = 0;
  }
  return result;
}

IntValue strided(const IntValue& x, std::int64_t offset, const Strides& strides, Dims shape) {
  IntValue y{std::move(shape), {}};
  for (const auto& [at, same] : positions(y.shape, strides, strides))
    y.elements.push_back(x.elements[static_cast<std::size_t>(offset) + at]);
  return y;
}

}  // namespace octet::tflite
