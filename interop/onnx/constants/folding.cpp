#include "interop/onnx/constants/folding.h"

#include "interop/onnx/importer.h"

namespace octet::onnx {

void set_constant(OpNode& node, std::size_t i, ConstantPtr c) {
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
  return fold_elementwise(node, x) || fold_moves(node, x) || fold_reductions(node, x);
}

}  // namespace octet::onnx
