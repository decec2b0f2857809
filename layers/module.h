// Module: a network or a part of one, with dotted parameter names, a mode and state.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/ops.h"

namespace octet {

/// A named tensor of a module's state: a parameter's value or a buffer. Shares storage.
struct NamedTensor {
  std::string name;
  Tensor value;
};
struct NamedParameter {
  std::string name;
  ParameterPtr parameter;
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
  /// Running statistics and the like.
  std::vector<NamedTensor> named_buffers() const;
  /// Parameters, then buffers.
  std::vector<NamedTensor> state() const;
  /// Copies values by name. Throws Error naming every missing, unexpected or misshapen entry, and
  /// then changes nothing.
  void load_state(const std::vector<NamedTensor>& state);
  std::int64_t parameter_count() const;

 protected:
  Module() = default;
  ParameterPtr register_parameter(std::string name, Tensor initial, bool decay = true);
  void register_parameter(std::string name, ParameterPtr parameter);
  /// A tensor that is state but not trained; modules write through the returned handle.
  Tensor register_buffer(std::string name, Tensor initial);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> child) {
    adopt(std::move(name), child);
    return child;
  }

 private:
  void adopt(std::string name, std::shared_ptr<Module> child);
  template <class Visit>
  void visit(const std::string& prefix, const Visit& f) const;

  bool training_ = true;
  std::string name_;  // as registered by the parent
  std::vector<std::pair<std::string, ParameterPtr>> parameters_;
  std::vector<std::pair<std::string, Tensor>> buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
};
using ModulePtr = std::shared_ptr<Module>;

}  // namespace octet
