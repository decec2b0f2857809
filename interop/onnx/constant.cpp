#include "interop/onnx/constant.h"

#include <algorithm>

namespace octet::onnx {

ConstantPtr make_reals(std::string name, Extents dims, Tensor values) {
  OCTET_CHECK(values.numel() == product(dims), "constant '", name, "' ", text(dims), ": got ",
              values.numel(), " elements");
  auto c = std::make_shared<Constant>();
  c->name = std::move(name);
  c->dims = std::move(dims);
  c->real = true;
  c->reals = std::move(values);
  return c;
}

ConstantPtr make_ints(std::string name, Extents dims, std::vector<std::int64_t> values, int type) {
  OCTET_CHECK(static_cast<std::int64_t>(values.size()) == product(dims), "constant '", name, "' ",
              text(dims), ": got ", values.size(), " elements");
  auto c = std::make_shared<Constant>();
  c->name = std::move(name);
  c->dims = std::move(dims);
  c->ints = std::move(values);
  c->type = type;
  return c;
}

namespace {

/// `y`, moved elements of `x`, whose dimension `axis` is the result's dimension new_axis(axis), -1
/// for none.
template <class NewAxis>
ConstantPtr with_origin(const ConstantPtr& y, const Constant& x, const NewAxis& new_axis) {
  if (x.type == 0 && !x.dequantized) return y;
  auto copy = std::make_shared<Constant>(*y);
  copy->type = x.type;
  copy->dequantized = x.dequantized;
  if (x.dequantized && x.dequantized->scales.size() > 1) {
    const std::ptrdiff_t axis = new_axis(x.dequantized->axis);
    auto moved = std::make_shared<Dequantized>(*x.dequantized);
    moved->axis = static_cast<std::size_t>(axis);
    copy->dequantized = axis < 0 ? nullptr : std::move(moved);
  }
  return copy;
}

}  // namespace

ConstantPtr reshaped(const ConstantPtr& c, Extents dims) {
  const ConstantPtr y =
      c->real ? make_reals(c->name, dims, c->reals) : make_ints(c->name, dims, c->ints);
  return with_origin(y, *c, [&](std::size_t axis) -> std::ptrdiff_t {
    const std::int64_t before = product(c->dims, 0, axis);
    for (std::size_t d = 0; d < dims.size(); ++d) {
      if (dims[d] == c->dims[axis] && product(dims, 0, d) == before)
        return static_cast<std::ptrdiff_t>(d);
    }
    return -1;
  });
}

ConstantPtr permuted(const ConstantPtr& c, const std::vector<std::size_t>& permutation) {
  Extents dims;
  for (const std::size_t d : permutation) dims.push_back(c->dims[d]);
  ConstantPtr y;
  if (c->real) {
    Tensor values = Tensor::empty({c->size()});
    permute_elements(c->reals.r(), c->dims, permutation, values.r());
    y = make_reals(c->name, std::move(dims), std::move(values));
  } else {
    std::vector<std::int64_t> values(c->ints.size());
    permute_elements(c->ints.data(), c->dims, permutation, values.data());
    y = make_ints(c->name, std::move(dims), std::move(values));
  }
  return with_origin(y, *c, [&](std::size_t axis) {
    return std::ranges::find(permutation, axis) - permutation.begin();
  });
}

const std::vector<std::int64_t>& int_list(const Constant& c) {
  OCTET_CHECK(!c.real && c.dims.size() <= 1, "'", one_line(c.name),
              "': expected a list of integers, got ", c.real ? "reals " : "integers ",
              text(c.dims));
  return c.ints;
}

std::int64_t result_size(const Extents& dims, std::int64_t operands) {
  const std::int64_t n = product(dims), most = std::max(largest_result, operands);
  OCTET_CHECK(n <= most, "a constant ", text(dims), " is computed: expected at most ", most,
              " elements");
  return n;
}

}  // namespace octet::onnx
