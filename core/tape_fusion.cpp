// What the tape puts off and what it runs as one: the second part of a DeferredOp waits until
// somebody reads its result, and an op that reads it may take that part over. record() calls
// run_fused() and run(), readers value(); everything else about a tape is in tape.cpp.
#include <algorithm>

#include "core/tape.h"

namespace octet {

// Together with what is behind its input `which`, if that was put off and the two can run as one.
bool Tape::fuse(Node& n, const Op& op, std::size_t which) {
  const Node& from = node(n.inputs[which]);
  if (!from.deferred || from.retain_grad) return false;
  const bool binary = n.inputs.size() == 2;
  const int other = binary ? n.inputs[1 - which] : -1;
  if (other == n.inputs[which]) return false;
  n.fused = from.deferred->followed_by(op, from.shape, binary ? &node(other).shape : nullptr);
  if (!n.fused) return false;
  n.fused_inputs = from.fused ? from.fused_inputs : from.inputs;
  n.passed = from.passed;
  n.passed.push_back(n.inputs[which]);
  n.saved = from.saved;
  if (binary) {
    n.fused_inputs.push_back(other);
    n.saved.tensors.push_back(value({this, other}));
    n.deferred = n.fused.get();  // a clamp may follow
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
  n.deferred = dynamic_cast<const DeferredOp*>(&op);
  if (n.deferred) {
    n.shape = n.deferred->prepare(*ctx_, values, n.saved);
  } else {
    n.value = op.forward(*ctx_, values, n.saved);
  }
}

const Tensor& Tape::value(Var v) {
  check_readable(v);
  Node& n = at(v.id);
  if (n.deferred) {
    n.value = n.deferred->finish(*ctx_, n.saved);
    n.deferred = nullptr;
    if (!n.requires_grad || done_) n.saved = {};
  }
  return n.value;
}

void Tape::release(Var v) {
  check(v);
  Node& n = at(v.id);
  n.value = Tensor();
  n.released = true;
  if (n.deferred && !n.requires_grad) n.saved = {};
  n.deferred = nullptr;
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
  if (!n.deferred) n.saved = {};
}

}  // namespace octet
