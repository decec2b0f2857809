#include "quant/observers/observer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "quant/observers/range_observers.h"

namespace octet::quant {

namespace {

constexpr std::array table{
    ObserverEntry{ObserverKind::moving_average, "moving_average",
                  [](const ObserverOptions& o) -> ObserverPtr {
                    return std::make_unique<MovingAverageObserver>(o.averaging);
                  }},
    ObserverEntry{
        ObserverKind::min_max, "min_max",
        [](const ObserverOptions&) -> ObserverPtr { return std::make_unique<MinMaxObserver>(); }},
};

const ObserverEntry& entry(ObserverKind kind) noexcept {
  return *std::ranges::find(table, kind, &ObserverEntry::kind);
}

}  // namespace

void Observer::observe(const Tensor& reals) {
  observe(range_of(reals));
}

RealRange range_of(const Tensor& reals) {
  real min = std::numeric_limits<real>::max(), max = std::numeric_limits<real>::lowest();
  for (const real v : reals.span<real>()) {
    OCTET_CHECK(std::isfinite(v), "observed a value that is not finite: ", v);
    min = std::min(min, v);
    max = std::max(max, v);
  }
  return {double(min), double(max)};
}

std::span<const ObserverEntry> observers() noexcept {
  return table;
}

std::string_view observer_name(ObserverKind kind) noexcept {
  return entry(kind).name;
}

ObserverKind parse_observer(std::string_view name) {
  std::string known;
  for (const ObserverEntry& e : table) {
    if (e.name == name) return e.kind;
    known += (known.empty() ? "" : " or ") + std::string(e.name);
  }
  fail("observer: expected ", known, ", got \"", name, "\"");
}

ObserverPtr make_observer(ObserverKind kind, const ObserverOptions& options) {
  return entry(kind).make(options);
}

}  // namespace octet::quant
