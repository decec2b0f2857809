#include "interop/onnx/ops/node_shapes.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace octet::onnx {

Extents reshaped_dims(const Extents& x, const std::vector<std::int64_t>& shape, bool allow_zero) {
  Extents dims = shape;
  std::int64_t known = 1;
  std::ptrdiff_t open = -1;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 0 && !allow_zero) {
      OCTET_CHECK(d < x.size(), "shape ", text(shape), ": nothing to keep of ", text(x));
      dims[d] = x[d];
    }
    if (dims[d] == -1) {
      OCTET_CHECK(open < 0, "shape ", text(shape), ": expected one -1");
      open = static_cast<std::ptrdiff_t>(d);
    }
  }
  if (open < 0) return dims;
  dims[static_cast<std::size_t>(open)] = 1;
  known = product(dims);
  const std::int64_t all = product(x);
  OCTET_CHECK(known > 0 && all % known == 0, "shape ", text(shape), ": ", text(x),
              " does not divide");
  dims[static_cast<std::size_t>(open)] = all / known;
  return dims;
}

Extents flattened_dims(const Extents& x, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(x.size());
  OCTET_CHECK(axis >= -rank && axis <= rank, "axis: expected one of ", rank, " dimensions, got ",
              axis);
  const auto a = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
  return {product(x, 0, a), product(x, a, x.size())};
}

Extents squeezed_dims(const Extents& x, const std::optional<std::vector<std::int64_t>>& axes) {
  std::vector<bool> drop(x.size());
  for (std::size_t d = 0; d < x.size() && !axes; ++d) drop[d] = x[d] == 1;
  if (axes) {
    for (const std::int64_t a : *axes) {
      const std::size_t d = resolve_axis(a, x.size());
      OCTET_CHECK(x[d] == 1, "axes: dimension ", d, " of ", text(x), " is not 1");
      drop[d] = true;
    }
  }
  Extents dims;
  for (std::size_t d = 0; d < x.size(); ++d) {
    if (!drop[d]) dims.push_back(x[d]);
  }
  return dims;
}

Extents unsqueezed_dims(const Extents& x, const std::vector<std::int64_t>& axes) {
  const std::size_t rank = x.size() + axes.size();
  std::vector<bool> added(rank);
  for (const std::int64_t a : axes) {
    const std::size_t d = resolve_axis(a, rank);
    OCTET_CHECK(!added[d], "axes: dimension ", d, " twice");
    added[d] = true;
  }
  Extents dims;
  for (std::size_t d = 0, from = 0; d < rank; ++d) dims.push_back(added[d] ? 1 : x[from++]);
  return dims;
}

std::vector<std::size_t> permutation_of(const std::vector<std::int64_t>& perm, std::size_t rank) {
  std::vector<std::size_t> permutation(rank);
  if (perm.empty()) {
    for (std::size_t d = 0; d < rank; ++d) permutation[d] = rank - 1 - d;
    return permutation;
  }
  OCTET_CHECK(perm.size() == rank, "perm: expected ", rank, " numbers, got ", perm.size());
  std::vector<bool> seen(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    permutation[d] = resolve_axis(perm[d], rank);
    OCTET_CHECK(!seen[permutation[d]], "perm: dimension ", perm[d], " twice");
    seen[permutation[d]] = true;
  }
  return permutation;
}

std::vector<std::int64_t> split_sizes(std::int64_t extent,
                                      const std::optional<std::vector<std::int64_t>>& given,
                                      std::int64_t parts, std::size_t outputs) {
  const auto count = static_cast<std::int64_t>(outputs);
  OCTET_CHECK(parts == 0 || parts == count, "num_outputs: expected ", count, ", got ", parts);
  OCTET_CHECK(outputs > 0, "expected results");
  if (!given) {
    std::vector<std::int64_t> sizes(outputs, (extent + count - 1) / count);
    sizes.back() = extent - (count - 1) * sizes[0];
    OCTET_CHECK(sizes.back() > 0, "expected an extent for ", count, " parts, got ", extent);
    return sizes;
  }
  std::int64_t sum = 0;
  for (const std::int64_t n : *given) {
    OCTET_CHECK(n >= 0 && n <= extent, "split: expected parts of ", extent, ", got ", n);
    sum += n;
  }
  OCTET_CHECK(given->size() == outputs && sum == extent, "split: expected ", outputs,
              " extents that add up to ", extent, ", got ", text(*given));
  return *given;
}

std::vector<SliceRange> slice_ranges(const OpNode& node, const Extents& x) {
  const auto starts = node.ints_or_input("starts", 9, 1), ends = node.ints_or_input("ends", 9, 2);
  auto axes = node.ints_or_input("axes", 9, 3);
  OCTET_CHECK(starts && ends && starts->size() == ends->size(), "expected as many starts as ends");
  if (!axes) {
    axes.emplace(starts->size());
    std::iota(axes->begin(), axes->end(), std::int64_t{0});
  }
  std::vector<std::int64_t> steps(starts->size(), 1);
  if (node.opset() >= 10 && node.has(4)) steps = int_list(*node.constant(4, "steps"));
  OCTET_CHECK(axes->size() == starts->size() && steps.size() == starts->size(),
              "expected as many axes and steps as starts");
  std::vector<SliceRange> ranges;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = resolve_axis((*axes)[i], x.size());
    const std::int64_t n = x[axis], step = steps[i];
    OCTET_CHECK(step != 0 && step > -(std::int64_t{1} << 62), "steps: expected other than 0");
    const auto limited = [&](std::int64_t v, std::int64_t low, std::int64_t high) {
      return std::clamp(v < 0 ? std::max(v, -n - 1) + n : v, low, high);
    };
    // Larger steps than the extent take the first element only.
    const std::int64_t s = std::clamp(step, -n - 1, n + 1);
    if (step > 0) {
      ranges.push_back({axis, limited((*starts)[i], 0, n), limited((*ends)[i], 0, n), s});
    } else {
      ranges.push_back({axis, limited((*starts)[i], 0, n - 1), limited((*ends)[i], -1, n - 1), s});
    }
  }
  return ranges;
}

}  // namespace octet::onnx
