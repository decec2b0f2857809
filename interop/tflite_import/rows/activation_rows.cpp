// Functions of one value.
#include "core/ops/ops.h"
#include "interop/tflite_import/rows/row_table.h"

namespace octet::tflite_import {
namespace {

int applied(FileNode& node, const OpPtr& op, int x) {
  return node.add(op, {x}, node.shape(x));
}

template <class Op>
void import_function(FileNode& node) {
  node.set(applied(node, std::make_shared<Op>(), node.value(0)));
}

int times(FileNode& node, int x, float factor) {
  return node.add(std::make_shared<MulOp>(), {x, node.constant(factor)}, node.shape(x));
}

int squared(FileNode& node, int x) {
  return node.add(std::make_shared<MulOp>(), {x, x}, node.shape(x));
}

void expect_features(const FileNode& node, int x) {
  OCTET_CHECK(node.shape(x).rank() >= 2, "expected a dimension of features, got ", node.shape(x));
}

}  // namespace

void import_relu(FileNode& node) {
  import_function<ReluOp>(node);
}
void import_relu6(FileNode& node) {
  import_function<Relu6Op>(node);
}
void import_relu_n1_to_1(FileNode& node) {
  import_function<HardTanhOp>(node);
}
void import_logistic(FileNode& node) {
  import_function<SigmoidOp>(node);
}
void import_tanh(FileNode& node) {
  import_function<TanhOp>(node);
}
void import_hard_swish(FileNode& node) {
  import_function<HardSwishOp>(node);
}
void import_elu(FileNode& node) {
  import_function<EluOp>(node);
}
void import_exp(FileNode& node) {
  import_function<ExpOp>(node);
}
void import_log(FileNode& node) {
  import_function<LogOp>(node);
}
void import_sqrt(FileNode& node) {
  import_function<SqrtOp>(node);
}
void import_rsqrt(FileNode& node) {
  import_function<RsqrtOp>(node);
}
void import_abs(FileNode& node) {
  import_function<AbsOp>(node);
}

void import_gelu(FileNode& node) {
  if (node.attributes<int8::GeluAttributes>().approximate) return import_function<GeluTanhOp>(node);
  import_function<GeluOp>(node);
}

void import_relu_0_to_1(FileNode& node) {
  const int x = applied(node, std::make_shared<ReluOp>(), node.value(0));
  node.set(node.add(std::make_shared<MinimumOp>(), {x, node.constant(1)}, node.shape(x)));
}

void import_leaky_relu(FileNode& node) {
  const float alpha = node.attributes<int8::LeakyReluAttributes>().alpha;
  node.set(applied(node, std::make_shared<LeakyReluOp>(alpha), node.value(0)));
}

void import_prelu(FileNode& node) {
  const int x = node.computed(0);
  expect_features(node, x);
  const int slopes = node.slopes(1, node.shape(x)[-1]);
  node.set(node.add(std::make_shared<PreluOp>(), {x, slopes}, node.shape(x)));
}

void import_neg(FileNode& node) {
  node.set(times(node, node.value(0), -1));
}

void import_square(FileNode& node) {
  node.set(squared(node, node.value(0)));
}

void import_softmax(FileNode& node) {
  const float beta = node.attributes<int8::SoftmaxAttributes>().beta;
  int x = node.computed(0);
  expect_features(node, x);
  if (beta != 1) x = times(node, x, beta);
  node.set(applied(node, std::make_shared<SoftmaxOp>(), x));
}

void import_log_softmax(FileNode& node) {
  const int x = node.computed(0);
  expect_features(node, x);
  node.set(applied(node, std::make_shared<LogSoftmaxOp>(), x));
}

void import_l2_normalization(FileNode& node) {
  const auto a = node.attributes<int8::ElementwiseAttributes>();
  OCTET_CHECK(a.activation == int8::Activation::none, "a fused activation is not known here");
  const int x = node.computed(0);
  expect_features(node, x);
  Shape rows = node.shape(x);
  rows.set(-1, 1);
  const int sum =
      node.add(std::make_shared<SumOp>(std::vector{-1}, true), {squared(node, x)}, rows);
  const int least = node.add(std::make_shared<MaximumOp>(), {sum, node.constant(1e-12f)}, rows);
  const int factor = applied(node, std::make_shared<RsqrtOp>(), least);
  node.set(node.add(std::make_shared<MulOp>(), {x, factor}, node.shape(x)));
}

}  // namespace octet::tflite_import
