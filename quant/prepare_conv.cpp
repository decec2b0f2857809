// Convolutions, linear layers and batch norms with what fuses into them.
#include "quant/qops/qconv.h"
#include "quant/qops/qreshape.h"
#include "quant/rewriter.h"

namespace octet::quant {

void Rewriter::rewrite_conv(int id) {
  const GraphNode& n = old_node(id);
  const auto* conv = dynamic_cast<const Conv2dOp*>(n.op.get());
  const Source x = source(id, 0);
  std::vector<int> inputs{x.node, parameter(id, 1)};
  const bool has_bias = n.inputs.size() > 2;
  int last = id;
  std::optional<QConvOp::BatchNorm> batch_norm;
  if (const int next = folding_batch_norm(id); next >= 0) {
    const auto& bn = static_cast<const BatchNormOp&>(*old_node(next).op);
    batch_norm = {bn.stats, double(bn.eps), double(bn.momentum)};
    if (has_bias) absorb_bias(id, bn);
    inputs.push_back(parameter(next, 1));
    inputs.push_back(parameter(next, 2));
    last = next;
  }
  if (!batch_norm && has_bias) inputs.push_back(parameter(id, 2));
  const auto [activation, end] = fuse_clamp(last);
  const QuantizedTensorPtr value = result_value(id, end);
  auto op = std::make_shared<QConvOp>(state_, value, n.name);
  op->in = x.value;
  op->weights = weights_of(id, weights_);
  op->linear = conv == nullptr;
  if (conv) {
    op->window = conv->window;
    op->groups = conv->groups;
  }
  op->batch_norm = std::move(batch_norm);
  op->activation = activation;
  add_op(end, op, std::move(inputs));
  for (int replaced : {id, last}) new_id_.try_emplace(replaced, new_id_[end]);
}

int Rewriter::folding_batch_norm(int id) const {
  const int next = sole_consumer(id);
  if (next < 0 || old_node(next).inputs[0] != id || !may_fuse(id, next)) return -1;
  const auto* bn = dynamic_cast<const BatchNormOp*>(old_node(next).op.get());
  if (!bn) return -1;
  const Parameter* bias = bias_before(next);
  if (!bias) return next;
  // One mean can take in one bias: the same in front of every batch norm that shares it.
  for (const int other : live_) {
    const auto* op = dynamic_cast<const BatchNormOp*>(old_node(other).op.get());
    if (op && op->stats == bn->stats && bias_before(other) != bias) return -1;
  }
  return next;
}

const Parameter* Rewriter::bias_before(int id) const {
  const int in = old_node(id).inputs[0];
  const GraphNode& n = old_node(in);
  const bool biased = n.op && rule_of(*n.op) &&
                      rule_of(*n.op)->rewrite == &Rewriter::rewrite_conv && n.inputs.size() > 2;
  return biased && sole_consumer(in) == id ? old_node(n.inputs[2]).parameter.get() : nullptr;
}

void Rewriter::absorb_bias(int id, const BatchNormOp& bn) {
  const GraphNode& p = old_node(old_node(id).inputs[2]);
  OCTET_CHECK(p.kind == Tape::Kind::param, "prepare: layer ", old_node(id).name,
              ": expected a parameter as bias");
  if (!absorbed_.insert(bn.stats.get()).second) return;
  const auto bias = p.parameter->value.span<real>();
  real* mean = bn.stats->mean.r();
  for (std::size_t c = 0; c < bias.size(); ++c) mean[c] -= bias[c];
}

void Rewriter::rewrite_batch_norm(int id) {
  const GraphNode& n = old_node(id);
  const auto* bn = dynamic_cast<const BatchNormOp*>(n.op.get());
  Source x = source(id, 0);
  const std::int64_t channels = n.shape[-1];
  // Rows of features are pixels of an image: [N, ..., C] to [N, rows, 1, C] and back.
  const bool is_image = n.shape.rank() == 4;
  const Shape image{n.shape[0], channels == 0 ? 0 : n.shape.numel() / (n.shape[0] * channels), 1,
                    channels};
  const auto reshaped = [&](const Source& from, const std::string& name, const Shape& to) {
    auto op = std::make_shared<QReshapeOp>(state_, from.value, name);
    op->dims.assign(to.dims().begin() + 1, to.dims().end());
    return add_node(op, {from.node}, to);
  };
  if (!is_image) x = reshaped(x, n.name + ".image", image);
  GraphNode ones;
  ones.kind = Tape::Kind::constant;
  ones.constant = Tensor::full({channels, 1, 1, 1}, real(1));
  ones.shape = ones.constant.shape();
  ones.name = n.name + ".one";
  std::vector<int> inputs{x.node, append(std::move(ones)), parameter(id, 1), parameter(id, 2)};
  const auto [activation, end] = fuse_clamp(id);
  const QuantizedTensorPtr value = result_value(id, end);
  auto op = std::make_shared<QConvOp>(state_, value, n.name);
  op->in = x.value;
  op->weights = weights_;
  op->groups = static_cast<int>(channels);
  op->batch_norm = {bn->stats, double(bn->eps), double(bn->momentum)};
  op->activation = activation;
  Source y = add_node(op, std::move(inputs), is_image ? n.shape : image);
  if (!is_image) y = reshaped(y, n.name + ".rows", n.shape);
  new_id_[end] = y;
  new_id_.try_emplace(id, y);
}

}  // namespace octet::quant
