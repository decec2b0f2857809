#include "interop/weights/axis_order.h"

#include <algorithm>
#include <array>

namespace octet {
namespace {

struct Axis {
  std::int64_t extent = 1, step = 0;
};

AxisView view(Axis a, Axis b, Axis c, Axis d) {
  return {{a.extent, b.extent, c.extent, d.extent}, {a.step, b.step, c.step, d.step}};
}

/// The columns of flattened pixels in PyTorch's order, as H, W, C; nothing if `in` is none.
std::optional<std::array<Axis, 3>> pixels(const LayerUse& use, Axis in) {
  if (use.h * use.w * use.c != in.extent) return std::nullopt;
  return std::array{Axis{use.h, use.w * in.step}, Axis{use.w, in.step},
                    Axis{use.c, use.h * use.w * in.step}};
}

/// Whether the view's extents are those of [O, H, W, I], or [O, H W I], or [O] of one number each.
bool fits(const AxisView& v, const Shape& target) {
  const auto& e = v.extents;
  if (target.rank() == 4) return std::equal(e.begin(), e.end(), target.dims().begin());
  return target.rank() == 2 && target[0] == e[0] && target[1] == e[1] * e[2] * e[3];
}

/// The same axes. Those beyond four are taken together, which needs them in our order.
std::optional<AxisView> same_view(const StoredTensor& stored, const Shape& target) {
  if (!std::equal(stored.shape.begin(), stored.shape.end(), target.dims().begin(),
                  target.dims().end())) {
    return std::nullopt;
  }
  const std::vector<std::int64_t> steps = stored.strides();
  AxisView v;
  const std::size_t rank = stored.shape.size();
  if (rank > 4) {
    if (stored.fortran) return std::nullopt;
    return view({}, {}, {}, {target.numel(), 1});
  }
  for (std::size_t i = 0; i < rank; ++i) {
    v.extents[4 - rank + i] = stored.shape[i];
    v.steps[4 - rank + i] = steps[i];
  }
  return v;
}

}  // namespace

std::optional<AxisView> view_as(const StoredTensor& stored, AxisOrder order, const Shape& target,
                                const LayerUse& use) {
  const std::size_t rank = stored.shape.size();
  const bool weight = (rank == 2 || rank == 4) && (target.rank() == 2 || target.rank() == 4);
  const std::vector<std::int64_t> steps = stored.strides();
  const auto axis = [&](std::size_t i) { return Axis{stored.shape[i], steps[i]}; };
  if (order == AxisOrder::torch && rank == 1 && target == Shape{stored.shape[0]}) {
    if (const auto p = pixels(use, axis(0))) return view({}, (*p)[0], (*p)[1], (*p)[2]);
  }
  if (order == AxisOrder::octet || !weight) return same_view(stored, target);
  AxisView v;
  if (order == AxisOrder::torch && rank == 4) {
    const std::size_t out = use.transposed_conv ? 1 : 0;
    v = view(axis(out), axis(2), axis(3), axis(1 - out));
  } else if (order == AxisOrder::torch) {
    const Axis in = axis(1);
    v = view(axis(0), {}, {}, in);
    if (const auto p = pixels(use, in)) v = view(axis(0), (*p)[0], (*p)[1], (*p)[2]);
  } else if (rank == 4) {
    const std::size_t out = use.transposed_conv ? 2 : 3;
    v = view(axis(out), axis(0), axis(1), axis(5 - out));
    const bool depthwise = target.rank() == 4 && target[3] == 1 && !fits(v, target);
    if (depthwise) {  // channel c's multiplier m is output c M + m
      const Axis c = axis(2), m = axis(3);
      const AxisView d = view(c, m, axis(0), axis(1));
      if (Shape{c.extent * m.extent, stored.shape[0], stored.shape[1], 1} == target) return d;
    }
  } else {
    v = view(axis(1), {}, {}, axis(0));
  }
  return fits(v, target) ? std::optional(v) : std::nullopt;
}

std::vector<std::int64_t> shape_as(AxisOrder order, const Shape& t, const LayerUse& use) {
  std::vector<std::int64_t> shape(t.dims().begin(), t.dims().end());
  if (order == AxisOrder::torch && t.rank() == 4) {
    shape = {t[0], t[3], t[1], t[2]};
    if (use.transposed_conv) std::swap(shape[0], shape[1]);
  } else if (order == AxisOrder::keras && t.rank() == 4) {
    shape = {t[1], t[2], t[3], t[0]};
    if (use.transposed_conv) std::swap(shape[2], shape[3]);
  } else if (order == AxisOrder::keras && t.rank() == 2) {
    shape = {t[1], t[0]};
  }
  return shape;
}

}  // namespace octet
