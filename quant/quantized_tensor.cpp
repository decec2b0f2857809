#include "quant/quantized_tensor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/communicator.h"

namespace octet::quant {

bool QuantizedTensor::seen() const {
  if (fixed || constant) return true;
  if (before_dropout) return before_dropout->seen();
  if (!shared) return observer->seen();
  return std::all_of(shared->parts.begin(), shared->parts.end(),
                     [](const QuantizedTensorPtr& p) { return p->seen(); });
}

namespace {

/// The range of all members' values.
RealRange batch_range(Context& ctx, const RealRange& share) {
  if (!ctx.communicator) return share;
  std::array ends{-share.min, share.max};
  ctx.communicator->max(ends);
  return {-ends[0], ends[1]};
}

}  // namespace

void QuantizedTensor::observe(Context& ctx, const Tensor& reals) {
  if (!observed()) return;
  try {
    if (ctx.communicator) {
      observer->observe(batch_range(ctx, range_of(reals)));
    } else {
      observer->observe(reals);
    }
  } catch (const Error& e) {
    fail("value ", name, ": ", e.what());
  }
}

void QuantizedTensor::observe(Context& ctx, const RealRange& range) {
  if (!observed()) return;
  try {
    observer->observe(batch_range(ctx, range));
  } catch (const Error& e) {
    fail("value ", name, ": ", e.what(), " (training has diverged)");
  }
}

RealRange QuantizedTensor::range() const {
  if (fixed) return fixed_range(*fixed);
  if (before_dropout) return before_dropout->range();
  RealRange r{0, 0};
  if (shared) {
    for (const QuantizedTensorPtr& part : shared->parts) {
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
QuantParams own_params(const QuantizedTensor& v) {
  const RealRange r = v.range();
  try {
    const QuantParams params = v.fixed      ? *v.fixed
                               : v.constant ? constant_params(r.min, r.max, v.spec)
                                            : activation_params(r.min, r.max, v.spec);
    if (params.scale >= v.min_scale) return params;
    return {v.min_scale, v.spec.symmetric ? 0 : v.spec.lowest()};
  } catch (const Error& e) {
    fail("layer ", v.name, ": ", e.what(), " (training has diverged)");
  }
}

}  // namespace

void compute_params(const std::vector<QuantizedTensorPtr>& values, bool training) {
  for (const QuantizedTensorPtr& v : values) {
    if (!v->shared) continue;
    for (std::size_t i = 0; i < v->shared->parts.size(); ++i) {
      if (v->shared->is_requantized(i)) continue;
      v->min_scale = std::max(v->min_scale, v->shared->parts[i]->min_scale);
    }
  }
  for (const QuantizedTensorPtr& v : values) {
    v->params = own_params(*v);
  }
  for (auto v = values.rbegin(); v != values.rend(); ++v) {
    if (!(*v)->shared) continue;
    const SharedParams& shared = *(*v)->shared;
    for (std::size_t i = 0; i < shared.parts.size(); ++i) {
      if (!shared.is_requantized(i)) shared.parts[i]->params = (*v)->params;
    }
  }
  for (const QuantizedTensorPtr& v : values) {
    if (!v->before_dropout) continue;
    v->params = v->before_dropout->params;
    if (training) v->params.scale = static_cast<float>(double(v->params.scale) / v->keep);
  }
}

void requantize_narrow_parts(const std::vector<QuantizedTensorPtr>& values) {
  for (const QuantizedTensorPtr& v : values) {
    if (!v->shared) continue;
    const double width = v->range().width();
    for (std::size_t i = 0; i < v->shared->parts.size(); ++i) {
      if (v->shared->parts[i]->constant) continue;  // quantized with whatever params the whole has
      if (4 * v->shared->parts[i]->range().width() < width) v->shared->requantized.r()[i] = 1;
    }
  }
}

}  // namespace octet::quant
