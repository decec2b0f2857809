// Matrix products.
#include <algorithm>
#include <bit>
#include <numeric>

#include "core/ops/ops.h"
#include "interop/onnx/ops/node_operands.h"
#include "interop/onnx/ops/op_list.h"
#include "interop/onnx/ops/quantized_value.h"

namespace octet::onnx {
namespace {

/// A matrix of weights as the file has it: [O, I], or [I, O].
struct Weights {
  const ConstantPtr& matrix;
  bool rows_are_outputs;
  float factor = 1;
};

/// The value [..., I] that a product reads, and where its I features lie: as `extents` (their
/// product is I), of which dimension d is the file's dimension features[d].
struct Rows {
  Value value;  ///< its dims are [..., I] of the file
  Extents extents;
  std::vector<std::size_t> features;
};

/// A flattened value is read where it lies: the weights are permuted instead.
Rows rows_and_features(NetworkBuilder& graph, const Value& x) {
  if (!x.flattened) {
    Rows rows{rows_of(graph, x), {}, {}};
    rows.extents = {rows.value.dims.back()};
    rows.features = {0};
    return rows;
  }
  const Value& source = *x.flattened;
  Rows rows{x, {}, {}};
  std::vector<std::size_t> file_dims;  // without the batch's
  for (std::size_t d = 0; d < source.rank(); ++d) {
    if (static_cast<int>(d) == source.batch_axis()) continue;
    file_dims.push_back(d);
    rows.extents.push_back(source.dims[d]);
  }
  const auto add = [&](std::size_t d) {
    const auto at = std::find(file_dims.begin(), file_dims.end(), d);
    rows.features.push_back(static_cast<std::size_t>(at - file_dims.begin()));
  };
  for (std::size_t d = 1; d < source.order.size(); ++d) {
    if (source.order[d] >= 0) add(static_cast<std::size_t>(source.order[d]));
  }
  for (const std::size_t d : file_dims) {
    if (node_axis(source, d) < 0) add(d);
  }
  const Extents dims{1, product(rows.extents)};
  rows.value.flattened = nullptr;
  rows.value.order = {0, 1};
  rows.value.node = graph.op(std::make_shared<ReshapeOp>(std::vector<std::int64_t>{-1}),
                             {source.node}, {1, dims[1]});
  return rows;
}

/// A key that tells all numbers apart.
std::string bits_of(float v) {
  return std::to_string(std::bit_cast<std::uint32_t>(v));
}

/// The weights [O, I], with the features where the value has them.
int weight_parameter(NetworkBuilder& graph, const Weights& w, const Rows& rows) {
  const std::int64_t inputs = product(rows.extents);
  const std::int64_t outputs = w.matrix->size() / std::max<std::int64_t>(inputs, 1);
  Extents dims = rows.extents;
  const std::size_t shift = w.rows_are_outputs ? 1 : 0;
  dims.insert(w.rows_are_outputs ? dims.begin() : dims.end(), outputs);
  std::vector<std::size_t> permutation{w.rows_are_outputs ? 0 : rows.extents.size()};
  std::string use = w.rows_are_outputs ? "OI" : "IO";
  use += bits_of(w.factor);
  for (const std::size_t d : rows.features) {
    permutation.push_back(d + shift);
    use += "," + std::to_string(d) + ":" + std::to_string(rows.extents[d]);
  }
  const int id = graph.parameter(w.matrix, w.matrix->name, use, true, [&] {
    Tensor t = Tensor::empty({outputs, inputs});
    permute_elements(w.matrix->reals.r(), dims, permutation, t.r());
    if (w.factor != 1) {
      for (std::int64_t i = 0; i < t.numel(); ++i) t.r()[i] *= w.factor;
    }
    return t;
  });
  note_weight_scales(graph, id, *w.matrix, w.rows_are_outputs ? 0 : 1, 1, w.factor);
  return id;
}

Value product_with(NetworkBuilder& graph, const Value& x, const Weights& w,
                   std::optional<int> bias) {
  const Extents& m = w.matrix->dims;
  const std::int64_t inputs = w.rows_are_outputs ? m[1] : m[0];
  const std::int64_t outputs = w.rows_are_outputs ? m[0] : m[1];
  OCTET_CHECK(x.rank() >= 1 && x.dims.back() == inputs, "expected [..., ", inputs,
              "] for a weight ", text(m), ", got ", text(x.dims));
  const Rows rows = rows_and_features(graph, x);
  Value y = rows.value;
  std::vector<int> operands{y.node, weight_parameter(graph, w, rows)};
  if (bias) operands.push_back(*bias);
  y.dims.back() = outputs;
  if (y.order.back() < 0) y.order.back() = static_cast<int>(y.rank()) - 1;
  y.node = graph.op(std::make_shared<LinearOp>(), std::move(operands), node_shape(y.dims, y.order));
  return y;
}

/// Products over the dimensions in front, which broadcast.
Value product_of_two(OpNode& node) {
  Value a = node.input(0), b = node.input(1);
  const Extents a_dims = a.rank() == 1 ? Extents{1, a.dims[0]} : a.dims;
  const Extents b_dims = b.rank() == 1 ? Extents{b.dims[0], 1} : b.dims;
  OCTET_CHECK(a_dims.back() == b_dims[b_dims.size() - 2], "matrices ", text(a.dims), " and ",
              text(b.dims), " do not fit");
  const std::size_t rank = std::max(a_dims.size(), b_dims.size());
  const Extents front = broadcast(Extents(a_dims.begin(), a_dims.end() - 2),
                                  Extents(b_dims.begin(), b_dims.end() - 2));
  Extents dims = front;
  dims.push_back(a_dims[a_dims.size() - 2]);
  dims.push_back(b_dims.back());
  NetworkBuilder& graph = node.graph;
  // The batch is one of the dimensions in front, or none of the file's.
  int batch = -1;
  for (Value* x : {&a, &b}) {
    if (x->is_constant()) continue;
    const Extents& own = x == &a ? a_dims : b_dims;
    *x = with_rank(reshape(graph, realized(graph, *x), own), rank);
    if (x->batch_axis() >= static_cast<int>(rank) - 2) *x = without_batch(*x);
    const bool has_batch =
        x->batch_axis() >= 0 && x->dims[static_cast<std::size_t>(x->batch_axis())] != 1;
    if (batch < 0 || has_batch) batch = x->batch_axis();
  }
  const std::vector<int> order = file_order(rank, batch);
  const int left = operand_in_order(graph, a, a_dims, order);
  const int right = operand_in_order(graph, b, b_dims, order);
  Value y{dims, nullptr, -1, order, nullptr};
  y.node = graph.op(std::make_shared<MatMulOp>(), {left, right}, node_shape(dims, order));
  if (node.input(0).rank() == 1) dims.erase(dims.end() - 2);
  if (node.input(1).rank() == 1) dims.pop_back();
  return reshape(graph, y, dims);
}

}  // namespace

void import_gemm(OpNode& node) {
  const bool trans_a = node.integer("transA", 0) != 0, trans_b = node.integer("transB", 0) != 0;
  const float alpha = node.number("alpha", 1), beta = node.number("beta", 1);
  const ConstantPtr& w = node.reals(1, "B");
  OCTET_CHECK(node.input(0).rank() == 2 && w->dims.size() == 2, "expected matrices, got ",
              text(node.input(0).dims), " and ", text(w->dims));
  OCTET_CHECK(!node.input(0).is_constant(), "A: expected a value that is computed");
  Value x = node.input(0);
  if (trans_a) x = transpose(realized(node.graph, x), {1, 0});
  const std::int64_t outputs = trans_b ? w->dims[0] : w->dims[1];
  std::optional<int> bias;
  const bool is_bias =
      node.has(2) && node.input(2).is_constant() && node.input(2).constant->real &&
      (node.input(2).constant->size() == 1 || (node.input(2).constant->size() == outputs &&
                                               node.input(2).constant->dims.back() == outputs));
  if (is_bias) {
    const ConstantPtr& c = node.input(2).constant;
    bias = node.graph.parameter(c, c->name, "bias " + bits_of(beta), false, [&] {
      Tensor t = Tensor::empty({outputs});
      for (std::int64_t i = 0; i < outputs; ++i)
        t.r()[i] = beta * c->reals.r()[c->size() == 1 ? 0 : i];
      return t;
    });
  }
  Value y = product_with(node.graph, x, {w, trans_b, alpha}, bias);
  if (node.has(2) && !is_bias) {
    Value c = node.input(2);
    if (beta != 1) {
      OCTET_CHECK(!c.is_constant(), "C: expected one value for each column with beta ", beta);
      c = with_scalar(node.graph, std::make_shared<MulOp>(), c, beta);
    }
    y = binary(node.graph, std::make_shared<AddOp>(), y, c);
  }
  node.set(std::move(y));
}

void import_mat_mul(OpNode& node) {
  const Value &a = node.input(0), &b = node.input(1);
  OCTET_CHECK(a.rank() > 0 && b.rank() > 0, "expected matrices, got a number");
  if (b.is_constant() && b.rank() <= 2) {
    ConstantPtr matrix = node.reals(1, "weight");
    if (b.rank() == 1) matrix = reshaped(matrix, {matrix->size(), 1});
    Value y = product_with(node.graph, a, {matrix, false}, {});
    if (b.rank() == 1) y = reshape(node.graph, y, Extents(a.dims.begin(), a.dims.end() - 1));
    node.set(std::move(y));
    return;
  }
  if (a.is_constant() && a.rank() == 2 && b.rank() >= 2) {  // (W x)^T = x^T W^T
    std::vector<std::size_t> swap(b.rank());
    std::iota(swap.begin(), swap.end(), std::size_t{0});
    std::swap(swap[b.rank() - 1], swap[b.rank() - 2]);
    const Value y = product_with(node.graph, transpose(node.activation(1), swap),
                                 {node.reals(0, "weight"), true}, {});
    node.set(transpose(y, swap));
    return;
  }
  node.set(product_of_two(node));
}

}  // namespace octet::onnx
