#include "layers/module.h"

#include <algorithm>
#include <unordered_set>

namespace octet {
namespace {

std::string join(const std::string& path, const std::string& name) {
  if (path.empty() || name.empty()) return path + name;
  return path + "." + name;
}

/// Mode and scope of the running module; restored on return and on exceptions.
class CallScope {
 public:
  CallScope(Tape& tape, const std::string& name, bool training)
      : tape_(tape), outer_scope_(tape.scope()), outer_training_(tape.context().training) {
    tape.set_scope(join(outer_scope_, name));
    tape.context().training = training;
  }
  ~CallScope() {
    tape_.context().training = outer_training_;
    tape_.set_scope(std::move(outer_scope_));
  }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  Tape& tape_;
  std::string outer_scope_;
  bool outer_training_;
};

}  // namespace

Var Module::operator()(Var x) {
  OCTET_CHECK(x.tape != nullptr, "module '", name_, "': the input is not on a tape");
  CallScope scope(*x.tape, name_, training_);
  return forward(x);
}

std::vector<Var> Module::operator()(std::span<const Var> x) {
  OCTET_CHECK(!x.empty(), "module '", name_, "': expected at least one input");
  for (std::size_t i = 0; i < x.size(); ++i) {
    OCTET_CHECK(x[i].tape != nullptr && x[i].tape == x[0].tape, "module '", name_, "': input ", i,
                " is not on ", x[i].tape ? "the first one's tape" : "a tape");
  }
  CallScope scope(*x[0].tape, name_, training_);
  return forward_many(x);
}

std::vector<Var> Module::forward_many(std::span<const Var> x) {
  return {forward(take<1>(x)[0])};
}

Var MultiModule::forward(Var x) {
  const std::vector<Var> y = forward_many({&x, 1});
  check_count(y.size(), 1, "outputs");
  return y[0];
}

void Module::check_count(std::size_t got, std::size_t expected, const char* what) const {
  OCTET_CHECK(got == expected, "module '", name_, "': expected ", expected, " ", what, ", got ",
              got);
}

void Module::train(bool on) {
  training_ = on;
  for (auto& [name, child] : children_) child->train(on);
}

template <class Visit>
void Module::visit(const std::string& path, const Visit& f) const {
  f(path, *this);
  for (const auto& [name, child] : children_) child->visit(join(path, name), f);
}

std::vector<NamedModule> Module::named_modules() const {
  std::vector<NamedModule> all;
  visit("", [&](const std::string& path, const Module& m) {
    all.push_back({path, &m, m.children_.empty()});
  });
  return all;
}

std::vector<NamedParameter> Module::named_parameters() const {
  std::vector<NamedParameter> all;
  std::unordered_set<const Parameter*> seen;
  visit("", [&](const std::string& path, const Module& m) {
    for (const auto& [name, p] : m.parameters_) {
      if (seen.insert(p.get()).second) all.push_back({join(path, name), p});
    }
  });
  return all;
}

std::vector<ParameterPtr> Module::parameters() const {
  std::vector<ParameterPtr> all;
  for (NamedParameter& p : named_parameters()) all.push_back(std::move(p.parameter));
  return all;
}

std::vector<NamedTensor> Module::named_buffers() const {
  std::vector<NamedTensor> all;
  std::unordered_set<const std::byte*> seen;
  visit("", [&](const std::string& path, const Module& m) {
    for (const auto& [name, t] : m.buffers_) {
      if (seen.insert(t.raw()).second) all.push_back({join(path, name), t});
    }
  });
  return all;
}

std::vector<NamedTensor> Module::state() const {
  std::vector<NamedTensor> all;
  for (const NamedParameter& p : named_parameters()) all.push_back({p.name, p.parameter->value});
  for (NamedTensor& b : named_buffers()) all.push_back(std::move(b));
  return all;
}

void Module::load_state(const std::vector<NamedTensor>& from) {
  load_tensors("load_state", state(), from);
}

std::int64_t Module::parameter_count() const {
  std::int64_t n = 0;
  for (const ParameterPtr& p : parameters()) n += p->value.numel();
  return n;
}

void Module::check_name(const std::string& name, const char* what) const {
  OCTET_CHECK(!name.empty(), "register_", what, ": the name is empty");
  auto taken = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& e) { return e.first == name; });
  };
  OCTET_CHECK(!taken(parameters_) && !taken(buffers_) && !taken(children_), "register_", what,
              ": the module already has a member '", name, "'");
}

ParameterPtr Module::register_parameter(std::string name, Tensor initial, bool decay) {
  auto p = std::make_shared<Parameter>(std::move(initial));
  p->decay = decay;
  register_parameter(std::move(name), p);
  return p;
}

void Module::register_parameter(std::string name, ParameterPtr parameter) {
  check_name(name, "parameter");
  OCTET_CHECK(parameter && parameter->value.defined(), "register_parameter '", name,
              "': the tensor is undefined");
  parameters_.emplace_back(std::move(name), std::move(parameter));
}

Tensor Module::register_buffer(std::string name, Tensor initial) {
  check_name(name, "buffer");
  OCTET_CHECK(initial.defined(), "register_buffer '", name, "': the tensor is undefined");
  buffers_.emplace_back(std::move(name), initial);
  return initial;
}

void Module::adopt(std::string name, std::shared_ptr<Module> child) {
  check_name(name, "module");
  OCTET_CHECK(child != nullptr && child.get() != this, "register_module '", name,
              "': expected another module");
  OCTET_CHECK(child->name_.empty() || child->name_ == name, "register_module '", name,
              "': the module is already registered as '", child->name_,
              "'; to apply it twice, call it twice");
  child->name_ = name;
  children_.emplace_back(std::move(name), std::move(child));
}

EvaluationMode::EvaluationMode(Module& module) {
  auto collect = [this](auto& self, Module& m) -> void {
    modes_.emplace_back(&m, m.training_);
    for (auto& [name, child] : m.children_) self(self, *child);
  };
  collect(collect, module);
  module.eval();
}

EvaluationMode::~EvaluationMode() {
  for (auto [module, training] : modes_) module->training_ = training;
}

}  // namespace octet
