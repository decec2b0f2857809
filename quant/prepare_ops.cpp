// Sums, products, pools, moves and the rest: everything but convolutions and activations.
#include <algorithm>
#include <cmath>

#include "int8/reference/scales.h"
#include "quant/no_int8_form.h"
#include "quant/qops/qadd.h"
#include "quant/qops/qbinary.h"
#include "quant/qops/qconv_transpose.h"
#include "quant/qops/qdropout.h"
#include "quant/qops/qlayout.h"
#include "quant/qops/qmean.h"
#include "quant/qops/qpool.h"
#include "quant/qops/qprelu.h"
#include "quant/qops/qreshape.h"
#include "quant/qops/qresize.h"
#include "quant/qops/qsoftmax.h"
#include "quant/qops/qtable.h"
#include "quant/rewriter.h"

namespace octet::quant {

void Rewriter::rewrite_reshape(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QReshapeOp>(state_, x.value, n.name);
  op->dims = static_cast<const ReshapeOp&>(*n.op).dims;
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_layout(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QLayoutOp>(state_, x.value, n.name);
  op->move = std::static_pointer_cast<const LayoutOp>(n.op);
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_resize(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QResizeOp>(state_, x.value, n.name);
  op->resize = resize_of_format(static_cast<const Resize2dOp&>(*n.op), old_node(n.inputs[0]).shape);
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_dropout(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  const auto dropout = std::static_pointer_cast<const DropoutOp>(n.op);
  const QuantizedTensorPtr value = new_value(n.name, false);
  value->before_dropout = x.value;
  value->keep = dropout->keep();
  auto op = std::make_shared<QDropoutOp>(state_, value, n.name);
  op->dropout = dropout;
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_mean(int id) {
  add_mean(id, std::static_pointer_cast<const MeanOp>(old_node(id).op));
}

void Rewriter::add_mean(int id, std::shared_ptr<const MeanOp> mean) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QMeanOp>(state_, result_value(id, id), n.name);
  op->in = x.value;
  op->mean = std::move(mean);
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_softmax(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QSoftmaxOp>(state_, fixed_value(n.name, int8::softmax_params), n.name);
  op->in = x.value;
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_prelu(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QPreluOp>(state_, result_value(id, id), n.name);
  op->in = x.value;
  op->slopes = weights_of(id, op->slopes);
  add_op(id, op, {x.node, parameter(id, 1)});
}

QuantizedTensorPtr Rewriter::shared_value(int id, std::vector<QuantizedTensorPtr> parts) {
  auto shared = std::make_shared<SharedParams>();
  shared->parts = std::move(parts);
  shared->requantized = Tensor::zeros({static_cast<std::int64_t>(shared->parts.size())});
  // One fixed pair of params for all that are computed, which holds the constants, is the whole's.
  std::optional<QuantParams> fixed;
  for (const QuantizedTensorPtr& p : shared->parts) {
    if (!p->constant) fixed = p->fixed;
  }
  for (const QuantizedTensorPtr& p : shared->parts) {
    if (!fixed) break;
    bool fits = p->fixed && *p->fixed == *fixed;
    if (p->constant) {
      const RealRange part = p->range(), whole = fixed_range(*fixed);
      fits = part.min >= whole.min && part.max <= whole.max;
    }
    if (!fits) fixed.reset();
  }
  const QuantizedTensorPtr value = new_value(old_node(id).name, false);
  value->fixed = fixed;
  const StoredQuantization::Value* stored = stored_of_result(id, id);
  if (keeps_stored()) take_stored(*value, stored);
  value->shared = shared;
  for (std::size_t i = 0; i < shared->parts.size(); ++i) {
    const QuantizedTensorPtr& part = shared->parts[i];
    if (value->fixed && (part->constant || part->fixed == value->fixed)) continue;
    const auto of_part = shared_.try_emplace(part.get(), value.get()).first->second;
    // A part takes its params from one class only, and only if they are its own to take.
    if (part->fixed || part->before_dropout || of_part != value.get()) {
      shared->requantized.r()[i] = 1;
    } else if (part->observed() && !part->seen()) {
      take_stored(*part, stored);
    }
  }
  return value;
}

void Rewriter::rewrite_concat(int id) {
  const GraphNode& n = old_node(id);
  std::vector<QuantizedTensorPtr> parts;
  std::vector<int> inputs;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    const Source x = source(id, i);
    parts.push_back(x.value);
    inputs.push_back(x.node);
  }
  auto op = std::make_shared<QConcatOp>(state_, shared_value(id, std::move(parts)), n.name);
  op->axis = static_cast<const ConcatOp&>(*n.op).resolved_axis(n.shape);
  add_op(id, op, std::move(inputs));
}

void Rewriter::rewrite_min_max(int id, bool minimum) {
  const GraphNode& n = old_node(id);
  const auto [a, b] = operands(id);
  auto op = std::make_shared<QMinMaxOp>(state_, shared_value(id, {a.value, b.value}), n.name);
  op->minimum = minimum;
  add_op(id, op, {a.node, b.node});
}

void Rewriter::rewrite_pad(int id) {
  const GraphNode& n = old_node(id);
  auto pad = std::static_pointer_cast<const Pad2dOp>(n.op);
  if (pad->value == 0) return rewrite_layout(id);
  const Source x = source(id, 0);
  const QuantizedTensorPtr value =
      constant_value(n.name + ".value",
                     std::make_shared<Parameter>(Tensor::full({1}, static_cast<real>(pad->value))));
  auto op = std::make_shared<QPadOp>(state_, shared_value(id, {x.value, value}), n.name);
  op->pad = std::move(pad);
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_conv_transpose(int id) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  auto op = std::make_shared<QConvTransposeOp>(state_, result_value(id, id), n.name);
  op->in = x.value;
  op->weights = weights_of(id, weights_);
  op->conv = std::static_pointer_cast<const ConvTranspose2dOp>(n.op);
  std::vector<int> inputs{x.node, parameter(id, 1)};
  if (n.inputs.size() > 2) inputs.push_back(parameter(id, 2));
  add_op(id, op, std::move(inputs));
}

QuantizedTensorPtr Rewriter::constant_value(const std::string& name, ParameterPtr constant) {
  QuantizedTensorPtr value = new_value(name, false);
  value->constant = std::move(constant);
  return value;
}

std::pair<Rewriter::Source, Rewriter::Source> Rewriter::operands(int id) {
  const GraphNode& n = old_node(id);
  const auto is_constant = [&](std::size_t i) {
    const Tape::Kind kind = old_node(n.inputs[i]).kind;
    return kind == Tape::Kind::constant || kind == Tape::Kind::param;
  };
  const auto operand = [&](std::size_t i) -> Source {
    const GraphNode& c = old_node(n.inputs[i]);
    if (!is_constant(i) || is_constant(1 - i)) return source(id, i);
    const GraphNode& other = old_node(n.inputs[1 - i]);
    OCTET_CHECK(n.shape.rank() == other.shape.rank() && n.shape[0] == other.shape[0] &&
                    (c.shape.rank() < n.shape.rank() || c.shape[0] == 1),
                "prepare: layer ", n.name, ": a constant operand ", c.shape,
                " must not add dimensions or samples to ", other.shape);
    const bool is_parameter = c.kind == Tape::Kind::param;
    const QuantizedTensorPtr value = constant_value(
        n.name + ".constant", is_parameter ? c.parameter : std::make_shared<Parameter>(c.constant));
    if (!is_parameter) take_stored(*value, stored(n.inputs[i]));
    return {constant_node(n.inputs[i]), value};
  };
  const Source a = operand(0);
  return {a, operand(1)};
}

bool Rewriter::rewrite_with_scalar(int id, QBinaryOp::Kind kind) {
  const GraphNode& n = old_node(id);
  for (const std::size_t side : {std::size_t{1}, std::size_t{0}}) {
    const GraphNode& c = old_node(n.inputs[side]);
    const GraphNode& x = old_node(n.inputs[1 - side]);
    const bool scalar = c.kind == Tape::Kind::constant && c.constant.numel() == 1;
    if (!scalar || x.kind == Tape::Kind::constant || x.kind == Tape::Kind::param) continue;
    if (n.shape != x.shape) continue;
    const auto value = static_cast<float>(c.constant.item());
    OCTET_CHECK(std::isfinite(value), "prepare: layer ", n.name,
                ": expected a finite constant, got ", value);
    const WithConstant with = kind == QBinaryOp::Kind::mul   ? WithConstant::multiply
                              : kind == QBinaryOp::Kind::add ? WithConstant::add
                              : side == 1                    ? WithConstant::subtract
                                                             : WithConstant::subtract_from;
    const Source from = source(id, 1 - side);
    const auto [activation, end] = fuse_clamp(id);
    const StoredQuantization::Value* params = keeps_stored() ? stored(n.inputs[side]) : nullptr;
    const UnaryFunctionPtr function = make_constant_function(
        with, value, activation,
        params ? QuantParams{params->scale, params->zero_point} : exact_params(value));
    new_id_[end] = add_table(n.name, from, function, result_value(id, end), n.shape);
    new_id_.try_emplace(id, new_id_[end]);
    return true;
  }
  return false;
}

void Rewriter::rewrite_binary(int id, QBinaryOp::Kind kind) {
  if (rewrite_with_scalar(id, kind)) return;
  const GraphNode& n = old_node(id);
  const auto [a, b] = operands(id);
  const auto [activation, end] = fuse_clamp(id);
  const QuantizedTensorPtr value = result_value(id, end);
  if (kind == QBinaryOp::Kind::add && !a.value->constant && !b.value->constant &&
      old_node(n.inputs[0]).shape == old_node(n.inputs[1]).shape) {
    auto op = std::make_shared<QAddOp>(state_, value, n.name);
    op->a = a.value;
    op->b = b.value;
    op->activation = activation;
    add_op(end, op, {a.node, b.node});
  } else {
    auto op = std::make_shared<QBinaryOp>(state_, value, n.name);
    op->kind = kind;
    op->a = a.value;
    op->b = b.value;
    op->activation = activation;
    op->of_itself = in_graph(a.node) == in_graph(b.node);
    add_op(end, op, {a.node, b.node});
  }
  new_id_.try_emplace(id, new_id_[end]);
}

void Rewriter::rewrite_max_pool(int id) {
  rewrite_pool(id, QPoolOp::Kind::max, static_cast<const MaxPool2dOp&>(*old_node(id).op).window);
}

void Rewriter::rewrite_global_average_pool(int id) {
  if (other_params(id, *source(id, 0).value)) {  // one rounding instead of two
    add_mean(id, std::make_shared<MeanOp>(std::vector{1, 2}, true));
    return;
  }
  rewrite_pool(id, QPoolOp::Kind::global_average, {});
}

void Rewriter::rewrite_pool(int id, QPoolOp::Kind kind, const Window2d& window) {
  const Source x = source(id, 0);
  auto op = std::make_shared<QPoolOp>(state_, x.value, old_node(id).name);
  op->kind = kind;
  op->window = window;
  add_op(id, op, {x.node});
}

void Rewriter::rewrite_average_pool(int id) {
  const auto& pool = static_cast<const AvgPool2dOp&>(*old_node(id).op);
  const Source x = source(id, 0);
  const Shape& in = old_node(old_node(id).inputs[0]).shape;
  const Padding2d pads = pool.window.resolve(in[1], in[2]);
  if ((pool.count_include_pad || pads == Padding2d{}) && other_params(id, *x.value)) {
    add_window_mean(id, pool.window);
    return;
  }
  if (!pool.count_include_pad || pads == Padding2d{}) {
    rewrite_pool(id, QPoolOp::Kind::average, pool.window);
    return;
  }
  // Line 19: padded pixels count, so they are made explicit.
  auto pad = std::make_shared<QLayoutOp>(state_, x.value, old_node(id).name + ".pad");
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
