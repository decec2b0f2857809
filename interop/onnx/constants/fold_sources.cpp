// Constants out of nothing, of shapes, of numbers.
#include <algorithm>
#include <cmath>

#include "interop/onnx/constants/folding.h"

namespace octet::onnx {
namespace {

ConstantPtr attribute_constant(OpNode& node) {
  if (node.has_attribute("value")) return node.tensor("value");
  if (node.has_attribute("value_float"))
    return make_reals("", {}, Tensor::full({1}, node.number("value_float", 0)));
  if (node.has_attribute("value_int")) return make_ints("", {}, {node.integer("value_int", 0)});
  if (node.has_attribute("value_ints")) {
    std::vector<std::int64_t> v = node.ints("value_ints");
    const auto n = static_cast<std::int64_t>(v.size());
    return make_ints("", {n}, std::move(v));
  }
  OCTET_CHECK(node.has_attribute("value_floats"), "expected reals or integers as value");
  const std::vector<float> v = node.numbers("value_floats");
  const auto n = static_cast<std::int64_t>(v.size());
  return make_reals("", {n}, Tensor::from<real>({n}, v));
}

/// The name of the result where the constant has none of its own.
ConstantPtr named(OpNode& node, const ConstantPtr& c) {
  if (!c->name.empty()) return c;
  auto copy = std::make_shared<Constant>(*c);
  copy->name = node.output_name(0);
  return copy;
}

ConstantPtr shape_of(OpNode& node) {
  const Extents& dims = node.input(0).dims;
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto limited = [&](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? std::max(i, -rank) + rank : i, 0, rank);
  };
  const std::int64_t begin = limited(node.integer("start", 0));
  const std::int64_t end = std::max(begin, limited(node.integer("end", rank)));
  return make_ints("", {end - begin}, {dims.begin() + begin, dims.begin() + end});
}

ConstantPtr constant_of_shape(OpNode& node) {
  Extents dims = int_list(*node.constant(0, "shape"));
  for (std::int64_t& d : dims) d = d == open_batch ? 1 : d;  // the same for each sample
  const std::int64_t n = result_size(dims);
  ConstantPtr value = node.has_attribute("value") ? node.tensor("value") : nullptr;
  OCTET_CHECK(!value || value->size() == 1, "value: expected one element");
  if (value && !value->real)
    return make_ints("", dims,
                     std::vector<std::int64_t>(static_cast<std::size_t>(n), value->ints[0]));
  return make_reals("", dims, Tensor::full({n}, value ? value->reals.r()[0] : 0));
}

ConstantPtr range(OpNode& node) {
  const auto number = [&](std::size_t i) -> const Constant& {
    const ConstantPtr& c = node.constant(i, "operand");
    OCTET_CHECK(c->size() == 1, "operand ", i, ": expected one number, got ", text(c->dims));
    return *c;
  };
  const Constant &start = number(0), &limit = number(1), &delta = number(2);
  OCTET_CHECK(delta.at(0) != 0, "delta: expected other than 0");
  const double count = std::max(std::ceil((limit.at(0) - start.at(0)) / delta.at(0)), 0.0);
  OCTET_CHECK(count <= static_cast<double>(largest_result), "expected at most ", largest_result,
              " numbers");
  const auto n = static_cast<std::int64_t>(count);
  if (start.real) {
    Tensor t = Tensor::empty({n});
    for (std::int64_t i = 0; i < n; ++i)
      t.r()[i] = static_cast<float>(start.at(0) + static_cast<double>(i) * delta.at(0));
    return make_reals("", {n}, std::move(t));
  }
  OCTET_CHECK(!delta.real, "delta: expected an integer");
  std::vector<std::int64_t> v;
  for (std::int64_t i = 0; i < n; ++i)
    v.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(start.ints[0]) +
                                          static_cast<std::uint64_t>(i) *
                                              static_cast<std::uint64_t>(delta.ints[0])));
  return make_ints("", {n}, std::move(v));
}

}  // namespace

bool fold_sources(OpNode& node) {
  const std::string& op = node.type();
  if (op == "Constant") {
    set_constant(node, 0, named(node, attribute_constant(node)));
  } else if (op == "Shape") {
    set_constant(node, 0, shape_of(node));
  } else if (op == "Size") {
    set_constant(node, 0, make_ints("", {}, {product(node.input(0).dims)}));
  } else if (op == "ConstantOfShape") {
    set_constant(node, 0, constant_of_shape(node));
  } else if (op == "Range") {
    set_constant(node, 0, range(node));
  } else {
    return false;
  }
  return true;
}

}  // namespace octet::onnx
