#include "layers/squeeze_excite.h"

#include "layers/conv2d.h"

namespace octet {

SqueezeExcite::SqueezeExcite(const SqueezeExciteOptions& o, Init& init)
    : hard_gate_(o.hard_gate),
      fc1_(register_module(
          "fc1", std::make_shared<Conv2d>(
                     Conv2dOptions{.in_channels = o.channels, .out_channels = o.squeezed}, init))),
      fc2_(register_module(
          "fc2", std::make_shared<Conv2d>(
                     Conv2dOptions{.in_channels = o.squeezed, .out_channels = o.channels}, init))) {
}

Var SqueezeExcite::forward(Var x) {
  const Var logits = (*fc2_)(relu((*fc1_)(global_avg_pool(x))));
  return x * (hard_gate_ ? hard_sigmoid(logits) : sigmoid(logits));
}

}  // namespace octet
