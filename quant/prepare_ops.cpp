// Sums, products, pools, moves and the rest: everything but convolutions and activations.
#include <algorithm>
#include <cmath>

#include "quant/qops/add.h"
#include "quant/qops/binary.h"
#include "quant/qops/conv_transpose.h"
#include "quant/qops/move.h"
#include "quant/qops/pool.h"
#include "quant/qops/resample.h"
#include "quant/qops/row_ops.h"
#include "quant/qops/simple.h"
#include "quant/qops/table.h"
#include "quant/rewriter.h"

namespace octet::quant {

namespace {
constexpr QuantParams softmax_params{1.0f / 256, -128};
}

bool Rewriter::rewrite_tensor_op(int id) {
  const GraphNode& n = old_node(id);
  const Op* op = n.op.get();
  if (dynamic_cast<const AddOp*>(op)) {
    rewrite_add(id);
  } else if (dynamic_cast<const SubOp*>(op) || dynamic_cast<const MulOp*>(op)) {
    rewrite_binary(id);
  } else if (const auto* max = dynamic_cast<const MaxPool2dOp*>(op)) {
    rewrite_pool(id, QPoolOp::Kind::max, max->window);
  } else if (const auto* average = dynamic_cast<const AvgPool2dOp*>(op)) {
    rewrite_average_pool(id, *average);
  } else if (dynamic_cast<const GlobalAvgPoolOp*>(op)) {
    rewrite_pool(id, QPoolOp::Kind::global_average, {});
  } else if (const auto* reshape = dynamic_cast<const ReshapeOp*>(op)) {
    const Source x = source(id, 0);
    auto quantized = std::make_shared<QReshapeOp>(state_, x.value, n.name);
    quantized->dims = reshape->dims;
    add_op(id, quantized, {x.node});
  } else if (dynamic_cast<const ConcatOp*>(op)) {
    rewrite_concat(id);
  } else if (dynamic_cast<const ConvTranspose2dOp*>(op)) {
    rewrite_conv_transpose(id);
  } else {
    return rewrite_kept(id) || rewrite_free(id);
  }
  return true;
}

bool Rewriter::rewrite_kept(int id) {
  const GraphNode& n = old_node(id);
  if (const auto move = std::dynamic_pointer_cast<const MoveOp>(n.op)) {
    const Source x = source(id, 0);
    auto op = std::make_shared<QMoveOp>(state_, x.value, n.name);
    op->move = move;
    add_op(id, op, {x.node});
  } else if (const auto resize = std::dynamic_pointer_cast<const Resize2dOp>(n.op)) {
    const Source x = source(id, 0);
    auto op = std::make_shared<QResizeOp>(state_, x.value, n.name);
    op->resize = resize;
    add_op(id, op, {x.node});
  } else if (const auto dropout = std::dynamic_pointer_cast<const DropoutOp>(n.op)) {
    const Source x = source(id, 0);
    const ValuePtr value = new_value(n.name, false);
    value->before_dropout = x.value;
    value->keep = dropout->keep();
    auto op = std::make_shared<QDropoutOp>(state_, value, n.name);
    op->dropout = dropout;
    add_op(id, op, {x.node});
  } else {
    return false;
  }
  return true;
}

bool Rewriter::rewrite_free(int id) {
  const GraphNode& n = old_node(id);
  if (const auto mean = std::dynamic_pointer_cast<const MeanOp>(n.op)) {
    const Source x = source(id, 0);
    auto op = std::make_shared<QMeanOp>(state_, new_value(n.name, is_output(id)), n.name);
    op->in = x.value;
    op->mean = mean;
    add_op(id, op, {x.node});
  } else if (dynamic_cast<const SoftmaxOp*>(n.op.get())) {
    const Source x = source(id, 0);
    auto op = std::make_shared<QSoftmaxOp>(state_, fixed_value(n.name, softmax_params), n.name);
    op->in = x.value;
    add_op(id, op, {x.node});
  } else if (dynamic_cast<const PreluOp*>(n.op.get())) {
    const Source x = source(id, 0);
    auto op = std::make_shared<QPreluOp>(state_, new_value(n.name, is_output(id)), n.name);
    op->in = x.value;
    add_op(id, op, {x.node, parameter(id, 1)});
  } else {
    return false;
  }
  return true;
}

void Rewriter::rewrite_concat(int id) {
  const GraphNode& n = old_node(id);
  auto join = std::make_shared<Join>();
  std::vector<int> inputs;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    const Source x = source(id, i);
    join->parts.push_back(x.value);
    inputs.push_back(x.node);
  }
  join->cut = Tensor::zeros({static_cast<std::int64_t>(inputs.size())});
  const std::optional<QuantParams>& first = join->parts[0]->fixed;
  const bool all_fixed = first && std::all_of(join->parts.begin(), join->parts.end(),
                                              [&](const ValuePtr& p) { return p->fixed == first; });
  const ValuePtr value = new_value(n.name, false);
  value->join = join;
  if (all_fixed) value->fixed = first;
  for (std::size_t i = 0; i < inputs.size() && !all_fixed; ++i) {
    const ValuePtr& part = join->parts[i];
    const auto of_part = joined_.try_emplace(part.get(), value.get()).first->second;
    // A part takes its params from one class only, and only if they are its own to take.
    if (part->fixed || part->before_dropout || of_part != value.get()) join->cut.r()[i] = 1;
  }
  auto op = std::make_shared<QConcatOp>(state_, value, n.name);
  op->axis = static_cast<const ConcatOp&>(*n.op).resolved_axis(n.shape);
  add_op(id, op, std::move(inputs));
}

void Rewriter::rewrite_conv_transpose(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QConvTransposeOp>(state_, new_value(n.name, is_output(id)), n.name);
  op->in = x.value;
  op->conv = std::static_pointer_cast<const ConvTranspose2dOp>(n.op);
  std::vector<int> inputs{x.node, parameter(id, 1)};
  if (n.inputs.size() > 2) inputs.push_back(parameter(id, 2));
  add_op(id, op, std::move(inputs));
}

void Rewriter::rewrite_add(int id) {
  const GraphNode& n = old_node(id);
  const Source a = source(id, 0), b = source(id, 1);
  const auto [activation, end] = fuse_clamp(id);
  const ValuePtr value = new_value(n.name, is_output(end));
  auto op = std::make_shared<QAddOp>(state_, value, n.name);
  op->a = a.value;
  op->b = b.value;
  op->activation = activation;
  add_op(end, op, {a.node, b.node});
  new_id_.try_emplace(id, new_id_[end]);
}

void Rewriter::rewrite_binary(int id) {
  const GraphNode& n = old_node(id);
  const bool product = dynamic_cast<const MulOp*>(n.op.get()) != nullptr;
  const GraphNode& second = old_node(n.inputs[1]);
  if (product && second.kind == Tape::Kind::constant && second.constant.numel() == 1) {
    const float factor = static_cast<float>(second.constant.item());
    OCTET_CHECK(factor > 0 && std::isfinite(factor), "prepare: layer ", n.name,
                ": expected a finite factor > 0, got ", factor);
    new_id_[id] = add_table(n.name, source(id, 0), make_mul_function(factor),
                            new_value(n.name, is_output(id)), n.shape);
    return;
  }
  const Source a = source(id, 0), b = source(id, 1);
  const auto [activation, end] = fuse_clamp(id);
  auto op = std::make_shared<QBinaryOp>(state_, new_value(n.name, is_output(end)), n.name);
  op->kind = product ? QBinaryOp::Kind::mul : QBinaryOp::Kind::sub;
  op->a = a.value;
  op->b = b.value;
  op->activation = activation;
  add_op(end, op, {a.node, b.node});
  new_id_.try_emplace(id, new_id_[end]);
}

void Rewriter::rewrite_pool(int id, QPoolOp::Kind kind, const Window2d& window) {
  const Source x = source(id, 0);
  auto op = std::make_shared<QPoolOp>(state_, x.value, old_node(id).name);
  op->kind = kind;
  op->window = window;
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_average_pool(int id, const AvgPool2dOp& pool) {
  const Source x = source(id, 0);
  const Shape& in = old_node(old_node(id).inputs[0]).shape;
  const Padding2d pads = pool.window.resolve(in[1], in[2]);
  if (!pool.count_include_pad || pads == Padding2d{}) {
    rewrite_pool(id, QPoolOp::Kind::average, pool.window);
    return;
  }
  // Line 19: padded pixels count, so they are made explicit.
  auto pad = std::make_shared<QMoveOp>(state_, x.value, old_node(id).name + ".pad");
  pad->move = std::make_shared<Pad2dOp>(pads);
  const Source padded =
      add_node(pad, {x.node},
               {in[0], in[1] + pads.top + pads.bottom, in[2] + pads.left + pads.right, in[3]});
  auto op = std::make_shared<QPoolOp>(state_, x.value, old_node(id).name);
  op->kind = QPoolOp::Kind::average;
  op->window = pool.window;
  op->window.padding = {};
  add_op(id, op, {padded.node});
}

}  // namespace octet::quant
