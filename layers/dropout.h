// Dropout layer.
#pragma once

#include "base/fnv1a.h"
#include "layers/module.h"

namespace octet {

/// DropoutOp; its stream is the hash of the layer's path, so what it drops depends on the context's
/// seed and step and on the layer, not on threads or on what else the network holds. A layer
/// applied twice in one forward drops the same places twice.
class Dropout final : public Module {
 public:
  /// Throws Error unless 0 <= p < 1.
  explicit Dropout(double p = 0.5) : p_(p) { DropoutOp(p, 0); }
  Var forward(Var x) override {
    const std::string& path = x.tape->scope();
    Fnv1a hash;
    hash.add(std::as_bytes(std::span(path)));
    return dropout(x, p_, hash.value());
  }

 private:
  double p_;
};

}  // namespace octet
