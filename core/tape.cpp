#include "core/tape.h"

#include <algorithm>

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
  OCTET_CHECK(!requires_grad || value.dtype() == DType::real,
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

// Together with what is behind its input `which`, if that was put off and the two can run as one.
bool Tape::fuse(Node& n, const Op& op, std::size_t which) {
  const Node& from = node(n.inputs[which]);
  if (!from.put_off || from.retain_grad) return false;
  const bool binary = n.inputs.size() == 2;
  const int other = binary ? n.inputs[1 - which] : -1;
  if (other == n.inputs[which]) return false;
  n.fused = from.put_off->followed_by(op, from.shape, binary ? &node(other).shape : nullptr);
  if (!n.fused) return false;
  n.fused_inputs = from.fused ? from.fused_inputs : from.inputs;
  n.passed = from.passed;
  n.passed.push_back(n.inputs[which]);
  n.saved = from.saved;
  if (binary) {
    n.fused_inputs.push_back(other);
    n.saved.tensors.push_back(value({this, other}));
    n.put_off = n.fused.get();  // a clamp may follow
    n.shape = from.shape;
  } else {
    n.value = n.fused->finish(*ctx_, n.saved);
  }
  return true;
}

bool Tape::run_fused(Node& n, const Op& op) {
  if (n.inputs.size() > 2) return false;
  for (std::size_t i = 0; i < n.inputs.size(); ++i) {
    if (fuse(n, op, i)) return true;
  }
  return false;
}

void Tape::run(Node& n, const Op& op, std::span<const Var> inputs) {
  std::vector<Tensor> values;
  values.reserve(inputs.size());
  for (const Var& v : inputs) values.push_back(value(v));
  n.saved.wanted = n.requires_grad;
  n.put_off = dynamic_cast<const DeferredOp*>(&op);
  if (n.put_off) {
    n.shape = n.put_off->prepare(*ctx_, values, n.saved);
  } else {
    n.value = op.forward(*ctx_, values, n.saved);
  }
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
  if (!n.requires_grad && !n.put_off) n.saved = {};
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
  if (n.grad.pieces() && op.backward_by_pieces(*ctx_, n.saved, *n.grad.pieces(), dx)) return;
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

void Tape::retain_grad(Var v) {
  check(v);
  OCTET_CHECK(!done_, "tape: retain_grad after backward");
  Node& n = at(v.id);
  OCTET_CHECK(n.requires_grad, "tape: retain_grad: node ", v.id, " does not require a gradient");
  const auto passes = [&](int id) { return std::ranges::count(at(id).passed, v.id) > 0; };
  for (int id = v.id + 1; id < size(); ++id) {
    if (!passes(id)) continue;
    for (int input : at(id).inputs) check_readable({this, input});
  }
  n.retain_grad = true;
  for (int id = v.id + 1; id < size(); ++id) {
    if (passes(id)) split(id);
  }
}

// Runs a fused node's own op instead: the gradient of the value in between is wanted after all.
void Tape::split(int id) {
  Node& n = at(id);
  n.fused = nullptr;
  n.fused_inputs.clear();
  n.passed.clear();
  n.saved = {};
  std::vector<Var> inputs;
  for (int input : n.inputs) inputs.push_back({this, input});
  run(n, *n.op, inputs);
  if (n.released) n.value = Tensor();
}

// Not what a value that was put off is made of.
void Tape::free_saved(Node& n) {
  if (!n.put_off) n.saved = {};
}

void Tape::check_readable(Var v) const {
  check(v);
  OCTET_CHECK(!node(v.id).released, "tape: the value of node ", v.id, " was released");
}

const Tensor& Tape::value(Var v) {
  check_readable(v);
  Node& n = at(v.id);
  if (n.put_off) {
    n.value = n.put_off->finish(*ctx_, n.saved);
    n.put_off = nullptr;
    if (!n.requires_grad || done_) n.saved = {};
  }
  return n.value;
}

const Shape& Tape::shape(Var v) const {
  check(v);
  return node(v.id).shape;
}

void Tape::release(Var v) {
  check(v);
  Node& n = at(v.id);
  n.value = Tensor();
  n.released = true;
  if (n.put_off && !n.requires_grad) n.saved = {};
  n.put_off = nullptr;
}

}  // namespace octet
