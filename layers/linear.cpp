#include "layers/linear.h"

namespace octet {

Linear::Linear(const LinearOptions& o, Init& init) : options_(o) {
  OCTET_CHECK(o.in_features > 0 && o.out_features > 0,
              "Linear: expected positive extents, got in_features ", o.in_features,
              ", out_features ", o.out_features);
  weight_ = register_parameter(
      "weight", init.kaiming_uniform({o.out_features, o.in_features}, o.in_features));
  if (o.bias) {
    bias_ =
        register_parameter("bias", init.kaiming_uniform({o.out_features}, o.in_features), false);
  }
}

Var Linear::forward(Var x) {
  const Var w = x.tape->param(weight_);
  return bias_ ? linear(x, w, x.tape->param(bias_)) : linear(x, w);
}

}  // namespace octet
