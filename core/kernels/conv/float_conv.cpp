// Checked shapes, and the choice between depthwise, direct and dense kernels forward.
#include "core/kernels/conv/float_conv.h"

#include <climits>
#include <tuple>

#include "core/kernels/conv/direct.h"
#include "core/kernels/conv/kernels.h"

namespace octet {

ConvShape conv_shape(const Shape& x, const Shape& w, const Window2d& window, int groups,
                     std::string_view op) {
  OCTET_CHECK(x.rank() == 4, op, ": x: expected [N, H, W, C], got ", x);
  OCTET_CHECK(w.rank() == 4, op, ": w: expected [O, KH, KW, C / groups], got ", w);
  ConvShape s;
  s.batch = x[0];
  s.in_h = x[1];
  s.in_w = x[2];
  s.in_c = x[3];
  s.out_c = w[0];
  s.groups = groups;
  OCTET_CHECK(groups >= 1 && s.in_c >= 1 && s.in_c % groups == 0, op,
              ": groups: expected a divisor of ", s.in_c, " input channels, got ", groups);
  OCTET_CHECK(s.out_c >= 1 && s.out_c % groups == 0, op, ": w: expected a multiple of ", groups,
              " output channels, got ", w);
  const Shape expected{s.out_c, window.kernel_h, window.kernel_w, s.in_c / groups};
  OCTET_CHECK(w == expected, op, ": w: expected ", expected, " for x ", x, " and ",
              window.to_string(), ", groups=", groups, ", got ", w);
  std::tie(s.out_h, s.out_w) = window.output_size(s.in_h, s.in_w, op);
  set_window(s, window);
  OCTET_CHECK(s.weights_per_channel() <= INT_MAX && s.in_c <= INT_MAX && s.out_c <= INT_MAX, op,
              ": w: too large: ", w);
  return s;
}

void conv_forward(Context& ctx, const ConvShape& s, const real* x, const real* w, const real* bias,
                  real* y) {
  auto* run = is_depthwise(s) ? depthwise_forward : direct_forward(ctx.isa, s);
  (run ? run : dense_forward)(ctx, s, x, w, bias, y);
}

}  // namespace octet
