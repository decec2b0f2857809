// Modules made from functions, for tests.
#pragma once

#include <functional>

#include "layers/module.h"

namespace octet::test {

class Custom final : public Module {
 public:
  explicit Custom(std::function<Var(Var)> f) : f_(std::move(f)) {}
  Var forward(Var x) override { return f_(x); }
  using Module::register_parameter;

 private:
  std::function<Var(Var)> f_;
};

class CustomMany final : public MultiModule {
 public:
  using Function = std::function<std::vector<Var>(std::span<const Var>)>;
  explicit CustomMany(Function f) : f_(std::move(f)) {}
  std::vector<Var> forward_many(std::span<const Var> x) override { return f_(x); }
  using Module::register_module;
  using Module::take;

 private:
  Function f_;
};

}  // namespace octet::test
