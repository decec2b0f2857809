#include "quant/observers/observer.h"

#include <algorithm>
#include <cmath>

namespace octet::quant {

std::string_view observer_name(ObserverKind kind) noexcept {
  return kind == ObserverKind::min_max ? "min_max" : "moving_average";
}

ObserverKind parse_observer(std::string_view name) {
  for (ObserverKind k : {ObserverKind::min_max, ObserverKind::moving_average}) {
    if (observer_name(k) == name) return k;
  }
  fail("observer: expected min_max or moving_average, got \"", name, "\"");
}

Observer::Observer(ObserverKind kind, double averaging)
    : kind_(kind), averaging_(averaging), state_(Tensor::zeros({3})) {
  OCTET_CHECK(averaging > 0 && averaging <= 1, "observer: expected averaging in (0, 1], got ",
              averaging);
}

void Observer::observe(double min, double max) {
  OCTET_CHECK(std::isfinite(min) && std::isfinite(max) && min <= max,
              "observer: expected a finite range, got [", min, ", ", max, "]");
  real* s = state_.r();
  const double n = double(s[2]);
  if (n == 0) {
    s[0] = real(min);
    s[1] = real(max);
  } else if (kind_ == ObserverKind::min_max) {
    s[0] = std::min(s[0], real(min));
    s[1] = std::max(s[1], real(max));
  } else {
    const double weight = std::max(averaging_, 1.0 / (n + 1.0));
    s[0] = real(double(s[0]) + weight * (min - double(s[0])));
    s[1] = real(double(s[1]) + weight * (max - double(s[1])));
  }
  s[2] = real(std::min(n + 1.0, 1048576.0));
}

}  // namespace octet::quant
