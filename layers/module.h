// Module: a network or a part of one, with dotted parameter names, a mode and state.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/named_tensor.h"
#include "core/ops/ops.h"

namespace octet {

class Module;

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
/// C++ on Vars. Modules are held by shared_ptr.
class Module {
 public:
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Computes the result on x.tape. Call operator() instead, which also sets mode and scope.
  virtual Var forward(Var x) = 0;
  /// forward() under this module's mode (Context::training) and name (Tape::scope).
  Var operator()(Var x);

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
using ModulePtr = std::shared_ptr<Module>;

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
