// Operators that move elements of constants.
#include <algorithm>

#include "interop/onnx/constants/folding.h"
#include "interop/onnx/ops/node_shapes.h"

namespace octet::onnx {
namespace {

using Int = std::int64_t;

/// A constant [dims] whose element i is element source(i) of operand number which(i).
template <class Source>
ConstantPtr gathered(const Constants& from, const Extents& dims, const Source& source) {
  const bool real = from[0]->real;
  Int operands = 0;
  for (const ConstantPtr& c : from) {
    OCTET_CHECK(c && c->real == real, "expected operands of one type");
    operands += c->size();
  }
  const Int n = result_size(dims, operands);
  Tensor t = real ? Tensor::empty({n}) : Tensor();
  std::vector<Int> v(real ? 0 : static_cast<std::size_t>(n));
  for (Int i = 0; i < n; ++i) {
    const auto [which, k] = source(i);
    if (real) {
      t.r()[i] = from[which]->reals.r()[k];
    } else {
      v[static_cast<std::size_t>(i)] = from[which]->ints[static_cast<std::size_t>(k)];
    }
  }
  return real ? make_reals(from[0]->name, dims, std::move(t))
              : make_ints(from[0]->name, dims, std::move(v));
}

using From = std::pair<std::size_t, Int>;

/// Extents in front of an axis, of it and behind it.
struct Split {
  Int outer, extent, inner;
  Split(const Extents& dims, std::size_t axis)
      : outer(product(dims, 0, axis)),
        extent(dims[axis]),
        inner(product(dims, axis + 1, dims.size())) {}
};

ConstantPtr along(const ConstantPtr& x, std::size_t axis, const std::vector<Int>& indices) {
  const Split s(x->dims, axis);
  Extents dims = x->dims;
  const auto n = static_cast<Int>(indices.size());
  dims[axis] = n;
  return gathered({x}, dims, [&](Int i) {
    const Int inner = i % s.inner, k = i / s.inner % n, outer = i / s.inner / n;
    return From{0, (outer * s.extent + indices[static_cast<std::size_t>(k)]) * s.inner + inner};
  });
}

ConstantPtr gather(OpNode& node, const ConstantPtr& x, const Constant& indices) {
  OCTET_CHECK(!indices.real, "indices: expected integers");
  const std::size_t axis = resolve_axis(node.integer("axis", 0), x->dims.size());
  std::vector<Int> list = indices.ints;
  for (Int& i : list) {
    OCTET_CHECK(i >= -x->dims[axis] && i < x->dims[axis], "indices: expected below ", x->dims[axis],
                ", got ", i);
    if (i < 0) i += x->dims[axis];
  }
  Extents dims(x->dims.begin(), x->dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x->dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x->dims.end());
  return reshaped(along(x, axis, list), dims);
}

ConstantPtr slice(OpNode& node, ConstantPtr x) {
  for (const SliceRange& r : slice_ranges(node, x->dims)) {
    std::vector<Int> indices;
    for (Int i = r.begin, left = r.count(); left > 0; --left, i += r.step) indices.push_back(i);
    x = along(x, r.axis, indices);
  }
  return x;
}

ConstantPtr concat(OpNode& node, const Constants& x) {
  const std::size_t axis = resolve_axis(node.integer("axis", 0), x[0]->dims.size());
  Extents dims = x[0]->dims;
  dims[axis] = 0;
  std::vector<Int> begins;
  for (const ConstantPtr& c : x) {
    OCTET_CHECK(c && c->dims.size() == dims.size(), "expected operands of ", dims.size(),
                " dimensions");
    for (std::size_t d = 0; d < dims.size(); ++d)
      OCTET_CHECK(d == axis || c->dims[d] == dims[d], "expected ", text(dims),
                  " but for dimension ", axis, ", got ", text(c->dims));
    begins.push_back(dims[axis]);
    dims[axis] += c->dims[axis];
  }
  const Split s(dims, axis);
  return gathered(x, dims, [&](Int i) {
    const Int inner = i % s.inner, k = i / s.inner % s.extent, outer = i / s.inner / s.extent;
    const auto at = std::upper_bound(begins.begin(), begins.end(), k) - 1;
    const auto which = static_cast<std::size_t>(at - begins.begin());
    return From{which, (outer * x[which]->dims[axis] + k - *at) * s.inner + inner};
  });
}

/// Of `x` repeated in each dimension as its indices wrap around.
ConstantPtr repeated(const ConstantPtr& x, const Extents& dims) {
  Extents extents = x->dims;
  extents.insert(extents.begin(), dims.size() - extents.size(), 1);
  return gathered({x}, dims, [&](Int i) {
    Int at = 0, stride = 1;
    for (std::size_t d = dims.size(); d-- > 0;) {
      at += i % dims[d] % extents[d] * stride;
      stride *= extents[d];
      i /= dims[d];
    }
    return From{0, at};
  });
}

ConstantPtr expand(OpNode& node, const ConstantPtr& x) {
  Extents shape = int_list(*node.constant(1, "shape"));
  for (Int& d : shape) d = d == open_batch ? 1 : d;  // the same for each sample
  const Extents dims = broadcast(x->dims, shape);
  return repeated(x, dims);
}

ConstantPtr tile(OpNode& node, const ConstantPtr& x) {
  const std::vector<Int>& repeats = int_list(*node.constant(1, "repeats"));
  OCTET_CHECK(repeats.size() == x->dims.size(), "repeats: expected ", x->dims.size(), ", got ",
              repeats.size());
  Extents dims = x->dims;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const Int r = repeats[d] == open_batch ? 1 : repeats[d];
    OCTET_CHECK(r >= 0 && r <= largest_result, "repeats: got ", r);
    dims[d] = product({dims[d], r});
  }
  return repeated(x, dims);
}

void split(OpNode& node, const ConstantPtr& x) {
  const std::size_t axis = resolve_axis(node.integer("axis", 0), x->dims.size());
  const auto sizes = split_sizes(x->dims[axis], node.ints_or_input("split", 12, 1),
                                 node.integer("num_outputs", 0), node.output_count());
  Int begin = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::vector<Int> indices;
    for (Int k = 0; k < sizes[i]; ++k) indices.push_back(begin + k);
    set_constant(node, i, along(x, axis, indices));
    begin += sizes[i];
  }
}

}  // namespace

bool fold_moves(OpNode& node, const Constants& x) {
  const std::string& op = node.type();
  ConstantPtr y;
  if (op == "Identity" || op == "Dropout") {
    node.ignore({"ratio", "seed"});
    y = x[0];
  } else if (op == "Reshape") {
    y = reshaped(x[0], reshaped_dims(x[0]->dims, int_list(*node.constant(1, "shape")),
                                     node.integer("allowzero", 0) != 0));
  } else if (op == "Flatten") {
    y = reshaped(x[0], flattened_dims(x[0]->dims, node.integer("axis", 1)));
  } else if (op == "Squeeze") {
    y = reshaped(x[0], squeezed_dims(x[0]->dims, node.ints_or_input("axes", 12, 1)));
  } else if (op == "Unsqueeze") {
    const auto axes = node.ints_or_input("axes", 12, 1);
    OCTET_CHECK(axes, "axes: expected some");
    y = reshaped(x[0], unsqueezed_dims(x[0]->dims, *axes));
  } else if (op == "Transpose") {
    y = permuted(x[0], permutation_of(node.ints("perm"), x[0]->dims.size()));
  } else if (op == "Gather") {
    y = gather(node, x[0], *node.constant(1, "indices"));
  } else if (op == "Slice") {
    y = slice(node, x[0]);
  } else if (op == "Concat") {
    y = concat(node, x);
  } else if (op == "Expand") {
    y = expand(node, x[0]);
  } else if (op == "Tile") {
    y = tile(node, x[0]);
  } else if (op == "Split") {
    split(node, x[0]);
    return true;
  } else {
    return false;
  }
  set_constant(node, 0, std::move(y));
  return true;
}

}  // namespace octet::onnx
