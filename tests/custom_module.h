// A module made from a function, for tests.
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

}  // namespace octet::test
