#include "layers/conv_transpose2d.h"

namespace octet {

ConvTranspose2d::ConvTranspose2d(const ConvTranspose2dOptions& o, Init& init) {
  OCTET_CHECK(o.in_channels > 0 && o.out_channels > 0,
              "ConvTranspose2d: expected positive channels, got in_channels ", o.in_channels,
              ", out_channels ", o.out_channels);
  const Window2d window{o.kernel.h, o.kernel.w, o.stride.h, o.stride.w, 1, 1, o.padding};
  op_ = std::make_shared<ConvTranspose2dOp>(window, o.output_padding.h, o.output_padding.w);
  const std::int64_t fan_in = std::int64_t{o.kernel.h} * o.kernel.w * o.in_channels;
  weight_ = register_parameter(
      "weight",
      init.kaiming_uniform({o.out_channels, o.kernel.h, o.kernel.w, o.in_channels}, fan_in));
  if (o.bias) {
    bias_ = register_parameter("bias", init.kaiming_uniform({o.out_channels}, fan_in), false);
  }
}

Var ConvTranspose2d::forward(Var x) {
  const Var w = x.tape->param(weight_);
  if (!bias_) return x.tape->record(op_, {x, w});
  return x.tape->record(op_, {x, w, x.tape->param(bias_)});
}

}  // namespace octet
