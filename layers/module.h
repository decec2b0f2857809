// Module: a network or a part of one, with dotted parameter names, a mode and state.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/named_tensor.h"
#include "core/ops/ops.h"

namespace octet {

class Module;

/// A parameter and its dotted name.
struct NamedParameter {
  std::string name;
  ParameterPtr parameter;
};

/// A module below another, by its dotted path ("" for the module itself).
struct NamedModule {
  std::string name;
  const Module* module;
  bool leaf;  ///< has no children
};

/// Derive, register parameters and children in the constructor, and write forward() as ordinary
/// C++ on Vars; of several inputs or outputs, derive from MultiModule. Modules are held by
/// shared_ptr.
class Module {
 public:
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Computes the result on x.tape. Call operator() instead, which also sets mode and scope.
  virtual Var forward(Var x) = 0;
  /// The same of a list of inputs, at least one and all on one tape; gives a list of outputs.
  /// Throws Error if they are not as many as the module takes.
  virtual std::vector<Var> forward_many(std::span<const Var> x);
  /// forward() under this module's mode (Context::training) and name (Tape::scope).
  Var operator()(Var x);
  /// forward_many() likewise: (*net)({image, position}). Throws Error unless all are on one tape.
  std::vector<Var> operator()(std::span<const Var> x);
  std::vector<Var> operator()(std::initializer_list<Var> x) {
    return (*this)(std::span<const Var>(x.begin(), x.size()));
  }

  /// Training (the default) or evaluation; of this module and all below it.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const noexcept { return training_; }

  /// In registration order, depth first, "block1.conv1.weight". A shared parameter appears once.
  std::vector<NamedParameter> named_parameters() const;
  std::vector<ParameterPtr> parameters() const;
  /// Running statistics and the like. A shared buffer appears once.
  std::vector<NamedTensor> named_buffers() const;
  /// This module and all below it, in registration order, depth first; a shared
  /// one under each of its paths.
  std::vector<NamedModule> named_modules() const;
  /// Parameters, then buffers.
  std::vector<NamedTensor> state() const;
  /// Copies values by name. Throws Error naming every missing, unexpected, repeated or misshapen
  /// entry, and then changes nothing.
  void load_state(const std::vector<NamedTensor>& state);
  std::int64_t parameter_count() const;

 protected:
  Module() = default;
  /// Names must be new in this module and not empty; throws Error otherwise.
  ParameterPtr register_parameter(std::string name, Tensor initial, bool decay = true);
  void register_parameter(std::string name, ParameterPtr parameter);
  /// A tensor that is state but not trained; modules write through the returned handle.
  Tensor register_buffer(std::string name, Tensor initial);
  /// A module has one name: registering it again is an Error unless it is the same name (in another
  /// parent). To apply a layer twice, register it once and call it twice.
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> child) {
    adopt(std::move(name), child);
    return child;
  }
  /// The inputs of forward_many(): const auto [image, position] = take<2>(x). Throws Error if they
  /// are more or fewer.
  template <std::size_t N>
  std::array<Var, N> take(std::span<const Var> x) const {
    check_count(x.size(), N, "inputs");
    std::array<Var, N> all;
    for (std::size_t i = 0; i < N; ++i) all[i] = x[i];
    return all;
  }
  /// Throws Error naming the module unless `got` is `expected`. `what`: "inputs" or "outputs".
  void check_count(std::size_t got, std::size_t expected, const char* what) const;

 private:
  friend class EvaluationMode;
  void check_name(const std::string& name, const char* what) const;
  void adopt(std::string name, std::shared_ptr<Module> child);
  template <class Visit>
  void visit(const std::string& path, const Visit& f) const;

  bool training_ = true;
  std::string name_;  // as registered by the parent
  std::vector<std::pair<std::string, ParameterPtr>> parameters_;
  std::vector<std::pair<std::string, Tensor>> buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
};
/// How modules are held.
using ModulePtr = std::shared_ptr<Module>;

/// A module of several inputs or outputs: write forward_many().
class MultiModule : public Module {
 public:
  /// Of one input; throws Error unless forward_many() takes it and gives one output.
  Var forward(Var x) override;
  std::vector<Var> forward_many(std::span<const Var> x) override = 0;
};

/// Puts a module and all below it into evaluation mode for the object's lifetime, then restores
/// each module's own mode.
class EvaluationMode {
 public:
  explicit EvaluationMode(Module& module);
  ~EvaluationMode();
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> modes_;
};

}  // namespace octet
