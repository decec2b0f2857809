#include "layers/pooling.h"

namespace octet {
namespace {

Window2d make_window(const PoolOptions& o, const char* layer) {
  const Padding2d& p = o.padding;
  OCTET_CHECK(o.kernel.h > 0 && o.kernel.w > 0, layer, ": expected a positive kernel, got ",
              o.kernel.h, " x ", o.kernel.w);
  OCTET_CHECK(o.stride.h >= 0 && o.stride.w >= 0, layer, ": expected a stride >= 0, got ",
              o.stride.h, " x ", o.stride.w);
  OCTET_CHECK(p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0, layer,
              ": expected padding >= 0, got top ", p.top, ", bottom ", p.bottom, ", left ", p.left,
              ", right ", p.right);
  Window2d w;
  w.kernel_h = o.kernel.h;
  w.kernel_w = o.kernel.w;
  w.stride_h = o.stride.h ? o.stride.h : o.kernel.h;
  w.stride_w = o.stride.w ? o.stride.w : o.kernel.w;
  w.padding = p;
  return w;
}

}  // namespace

MaxPool2d::MaxPool2d(const PoolOptions& o) : window_(make_window(o, "MaxPool2d")) {
  OCTET_CHECK(!o.count_include_pad, "MaxPool2d: count_include_pad is for average pooling");
}
AvgPool2d::AvgPool2d(const PoolOptions& o)
    : window_(make_window(o, "AvgPool2d")), count_include_pad_(o.count_include_pad) {}

}  // namespace octet
