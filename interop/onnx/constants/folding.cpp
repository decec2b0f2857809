#include "interop/onnx/constants/folding.h"

#include <algorithm>

#include "interop/onnx/importer.h"

namespace octet::onnx {

namespace {

/// Whether `c`, a result of `node`, depends on the number of samples: integers are looked at, so
/// that the other extents of a shape do not.
bool is_of_batch(const OpNode& node, const Constant& c) {
  bool operand = node.type() == "Shape" || node.type() == "Size";
  for (std::size_t i = 0; i < node.input_count(); ++i)
    operand =
        operand || (node.has(i) && node.input(i).is_constant() && node.input(i).constant->of_batch);
  const auto large = [](std::int64_t e) { return e >= open_batch / 2 || e <= -open_batch / 2; };
  return operand && (c.real || std::any_of(c.ints.begin(), c.ints.end(), large));
}

}  // namespace

void set_constant(OpNode& node, std::size_t i, ConstantPtr c) {
  if (is_of_batch(node, *c) != c->of_batch) {
    auto copy = std::make_shared<Constant>(*c);
    copy->of_batch = !c->of_batch;
    c = std::move(copy);
  }
  Value v;
  v.dims = c->dims;
  v.constant = std::move(c);
  node.set(i, std::move(v));
}

bool fold_constants(OpNode& node) {
  if (fold_sources(node)) return true;
  if (!node.all_constant() || node.input_count() == 0) return false;
  Constants x;
  for (std::size_t i = 0; i < node.input_count(); ++i)
    x.push_back(node.has(i) ? node.input(i).constant : nullptr);
  OCTET_CHECK(x[0], "expected an operand 0");
  return fold_elementwise(node, x) || fold_moves(node, x) || fold_reductions(node, x) ||
         fold_quantized(node, x);
}

}  // namespace octet::onnx
