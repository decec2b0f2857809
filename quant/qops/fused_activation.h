// The clamp activations that fuse into quantized ops, on reals.
#pragma once

#include <algorithm>

#include "int8/graph/graph.h"
#include "quant/quantized_tensor.h"

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

/// The reals of a range of codes, which may lie outside int8.
inline RealRange reals_of(const RealRange& codes, QuantParams params) {
  const double scale = double(params.scale);
  return {scale * (codes.min - params.zero_point), scale * (codes.max - params.zero_point)};
}

/// The range behind the activation: a clamp is monotone, so it acts on the ends (line 3).
inline RealRange activated(const RealRange& range, int8::Activation activation) {
  return {activate(range.min, activation), activate(range.max, activation)};
}

/// No gradient passes at the lower bound of a ReLU (line 23).
constexpr bool open_lower_bound(int8::Activation activation) {
  return activation == int8::Activation::relu || activation == int8::Activation::relu6;
}

}  // namespace octet::quant
