// Sums, products and extremes of constants over dimensions.
#include <algorithm>
#include <map>

#include "interop/onnx/constants/folding.h"

namespace octet::onnx {
namespace {

using Int = std::int64_t;

/// Wraps around, as the machine does.
Int sum(Int a, Int b) {
  return static_cast<Int>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

struct Reduction {
  double (*reals)(double, double);
  Int (*ints)(Int, Int);
  int last_attribute;  ///< operator sets up to it have the axes as an attribute
  bool mean = false;
};

const std::map<std::string, Reduction, std::less<>>& reductions() {
  static const std::map<std::string, Reduction, std::less<>> table{
      {"ReduceSum", {[](double a, double b) { return a + b; }, sum, 12}},
      {"ReduceMean", {[](double a, double b) { return a + b; }, sum, 17, true}},
      {"ReduceProd",
       {[](double a, double b) { return a * b; },
        [](Int a, Int b) {
          return static_cast<Int>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
        },
        17}},
      {"ReduceMax",
       {[](double a, double b) { return std::max(a, b); },
        [](Int a, Int b) { return std::max(a, b); }, 17}},
      {"ReduceMin",
       {[](double a, double b) { return std::min(a, b); },
        [](Int a, Int b) { return std::min(a, b); }, 17}},
  };
  return table;
}

template <class T, class At, class F>
std::vector<T> reduced(const Extents& dims, const std::vector<bool>& reduce, Int n, const At& at,
                       const F& f) {
  Int size = 1;
  Extents strides(dims.size(), 0);
  for (std::size_t d = dims.size(); d-- > 0;) {
    if (reduce[d]) continue;
    strides[d] = size;
    size *= dims[d];
  }
  std::vector<T> y(static_cast<std::size_t>(size));
  std::vector<bool> first(y.size(), true);
  for (Int i = 0; i < n; ++i) {
    Int rest = i, to = 0;
    for (std::size_t d = dims.size(); d-- > 0;) {
      to += rest % dims[d] * strides[d];
      rest /= dims[d];
    }
    const auto k = static_cast<std::size_t>(to);
    y[k] = first[k] ? at(i) : f(y[k], at(i));
    first[k] = false;
  }
  return y;
}

}  // namespace

bool fold_reductions(OpNode& node, const Constants& operands) {
  const auto row = reductions().find(node.type());
  if (row == reductions().end()) return false;
  const Reduction& f = row->second;
  const ConstantPtr& x = operands[0];
  const auto axes = node.ints_or_input("axes", f.last_attribute, 1);
  const bool noop = node.integer("noop_with_empty_axes", 0) != 0;
  const bool keep = node.integer("keepdims", 1) != 0;
  const bool all = (!axes || axes->empty()) && !noop;
  std::vector<bool> reduce(x->dims.size(), all);
  if (axes) {
    for (const Int a : *axes) reduce[resolve_axis(a, x->dims.size())] = true;
  }
  Extents dims;
  Int count = 1;
  for (std::size_t d = 0; d < reduce.size(); ++d) {
    if (reduce[d]) count *= x->dims[d];
    if (!reduce[d] || keep) dims.push_back(reduce[d] ? 1 : x->dims[d]);
  }
  OCTET_CHECK(x->size() > 0, "expected elements, got ", text(x->dims));
  if (x->real) {
    const std::vector<double> y = reduced<double>(
        x->dims, reduce, x->size(), [&](Int i) { return x->at(i); }, f.reals);
    Tensor t = Tensor::empty({static_cast<Int>(y.size())});
    for (std::size_t i = 0; i < y.size(); ++i)
      t.r()[i] = static_cast<float>(f.mean ? y[i] / static_cast<double>(count) : y[i]);
    set_constant(node, 0, make_reals(x->name, dims, std::move(t)));
    return true;
  }
  OCTET_CHECK(!f.mean, "expected reals");
  const auto at = [&](Int i) { return x->ints[static_cast<std::size_t>(i)]; };
  set_constant(node, 0,
               make_ints(x->name, dims, reduced<Int>(x->dims, reduce, x->size(), at, f.ints)));
  return true;
}

}  // namespace octet::onnx
