#include "quant/observers/range_observers.h"

#include <algorithm>
#include <cmath>

namespace octet::quant {

namespace {

void check_finite(const RealRange& range) {
  OCTET_CHECK(std::isfinite(range.min) && std::isfinite(range.max) && range.min <= range.max,
              "observed a range that is not finite: [", range.min, ", ", range.max, "]");
}

}  // namespace

void RangeObserver::start(const RealRange& range) {
  check_finite(range);
  real* s = state_.r();
  s[0] = real(range.min);
  s[1] = real(range.max);
  s[2] = real(most_batches);
}

void RangeObserver::observe(const RealRange& range) {
  check_finite(range);
  real* s = state_.r();
  const double n = double(s[2]);
  const RealRange now = n == 0 ? range : joined(this->range(), range, n);
  s[0] = real(now.min);
  s[1] = real(now.max);
  s[2] = real(std::min(n + 1.0, most_batches));
}

RealRange MinMaxObserver::joined(const RealRange& known, const RealRange& batch, double) const {
  return {std::min(known.min, batch.min), std::max(known.max, batch.max)};
}

MovingAverageObserver::MovingAverageObserver(double averaging) : averaging_(averaging) {
  OCTET_CHECK(averaging > 0 && averaging <= 1, "observer: expected averaging in (0, 1], got ",
              averaging);
}

RealRange MovingAverageObserver::joined(const RealRange& known, const RealRange& batch,
                                        double batches) const {
  const double weight = std::max(averaging_, 1.0 / (batches + 1.0));
  return {known.min + weight * (batch.min - known.min),
          known.max + weight * (batch.max - known.max)};
}

}  // namespace octet::quant
