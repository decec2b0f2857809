// Elementwise functions of two values.
#include "core/kernels/broadcast.h"
#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

/// Operand i with as many dimensions as the result, aligned at the last.
int aligned(FileNode& node, std::size_t i) {
  const int8::Dims& result = node.output().shape;
  int8::Dims dims = node.dims(i);
  OCTET_CHECK(dims.size() <= result.size(), "operand ", i, ": expected at most ", result.size(),
              " dimensions, got ", dims.size());
  dims.insert(dims.begin(), result.size() - dims.size(), 1);
  if (!has_batch(result) && has_batch(dims)) dims.insert(dims.begin(), 1);
  return node.reshaped(node.value(i), graph_shape(dims));
}

int combined(FileNode& node, const OpPtr& op, int a, int b) {
  return node.add(op, {a, b}, Broadcast(op->name(), node.shape(a), node.shape(b)).shape());
}

template <class Op>
int binary(FileNode& node) {
  const int a = aligned(node, 0);
  return combined(node, std::make_shared<Op>(), a, aligned(node, 1));
}

template <class Op>
void import_activated(FileNode& node) {
  const auto a = node.attributes<int8::ElementwiseAttributes>();
  node.set(node.activated(binary<Op>(node), a.activation));
}

}  // namespace

void import_add(FileNode& node) {
  import_activated<AddOp>(node);
}
void import_sub(FileNode& node) {
  import_activated<SubOp>(node);
}
void import_mul(FileNode& node) {
  import_activated<MulOp>(node);
}
/// By a constant: times its reciprocal, which has an int8 form.
void import_div(FileNode& node) {
  if (!node.is_constant(1)) return import_activated<DivOp>(node);
  const auto a = node.attributes<int8::ElementwiseAttributes>();
  const int x = aligned(node, 0), c = aligned(node, 1);
  const int factor = node.add(std::make_shared<ReciprocalOp>(), {c}, node.shape(c));
  node.set(node.activated(combined(node, std::make_shared<MulOp>(), x, factor), a.activation));
}
void import_pow(FileNode& node) {
  node.set(binary<PowOp>(node));
}
void import_minimum(FileNode& node) {
  node.set(binary<MinimumOp>(node));
}
void import_maximum(FileNode& node) {
  node.set(binary<MaximumOp>(node));
}

void import_squared_difference(FileNode& node) {
  const int d = binary<SubOp>(node);
  node.set(combined(node, std::make_shared<MulOp>(), d, d));
}

}  // namespace octet::tflite_import
