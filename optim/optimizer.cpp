#include "optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace octet::optim {

Optimizer::Optimizer(std::vector<ParameterPtr> parameters, double lr,
                     std::vector<std::string> buffers)
    : parameters_(std::move(parameters)), lr_(lr), buffer_names_(std::move(buffers)) {
  set_lr(lr);
  OCTET_CHECK(!parameters_.empty(),
              "optimizer: expected parameters to train, got none: those of a "
              "module are what it registers (register_module, register_parameter)");
  std::set<const Parameter*> seen;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const ParameterPtr& p = parameters_[i];
    OCTET_CHECK(p && p->value.defined() && p->value.dtype() == ElementType::real,
                "optimizer: parameter ", i, ": expected a parameter of type ",
                dtype_name(ElementType::real));
    OCTET_CHECK(seen.insert(p.get()).second, "optimizer: parameter ", i, " ", p->value.shape(),
                " is in the list twice");
  }
  for (std::size_t b = 0; b < buffer_names_.size(); ++b) {
    std::vector<Tensor>& all = buffers_.emplace_back();
    for (const ParameterPtr& p : parameters_) all.push_back(Tensor::zeros(p->value.shape()));
  }
  lr_factors_.assign(parameters_.size(), 1.0);
  steps_ = Tensor::zeros({static_cast<std::int64_t>(parameters_.size())}, ElementType::i32);
}

void Optimizer::set_lr(double lr) {
  OCTET_CHECK(std::isfinite(lr) && lr >= 0, "optimizer: expected a learning rate >= 0, got ", lr);
  lr_ = lr;
}

void Optimizer::set_lr_factor(const std::vector<ParameterPtr>& parameters, double factor) {
  OCTET_CHECK(std::isfinite(factor) && factor >= 0,
              "optimizer: expected a learning rate factor >= 0, got ", factor);
  for (const ParameterPtr& p : parameters) {
    const auto at = std::find(parameters_.begin(), parameters_.end(), p);
    OCTET_CHECK(at != parameters_.end(),
                "optimizer: learning rate factor: expected parameters of this optimizer");
    lr_factors_[static_cast<std::size_t>(at - parameters_.begin())] = factor;
  }
}

void Optimizer::step() {
  ThreadPool one;
  step(one);
}

void Optimizer::step(ThreadPool& threads) {
  chunks_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& p = *parameters_[i];
    if (!p.requires_grad || p.grad.empty()) continue;
    OCTET_CHECK(p.grad.value().shape() == p.value.shape(), "optimizer: parameter ", i,
                ": expected a gradient of shape ", p.value.shape(), ", got ",
                p.grad.value().shape());
    cut(i, p.value.numel(), chunks_);
  }
  std::int32_t* steps = steps_.data<std::int32_t>();
  for (const Chunk& c : chunks_) {
    if (c.begin == 0) ++steps[c.index];
  }
  threads.run(static_cast<std::int64_t>(chunks_.size()),
              [this](std::int64_t task, int) { update(chunks_[static_cast<std::size_t>(task)]); });
}

void Optimizer::zero_grad() {
  for (const ParameterPtr& p : parameters_) p->grad.clear();
}

real* Optimizer::buffer(int which, const Chunk& c) {
  return buffers_[static_cast<std::size_t>(which)][c.index].r() + c.begin;
}

std::int64_t Optimizer::steps(const Chunk& c) const {
  return steps_.data<std::int32_t>()[c.index];
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> all{{"steps", steps_}};
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    for (std::size_t b = 0; b < buffers_.size(); ++b) {
      all.push_back({std::to_string(i) + "." + buffer_names_[b], buffers_[b][i]});
    }
  }
  return all;
}

void Optimizer::load_state(const std::vector<NamedTensor>& from) {
  for (const NamedTensor& t : from) {
    if (t.name != "steps" || !t.value.defined() || t.value.dtype() != ElementType::i32) continue;
    for (std::int32_t n : t.value.span<std::int32_t>()) {
      OCTET_CHECK(n >= 0, "optimizer: the state's step count: expected >= 0, got ", n);
    }
  }
  load_tensors("optimizer", state(), from);
}

}  // namespace octet::optim
