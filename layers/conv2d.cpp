#include "layers/conv2d.h"

namespace octet {
namespace {

void check(const Conv2dOptions& o) {
  OCTET_CHECK(o.in_channels > 0 && o.out_channels > 0 && o.groups > 0 &&
                  o.in_channels % o.groups == 0 && o.out_channels % o.groups == 0,
              "Conv2d: expected positive channels divisible by groups, got in_channels ",
              o.in_channels, ", out_channels ", o.out_channels, ", groups ", o.groups);
  auto positive = [](const Size2d& s, const char* what) {
    OCTET_CHECK(s.h > 0 && s.w > 0, "Conv2d: expected a positive ", what, ", got ", s.h, " x ",
                s.w);
  };
  positive(o.kernel, "kernel");
  positive(o.stride, "stride");
  positive(o.dilation, "dilation");
  const Padding2d& p = o.padding;
  OCTET_CHECK(p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0,
              "Conv2d: expected padding >= 0, got top ", p.top, ", bottom ", p.bottom, ", left ",
              p.left, ", right ", p.right);
}

}  // namespace

Conv2d::Conv2d(const Conv2dOptions& o, Init& init) : options_(o) {
  check(o);
  window_ = {o.kernel.h, o.kernel.w, o.stride.h, o.stride.w, o.dilation.h, o.dilation.w, o.padding};
  const std::int64_t per_group = o.in_channels / o.groups;
  const std::int64_t fan_in = std::int64_t{o.kernel.h} * o.kernel.w * per_group;
  weight_ = register_parameter(
      "weight", init.kaiming_uniform({o.out_channels, o.kernel.h, o.kernel.w, per_group}, fan_in));
  if (o.bias) {
    bias_ = register_parameter("bias", init.kaiming_uniform({o.out_channels}, fan_in), false);
  }
}

Var Conv2d::forward(Var x) {
  const Var w = x.tape->param(weight_);
  if (!bias_) return conv2d(x, w, window_, options_.groups);
  return conv2d(x, w, x.tape->param(bias_), window_, options_.groups);
}

}  // namespace octet
