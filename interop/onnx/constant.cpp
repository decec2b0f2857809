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

ConstantPtr make_ints(std::string name, Extents dims, std::vector<std::int64_t> values) {
  OCTET_CHECK(static_cast<std::int64_t>(values.size()) == product(dims), "constant '", name, "' ",
              text(dims), ": got ", values.size(), " elements");
  auto c = std::make_shared<Constant>();
  c->name = std::move(name);
  c->dims = std::move(dims);
  c->ints = std::move(values);
  return c;
}

ConstantPtr reshaped(const ConstantPtr& c, Extents dims) {
  return c->real ? make_reals(c->name, std::move(dims), c->reals)
                 : make_ints(c->name, std::move(dims), c->ints);
}

ConstantPtr permuted(const ConstantPtr& c, const std::vector<std::size_t>& permutation) {
  Extents dims;
  for (const std::size_t d : permutation) dims.push_back(c->dims[d]);
  if (c->real) {
    Tensor values = Tensor::empty({c->size()});
    permute_elements(c->reals.r(), c->dims, permutation, values.r());
    return make_reals(c->name, std::move(dims), std::move(values));
  }
  std::vector<std::int64_t> values(c->ints.size());
  permute_elements(c->ints.data(), c->dims, permutation, values.data());
  return make_ints(c->name, std::move(dims), std::move(values));
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
