#include "core/tape.h"

namespace octet {
namespace {

std::string with_layer(const std::string& scope, const std::string& message) {
  const bool known = scope.empty() || message.find(scope) != std::string::npos;
  return known ? message : "layer " + scope + ": " + message;
}

/// f(); what it throws names the layer.
template <class F>
void in_layer(const std::string& scope, const F& f) {
  try {
    f();
  } catch (const MemoryError& e) {
    throw MemoryError(with_layer(scope, e.what()));
  } catch (const Error& e) {
    throw Error(with_layer(scope, e.what()));
  }
}

}  // namespace

const Tensor& Var::value() const {
  OCTET_CHECK(tape, "value of a Var that belongs to no tape");
  return tape->value(*this);
}

const Shape& Var::shape() const {
  OCTET_CHECK(tape, "shape of a Var that belongs to no tape");
  return tape->shape(*this);
}

Tape::Tape() : own_ctx_(std::make_unique<Context>()), ctx_(own_ctx_.get()), mode_(GradMode::on) {}
Tape::Tape(Context& ctx, GradMode mode)
    : ctx_(&ctx), mode_(mode), nodes_(ctx.pool), param_ids_(ctx.pool) {}
Tape::~Tape() = default;

Var Tape::append(Node node) {
  node.scope = scope_;
  if (node.value.defined()) node.shape = node.value.shape();
  nodes_.push_back(std::move(node));
  return {this, size() - 1};
}

void Tape::check(Var v) const {
  OCTET_CHECK(v.tape == this && v.id >= 0 && v.id < size(), "tape: expected a Var of this tape, ",
              v.tape == this ? "got an invalid id " : "got one of another tape or none, id ", v.id);
}

Var Tape::input(Tensor value, bool requires_grad) {
  OCTET_CHECK(value.defined(), "tape: input: expected a tensor, got an undefined one");
  OCTET_CHECK(!requires_grad || value.dtype() == ElementType::real,
              "tape: input: a gradient is for real values only, got ", dtype_name(value.dtype()));
  Node n;
  n.kind = Kind::input;
  n.value = std::move(value);
  n.requires_grad = n.retain_grad = requires_grad && grad_enabled();
  return append(std::move(n));
}

Var Tape::constant(Tensor value) {
  OCTET_CHECK(value.defined(), "tape: constant: expected a tensor, got an undefined one");
  Node n;
  n.kind = Kind::constant;
  n.value = std::move(value);
  return append(std::move(n));
}

Var Tape::param(const ParameterPtr& parameter) {
  OCTET_CHECK(parameter && parameter->value.defined(),
              "tape: param: expected a parameter with a value");
  if (auto known = param_ids_.find(parameter.get()); known != param_ids_.end()) {
    return {this, known->second};
  }
  Node n;
  n.kind = Kind::param;
  n.parameter = parameter;
  n.value = parameter->value;
  n.requires_grad = parameter->requires_grad && grad_enabled();
  Var v = append(std::move(n));
  param_ids_.emplace(parameter.get(), v.id);
  return v;
}

Var Tape::record(OpPtr op, std::span<const Var> inputs) {
  OCTET_CHECK(op, "tape: record: expected an op, got none");
  Node n;
  n.kind = Kind::op;
  n.inputs.reserve(inputs.size());
  for (const Var& v : inputs) {
    check_readable(v);
    n.inputs.push_back(v.id);
    n.requires_grad |= node(v.id).requires_grad;
  }
  if (ctx_->observer) ctx_->observer->begin();
  in_layer(scope_, [&] {
    if (!run_fused(n, *op)) run(n, *op, inputs);
  });
  if (!n.requires_grad && !n.deferred) n.saved = {};
  n.op = std::move(op);
  const Var result = append(std::move(n));
  if (ctx_->observer) ctx_->observer->forward_done(*this, result.id);
  return result;
}

void Tape::backward(Var loss) {
  check(loss);
  OCTET_CHECK(grad_enabled(), "tape: backward on a tape with GradMode::off");
  OCTET_CHECK(!done_, "tape: backward a second time; what it needs was freed by the first");
  Node& last = at(loss.id);
  OCTET_CHECK(!last.released && last.shape.numel() == 1,
              "tape: backward: expected a loss with one element, got ",
              last.released ? "a released value of shape " : "shape ", last.shape);
  OCTET_CHECK(last.requires_grad,
              "tape: backward: the loss depends on nothing that requires a gradient");
  done_ = true;
  for (int id = size() - 1; id > loss.id; --id) free_saved(at(id));

  Tensor seed = ctx_->empty(last.shape);
  seed.fill(1);
  (last.kind == Kind::param ? last.parameter->grad : last.grad).add(std::move(seed), *ctx_);
  std::vector<Grad*> wanted;
  for (int id = loss.id; id >= 0; --id) {
    Node& n = at(id);
    if (n.kind != Kind::op) {
      (n.kind == Kind::param ? n.parameter->grad : n.grad).finish(*ctx_);
      continue;
    }
    if (!n.grad.empty()) {
      wanted.clear();
      for (int i : n.fused ? n.fused_inputs : n.inputs) {
        Node& from = at(i);
        Grad* g = from.kind == Kind::param ? &from.parameter->grad : &from.grad;
        wanted.push_back(from.requires_grad ? g : nullptr);
      }
      if (ctx_->observer) ctx_->observer->begin();
      in_layer(n.scope, [&] { run_backward(n, wanted); });
      if (ctx_->observer) ctx_->observer->backward_done(*this, id, wanted);
    }
    free_saved(n);
    if (!n.retain_grad) n.grad.release();
  }
}

void Tape::run_backward(Node& n, Grads dx) {
  const Op& op = n.fused ? *n.fused : *n.op;
  if (n.retain_grad) n.grad.finish(*ctx_);
  if (n.grad.lazy() && op.backward_tiled(*ctx_, n.saved, *n.grad.lazy(), dx)) return;
  n.grad.finish(*ctx_);
  // A second owner: ops may write into a gradient that has only one.
  const Tensor kept = n.retain_grad ? n.grad.value() : Tensor();
  op.backward(*ctx_, n.saved, n.grad.value(), dx);
}

const Tensor& Tape::grad(Var v) const {
  check(v);
  const Node& n = node(v.id);
  OCTET_CHECK(done_, "tape: grad before backward");
  OCTET_CHECK(n.retain_grad || n.kind == Kind::param, "tape: grad: the gradient of node ", v.id,
              " was not kept; make the input with requires_grad or call retain_grad first");
  const Grad& g = n.kind == Kind::param ? n.parameter->grad : n.grad;
  OCTET_CHECK(!g.empty(), "tape: grad: the loss does not depend on node ", v.id);
  return g.value();
}

void Tape::check_readable(Var v) const {
  check(v);
  OCTET_CHECK(!node(v.id).released, "tape: the value of node ", v.id, " was released");
}

const Shape& Tape::shape(Var v) const {
  check(v);
  return node(v.id).shape;
}

}  // namespace octet
