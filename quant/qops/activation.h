// The clamp activations that fuse into quantized ops, on reals.
#pragma once

#include <algorithm>

#include "int8/graph/graph.h"
#include "quant/value.h"

namespace octet::quant {

template <class T>
T activate(T v, int8::Activation activation) {
  switch (activation) {
    case int8::Activation::relu:
      return std::max(v, T(0));
    case int8::Activation::relu6:
      return std::clamp(v, T(0), T(6));
    case int8::Activation::relu_n1_to_1:
      return std::clamp(v, T(-1), T(1));
    case int8::Activation::none:
      break;
  }
  return v;
}

/// Observes the range behind the activation: a clamp is monotone, so it acts on the ends (line 3).
inline void observe_activated(Value& value, double min, double max, int8::Activation activation) {
  value.observe(activate(min, activation), activate(max, activation));
}

/// No gradient passes at the lower bound of a ReLU (line 23).
constexpr bool open_lower_bound(int8::Activation activation) {
  return activation == int8::Activation::relu || activation == int8::Activation::relu6;
}

}  // namespace octet::quant
