// A chain of modules.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "layers/module.h"

namespace octet {

/// Applies its children in order. They are named "0", "1", ... unless names are given.
class Sequential final : public Module {
 public:
  Sequential() = default;
  explicit Sequential(const std::vector<ModulePtr>& modules);
  explicit Sequential(const std::vector<std::pair<std::string, ModulePtr>>& modules);

  /// Appends; the name defaults to the position. Throws Error for a name that is taken.
  Sequential& add(ModulePtr module) { return add(std::to_string(size()), std::move(module)); }
  Sequential& add(std::string name, ModulePtr module);

  std::size_t size() const noexcept { return modules_.size(); }
  const ModulePtr& operator[](std::size_t i) const { return modules_[i]; }
  /// The input itself if empty.
  Var forward(Var x) override;

 private:
  std::vector<ModulePtr> modules_;
};

}  // namespace octet
