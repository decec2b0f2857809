#include "quant/value.h"

#include <cmath>

namespace octet::quant {

void Value::observe(double min, double max) {
  if (fixed) return;
  OCTET_CHECK(std::isfinite(min) && std::isfinite(max), "value ", name,
              ": observed a range that is not finite: [", min, ", ", max,
              "] (training has diverged)");
  observer.observe(min, max);
}

}  // namespace octet::quant
