#include "layers/sequential.h"

namespace octet {

Sequential::Sequential(const std::vector<ModulePtr>& modules) {
  for (const ModulePtr& m : modules) add(m);
}

Sequential::Sequential(const std::vector<std::pair<std::string, ModulePtr>>& modules) {
  for (const auto& [name, m] : modules) add(name, m);
}

Sequential& Sequential::add(std::string name, ModulePtr module) {
  modules_.push_back(register_module(std::move(name), std::move(module)));
  return *this;
}

Var Sequential::forward(Var x) {
  for (const ModulePtr& m : modules_) x = (*m)(x);
  return x;
}

}  // namespace octet
