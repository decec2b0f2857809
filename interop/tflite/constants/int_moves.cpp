#include <algorithm>
#include <limits>
#include <utility>

#include "int8/reference/slice.h"
#include "interop/tflite/constants/operands.h"

namespace octet::tflite {
namespace {

std::vector<IntValue> concatenation(const IntOperands& o) {
  const auto* options = o.op.builtin_options_as<ConcatenationOptions>();
  const std::size_t axis = axis_of(options ? options->axis() : 0, operand(o, 0).shape.size());
  std::size_t outer = 1;
  std::int64_t extent = 0;
  for (std::size_t d = 0; d < axis; ++d) outer *= static_cast<std::size_t>(o.in[0]->shape[d]);
  IntValue y{o.in[0]->shape, {}};
  for (const IntValue* x : o.in) {
    Dims expected = y.shape;
    if (x->shape.size() == expected.size()) expected[axis] = x->shape[axis];
    OCTET_CHECK(x->shape == expected, "shapes that differ beside the axis");
    extent += x->shape[axis];
  }
  y.shape[axis] = dim_of(extent);
  checked_count(y.shape);
  for (std::size_t i = 0; i < outer; ++i) {
    for (const IntValue* x : o.in) {
      const auto row = static_cast<std::ptrdiff_t>(x->elements.size() / outer);
      const auto from = x->elements.begin() + static_cast<std::ptrdiff_t>(i) * row;
      y.elements.insert(y.elements.end(), from, from + row);
    }
  }
  return {y};
}

std::vector<IntValue> pack(const IntOperands& o) {
  const auto* options = o.op.builtin_options_as<PackOptions>();
  const Dims& shape = operand(o, 0).shape;
  const std::size_t axis = axis_of(options ? options->axis() : 0, shape.size() + 1);
  IntValue y{shape, {}};
  y.shape.insert(y.shape.begin() + static_cast<std::ptrdiff_t>(axis),
                 dim_of(static_cast<std::int64_t>(o.in.size())));
  y.elements.resize(checked_count(y.shape));
  const Strides to = strides_of(y.shape);
  Strides kept = to;
  kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(axis));
  for (std::size_t n = 0; n < o.in.size(); ++n) {
    OCTET_CHECK(o.in[n]->shape == shape, "values of different shapes");
    const std::size_t offset = n * static_cast<std::size_t>(to[axis]);
    for (const auto& [from, at] : positions(shape, strides_of(shape), kept))
      y.elements[offset + at] = o.in[n]->elements[from];
  }
  return {y};
}

std::vector<IntValue> unpack(const IntOperands& o) {
  const auto* options = o.op.builtin_options_as<UnpackOptions>();
  const IntValue& x = operand(o, 0);
  const std::size_t axis = axis_of(options ? options->axis() : 0, x.shape.size());
  Dims shape = x.shape;
  Strides strides = strides_of(x.shape);
  const std::int64_t step = strides[axis];
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  strides.erase(strides.begin() + static_cast<std::ptrdiff_t>(axis));
  std::vector<IntValue> parts;
  const std::size_t outputs = o.op.outputs()->size();
  OCTET_CHECK(outputs == static_cast<std::size_t>(x.shape[axis]), "expected ", x.shape[axis],
              " outputs, got ", outputs);
  for (std::int64_t i = 0; i < x.shape[axis]; ++i)
    parts.push_back(strided(x, i * step, strides, shape));
  return parts;
}

std::vector<IntValue> gather(const IntOperands& o) {
  const auto* options = o.op.builtin_options_as<GatherOptions>();
  OCTET_CHECK(!options || options->batch_dims() == 0, "batch_dims ", options->batch_dims(),
              " of integers");
  const IntValue &x = operand(o, 0), &indices = operand(o, 1);
  const std::size_t axis = axis_of(options ? options->axis() : 0, x.shape.size());
  const auto at = static_cast<std::ptrdiff_t>(axis);
  IntValue y{{x.shape.begin(), x.shape.begin() + at}, {}};
  y.shape.insert(y.shape.end(), indices.shape.begin(), indices.shape.end());
  y.shape.insert(y.shape.end(), x.shape.begin() + at + 1, x.shape.end());
  checked_count(y.shape);
  const std::int64_t inner = strides_of(x.shape)[axis], size = x.shape[axis];
  const auto outer =
      static_cast<std::int64_t>(checked_count({x.shape.begin(), x.shape.begin() + at}));
  for (std::int64_t i = 0; i < outer; ++i) {
    for (const std::int64_t index : indices.elements) {
      OCTET_CHECK(index >= 0 && index < size, "index ", index, " of ", size);
      const auto from = x.elements.begin() + (i * size + index) * inner;
      y.elements.insert(y.elements.end(), from, from + inner);
    }
  }
  return {y};
}

std::vector<IntValue> strided_slice(const IntOperands& o) {
  const IntValue& x = operand(o, 0);
  const auto &begin = operand(o, 1).elements, &end = operand(o, 2).elements;
  const auto& by = operand(o, 3).elements;
  const auto* a = o.op.builtin_options_as<StridedSliceOptions>();
  OCTET_CHECK(!a || (a->ellipsis_mask() == 0 && a->new_axis_mask() == 0 && !a->offset()),
              "ellipsis_mask, new_axis_mask or offset on integers");
  OCTET_CHECK(
      begin.size() <= x.shape.size() && end.size() == begin.size() && by.size() == begin.size(),
      "begin, end and strides of ", begin.size(), ", ", end.size(), " and ", by.size(),
      " entries for ", x.shape.size(), " dimensions");
  const Strides own = strides_of(x.shape);
  std::int64_t offset = 0;
  Strides strides;
  Dims shape;
  for (std::size_t d = 0; d < x.shape.size(); ++d) {
    const auto has = [&](std::int32_t mask) { return ((mask >> d) & 1) != 0; };
    int8::AxisSlice s{0, 1, x.shape[d]};
    if (d < begin.size()) {
      constexpr std::int64_t far = std::numeric_limits<std::int32_t>::max();
      const auto near = [far](std::int64_t v) { return std::clamp(v, -far, far); };
      OCTET_CHECK(by[d] != 0, "a stride of 0");
      s = int8::axis_slice(near(begin[d]), near(end[d]), near(by[d]), x.shape[d],
                           a && has(a->begin_mask()), a && has(a->end_mask()));
      if (a && has(a->shrink_axis_mask())) {
        const std::int64_t at = has(a->begin_mask()) ? 0
                                : begin[d] < 0       ? near(begin[d]) + x.shape[d]
                                                     : begin[d];
        OCTET_CHECK(at >= 0 && at < x.shape[d], "index ", begin[d], " of ", x.shape[d]);
        offset += at * own[d];
        continue;
      }
    }
    offset += s.begin * own[d];
    strides.push_back(s.stride * own[d]);
    shape.push_back(dim_of(s.count));
  }
  return {strided(x, offset, strides, shape)};
}

std::vector<IntValue> slice(const IntOperands& o) {
  const IntValue& x = operand(o, 0);
  const auto &begin = operand(o, 1).elements, &size = operand(o, 2).elements;
  OCTET_CHECK(begin.size() == x.shape.size() && size.size() == begin.size(), "begin and size of ",
              begin.size(), " and ", size.size(), " entries for ", x.shape.size(), " dimensions");
  const Strides own = strides_of(x.shape);
  std::int64_t offset = 0;
  Dims shape;
  for (std::size_t d = 0; d < begin.size(); ++d) {
    OCTET_CHECK(begin[d] >= 0 && begin[d] <= x.shape[d], "begin ", begin[d], " of ", x.shape[d]);
    const std::int64_t rest = x.shape[d] - begin[d], n = size[d] == -1 ? rest : size[d];
    OCTET_CHECK(n >= 0 && n <= rest, "size ", size[d], " from ", begin[d], " of ", x.shape[d]);
    offset += begin[d] * own[d];
    shape.push_back(dim_of(n));
  }
  return {strided(x, offset, own, shape)};
}

// --- the same elements, and new ones ---

std::vector<IntValue> cast(const IntOperands& o) {
  return {operand(o, 0)};  // whether they fit the output's type is checked of every result
}

std::vector<IntValue> reshape(const IntOperands& o) {
  IntValue y = operand(o, 0);
  Dims shape;
  if (o.in.size() > 1) {
    for (const std::int64_t d : o.in[1]->elements) shape.push_back(d == -1 ? -1 : dim_of(d));
  } else if (const auto* a = o.op.builtin_options_as<ReshapeOptions>(); a && a->new_shape()) {
    shape.assign(a->new_shape()->begin(), a->new_shape()->end());
  }
  const auto unknown = std::find(shape.begin(), shape.end(), -1);
  if (unknown != shape.end()) {
    *unknown = 1;
    const std::size_t known = checked_count(shape);
    OCTET_CHECK(known > 0 && y.elements.size() % known == 0, "a shape that does not fit");
    *unknown = dim_of(static_cast<std::int64_t>(y.elements.size() / known));
  }
  OCTET_CHECK(checked_count(shape) == y.elements.size(), "a shape that does not fit");
  y.shape = std::move(shape);
  return {y};
}

std::vector<IntValue> squeeze(const IntOperands& o) {
  IntValue y = operand(o, 0);
  const auto* a = o.op.builtin_options_as<SqueezeOptions>();
  const bool all = !a || !a->squeeze_dims() || a->squeeze_dims()->size() == 0;
  std::vector<bool> drop(y.shape.size());
  for (std::size_t d = 0; all && d < drop.size(); ++d) drop[d] = y.shape[d] == 1;
  for (unsigned i = 0; !all && i < a->squeeze_dims()->size(); ++i)
    drop[axis_of(a->squeeze_dims()->Get(i), drop.size())] = true;
  Dims shape;
  for (std::size_t d = 0; d < drop.size(); ++d) {
    OCTET_CHECK(!drop[d] || y.shape[d] == 1, "squeezing a dimension of ", y.shape[d]);
    if (!drop[d]) shape.push_back(y.shape[d]);
  }
  y.shape = std::move(shape);
  return {y};
}

std::vector<IntValue> expand_dims(const IntOperands& o) {
  IntValue y = operand(o, 0);
  const auto& axis = operand(o, 1).elements;
  OCTET_CHECK(axis.size() == 1, axis.size(), " axes, expected 1");
  y.shape.insert(
      y.shape.begin() + static_cast<std::ptrdiff_t>(axis_of(axis[0], y.shape.size() + 1)), 1);
  return {y};
}

std::vector<IntValue> broadcast_to(const IntOperands& o) {
  const IntValue& x = operand(o, 0);
  const Dims shape = dims_of(operand(o, 1));
  return {strided(x, 0, broadcast_strides(x.shape, shape), shape)};
}

std::vector<IntValue> broadcast_args(const IntOperands& o) {
  const Dims shape = broadcast(dims_of(operand(o, 0)), dims_of(operand(o, 1)));
  return {
      IntValue{{dim_of(static_cast<std::int64_t>(shape.size()))}, {shape.begin(), shape.end()}}};
}

std::vector<IntValue> fill(const IntOperands& o) {
  OCTET_CHECK(operand(o, 1).elements.size() == 1, "a fill value of several elements");
  const Dims shape = dims_of(operand(o, 0));
  return {IntValue{shape, std::vector(checked_count(shape), o.in[1]->elements[0])}};
}

std::vector<IntValue> range(const IntOperands& o) {
  for (std::size_t i = 0; i < 3; ++i)
    OCTET_CHECK(operand(o, i).elements.size() == 1, "a bound of several elements");
  const std::int64_t start = o.in[0]->elements[0], limit = o.in[1]->elements[0];
  const std::int64_t delta = o.in[2]->elements[0];
  OCTET_CHECK(delta != 0, "a step of 0");
  IntValue y{{0}, {}};
  for (std::int64_t v = start; delta > 0 ? v < limit : v > limit;) {
    ++y.shape[0];
    checked_count(y.shape);
    y.elements.push_back(v);
    if (__builtin_add_overflow(v, delta, &v)) break;
  }
  return {y};
}

constexpr IntEntry entries[] = {
    {2, concatenation},  {22, reshape},
    {36, gather},        {43, squeeze},
    {45, strided_slice}, {53, cast},
    {65, slice},         {70, expand_dims},
    {83, pack},          {88, unpack},
    {94, fill},          {96, range},
    {130, broadcast_to}, {145, broadcast_args},
};

}  // namespace

IntFunction find_int_move(std::int32_t builtin_code) noexcept {
  return find_entry(entries, builtin_code);
}

}  // namespace octet::tflite
