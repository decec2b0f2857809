#include "quant/kernels/requantize_pass.h"

#include <algorithm>
#include <limits>

namespace octet::quant {

RequantizePass::RequantizePass(Pool& pool, const Folded& folded, const RequantizeTarget& target,
                               std::int64_t tiles)
    : wide_(static_cast<std::int64_t>(folded.bias.size())),
      target_(target),
      kernel_(requantize_kernel(target.isa, target.rounding)),
      min_(pool),
      max_(pool) {
  PoolVector<std::int32_t> m(folded.multiplier.size(), pool), shift(m.size(), pool);
  for (std::size_t c = 0; c < m.size(); ++c) {
    m[c] = folded.multiplier[c].m;
    shift[c] = folded.multiplier[c].shift;
  }
  const auto repeated = [&]<class T>(const PoolVector<T>& v) {
    return v.empty() ? v : wide_.repeated(pool, std::span<const T>(v));
  };
  bias_ = repeated(folded.bias);
  multiplier_ = repeated(m);
  shift_ = repeated(shift);
  factor_ = repeated(folded.factor);
  if (std::ranges::any_of(folded.sign, [](std::int32_t s) { return s != 1; })) {
    sign_ = repeated(folded.sign);
  }
  if (!target.range) return;
  min_.assign(static_cast<std::size_t>(tiles * wide_.width),
              std::numeric_limits<std::int32_t>::max());
  max_.assign(min_.size(), std::numeric_limits<std::int32_t>::min());
}

void RequantizePass::run(std::int64_t tile, const std::int32_t* acc, std::int64_t rows,
                         std::int8_t* codes, std::uint8_t* mask) noexcept {
  RequantizeSpan s{};
  s.width = wide_.width;
  s.sign = sign_.empty() ? nullptr : sign_.data();
  s.bias = bias_.data();
  s.multiplier = multiplier_.data();
  s.shift = shift_.data();
  s.factor = factor_.data();
  s.zero_point = target_.zero_point;
  s.lo = target_.lo;
  s.hi = target_.hi;
  s.mask_lo = target_.lo + (target_.open_lower ? 1 : 0);
  if (target_.range) {
    s.min = min_.data() + tile * wide_.width;
    s.max = max_.data() + tile * wide_.width;
  }
  const std::int64_t step = wide_.rows_per_call() * wide_.channels;
  for (std::int64_t i = 0, n = rows * wide_.channels; i < n; i += step) {
    s.acc = acc + i;
    s.n = std::min(step, n - i);
    s.codes = codes + i;
    s.mask = target_.mask ? mask + i / 8 : nullptr;
    kernel_(s);
  }
}

void RequantizePass::range(std::span<std::int32_t> min, std::span<std::int32_t> max) const {
  std::ranges::fill(min, std::numeric_limits<std::int32_t>::max());
  std::ranges::fill(max, std::numeric_limits<std::int32_t>::min());
  for (std::size_t i = 0; i < min_.size(); ++i) {
    const std::size_t c = i % min.size();
    min[c] = std::min(min[c], min_[i]);
    max[c] = std::max(max[c], max_[i]);
  }
}

RealRange RequantizePass::real_range(Pool& pool, float input_scale,
                                     std::span<const float> scale) const {
  PoolVector<std::int32_t> min(scale.size(), pool), max(scale.size(), pool);
  range(min, max);
  RealRange r;
  for (std::size_t c = 0; c < min.size(); ++c) {
    const double unit = double(input_scale) * double(scale[c]);
    r.min = std::min(r.min, unit * min[c]);
    r.max = std::max(r.max, unit * max[c]);
  }
  return r;
}

}  // namespace octet::quant
