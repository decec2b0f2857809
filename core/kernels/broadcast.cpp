#include "core/kernels/broadcast.h"

namespace octet {
namespace {

// Extent and row-major stride (0 where the operand repeats) of dimension `d` counted from the last.
struct Extent {
  std::int64_t size, stride;
};
std::vector<Extent> from_back(const Shape& s, int rank) {
  std::vector<Extent> extents;
  std::int64_t stride = 1;
  for (int d = 1; d <= rank; ++d) {
    const std::int64_t size = d <= s.rank() ? s[-d] : 1;
    extents.push_back({size, size == 1 ? 0 : stride});
    stride *= size;
  }
  return extents;
}

}  // namespace

Broadcast::Broadcast(std::string_view op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  const std::vector<Extent> ea = from_back(a, rank), eb = from_back(b, rank);
  std::vector<std::int64_t> extents(static_cast<std::size_t>(rank));
  std::vector<Dim> dims;  // innermost first; neighbours are joined where both operands allow it
  for (std::size_t d = 0; d < ea.size(); ++d) {
    OCTET_CHECK(ea[d].size == eb[d].size || ea[d].size == 1 || eb[d].size == 1, op, ": shapes ", a,
                " and ", b, " do not broadcast");
    const Dim dim{ea[d].size == 1 ? eb[d].size : ea[d].size, ea[d].stride, eb[d].stride};
    extents[extents.size() - 1 - d] = dim.size;
    if (dim.size == 1) continue;
    if (!dims.empty() && dim.a == dims.back().a * dims.back().size &&
        dim.b == dims.back().b * dims.back().size) {
      dims.back().size *= dim.size;
    } else {
      dims.push_back(dim);
    }
  }
  shape_ = Shape(std::span<const std::int64_t>(extents));
  if (dims.empty()) return;  // one element: a row of length one
  row_ = dims[0].size;
  a_step_ = static_cast<int>(dims[0].a);
  b_step_ = static_cast<int>(dims[0].b);
  outer_.assign(dims.rbegin(), dims.rend() - 1);
  for (const Dim& d : outer_) rows_ *= d.size;
}

}  // namespace octet
