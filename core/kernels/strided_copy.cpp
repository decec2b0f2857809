#include "core/kernels/strided_copy.h"

namespace octet {

StridedCopy::StridedCopy(std::vector<Dim> dims, std::int64_t from_offset, std::int64_t to_offset)
    : from_offset_(from_offset), to_offset_(to_offset) {
  for (const Dim& d : dims) {
    if (d.size == 1) continue;
    if (!dims_.empty() && dims_.back().from == d.from * d.size &&
        dims_.back().to == d.to * d.size) {
      dims_.back() = {dims_.back().size * d.size, d.from, d.to};
    } else {
      dims_.push_back(d);
    }
  }
  if (dims_.empty()) dims_.push_back({1, 1, 1});
  for (std::size_t d = 0; d + 1 < dims_.size(); ++d) rows_ *= dims_[d].size;
}

StridedCopy StridedCopy::reversed() const {
  StridedCopy other = *this;
  for (Dim& d : other.dims_) std::swap(d.from, d.to);
  std::swap(other.from_offset_, other.to_offset_);
  return other;
}

std::vector<std::int64_t> row_major_strides(const Shape& s) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(s.rank()), 1);
  for (std::size_t d = strides.size(); d-- > 1;) {
    strides[d - 1] = strides[d] * s[static_cast<int>(d)];
  }
  return strides;
}

StridedCopy part_to_whole(const Shape& whole, int axis, std::int64_t start, std::int64_t extent) {
  std::int64_t outer = 1, inner = 1;
  for (int d = 0; d < whole.rank(); ++d) {
    if (d != axis) (d < axis ? outer : inner) *= whole[d];
  }
  return StridedCopy({{outer, extent * inner, whole[axis] * inner}, {extent * inner, 1, 1}}, 0,
                     start * inner);
}

}  // namespace octet
