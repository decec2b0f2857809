#include "quant/value.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace octet::quant {

bool Value::seen() const {
  if (fixed) return true;
  if (before_dropout) return before_dropout->seen();
  if (!join) return observer.seen();
  return std::all_of(join->parts.begin(), join->parts.end(),
                     [](const ValuePtr& p) { return p->seen(); });
}

void Value::observe(double min, double max) {
  if (!observed()) return;
  OCTET_CHECK(std::isfinite(min) && std::isfinite(max), "value ", name,
              ": observed a range that is not finite: [", min, ", ", max,
              "] (training has diverged)");
  observer.observe(min, max);
}

Value::Range Value::range() const {
  if (fixed) {
    const double scale = double(fixed->scale);
    return {scale * (-128 - fixed->zero_point), scale * (127 - fixed->zero_point)};
  }
  if (before_dropout) return before_dropout->range();
  Range r{0, 0};
  if (join) {
    for (const ValuePtr& part : join->parts) {
      const Range other = part->range();
      r = {std::min(r.min, other.min), std::max(r.max, other.max)};
    }
    return r;
  }
  OCTET_CHECK(observer.seen(), "value ", name, " has no observed range: calibrate first");
  return {std::min(0.0, observer.min()), std::max(0.0, observer.max())};
}

void settle_params(const std::vector<ValuePtr>& values, const std::vector<float>& least_scale,
                   bool training) {
  std::map<const Value*, float> least;
  for (std::size_t i = 0; i < values.size(); ++i) least[values[i].get()] = least_scale[i];
  for (const ValuePtr& v : values) {
    if (!v->join) continue;
    for (std::size_t i = 0; i < v->join->parts.size(); ++i) {
      if (v->join->is_cut(i)) continue;
      least[v.get()] = std::max(least[v.get()], least[v->join->parts[i].get()]);
    }
  }
  for (const ValuePtr& v : values) {
    const Value::Range r = v->range();
    v->params = v->fixed ? *v->fixed : activation_params(r.min, r.max);
    const float floor = least[v.get()];
    if (v->params.scale < floor) v->params = activation_params(0.0, 255.0 * double(floor));
  }
  for (auto v = values.rbegin(); v != values.rend(); ++v) {
    if (!(*v)->join) continue;
    const Join& join = *(*v)->join;
    for (std::size_t i = 0; i < join.parts.size(); ++i) {
      if (!join.is_cut(i)) join.parts[i]->params = (*v)->params;
    }
  }
  for (const ValuePtr& v : values) {
    if (!v->before_dropout) continue;
    v->params = v->before_dropout->params;
    if (training) v->params.scale = static_cast<float>(double(v->params.scale) / v->keep);
  }
}

void cut_narrow_parts(const std::vector<ValuePtr>& values) {
  for (const ValuePtr& v : values) {
    if (!v->join) continue;
    const double width = v->range().width();
    for (std::size_t i = 0; i < v->join->parts.size(); ++i) {
      if (4 * v->join->parts[i]->range().width() < width) v->join->cut.r()[i] = 1;
    }
  }
}

}  // namespace octet::quant
