#include "quant/value.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace octet::quant {

bool Value::seen() const {
  if (fixed || constant) return true;
  if (before_dropout) return before_dropout->seen();
  if (!join) return observer->seen();
  return std::all_of(join->parts.begin(), join->parts.end(),
                     [](const ValuePtr& p) { return p->seen(); });
}

void Value::observe(const Tensor& reals) {
  if (!observed()) return;
  try {
    observer->observe(reals);
  } catch (const Error& e) {
    fail("value ", name, ": ", e.what());
  }
}

void Value::observe(const RealRange& range) {
  if (!observed()) return;
  try {
    observer->observe(range);
  } catch (const Error& e) {
    fail("value ", name, ": ", e.what(), " (training has diverged)");
  }
}

RealRange Value::range() const {
  if (fixed) return fixed_range(*fixed);
  if (before_dropout) return before_dropout->range();
  RealRange r{0, 0};
  if (join) {
    for (const ValuePtr& part : join->parts) {
      const RealRange other = part->range();
      r = {std::min(r.min, other.min), std::max(r.max, other.max)};
    }
    return r;
  }
  if (constant) {
    for (const real v : std::as_const(constant->value).span<real>()) {
      OCTET_CHECK(std::isfinite(v), "constant operand ", name, ": expected finite values, got ", v);
      r = {std::min(r.min, double(v)), std::max(r.max, double(v))};
    }
    return r;
  }
  OCTET_CHECK(observer->seen(), "value ", name, " has no observed range: calibrate first");
  const RealRange seen = observer->range();
  return {std::min(0.0, seen.min), std::max(0.0, seen.max)};
}

RealRange fixed_range(QuantParams params) {
  const double scale = double(params.scale);
  return {scale * (-128 - params.zero_point), scale * (127 - params.zero_point)};
}

namespace {

/// From the value's own range, no scale below its least one.
QuantParams own_params(const Value& v) {
  const RealRange r = v.range();
  try {
    const QuantParams params = v.fixed      ? *v.fixed
                               : v.constant ? constant_params(r.min, r.max)
                                            : activation_params(r.min, r.max);
    if (params.scale >= v.least_scale) return params;
    return activation_params(0.0, 255.0 * double(v.least_scale));
  } catch (const Error& e) {
    fail("layer ", v.name, ": ", e.what(), " (training has diverged)");
  }
}

}  // namespace

void settle_params(const std::vector<ValuePtr>& values, bool training) {
  for (const ValuePtr& v : values) {
    if (!v->join) continue;
    for (std::size_t i = 0; i < v->join->parts.size(); ++i) {
      if (v->join->is_cut(i)) continue;
      v->least_scale = std::max(v->least_scale, v->join->parts[i]->least_scale);
    }
  }
  for (const ValuePtr& v : values) {
    v->params = own_params(*v);
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
      if (v->join->parts[i]->constant) continue;  // quantized with whatever params the whole has
      if (4 * v->join->parts[i]->range().width() < width) v->join->cut.r()[i] = 1;
    }
  }
}

}  // namespace octet::quant
