#include "quant/kernels/sums_kernels.h"

#include <algorithm>

#include "base/simd/simd.h"

#define OCTET_VEC_INC "quant/kernels/sums_kernels.inc"
#include "base/simd/each_vec.inc"

namespace octet::quant {

namespace {

// f(value, column) for every value.
template <class F>
void for_values(std::int64_t n, std::int64_t width, const F& f) {
  for (std::int64_t i = 0; i < n; i += width) {
    const std::int64_t row = std::min(width, n - i);
    for (std::int64_t c = 0; c < row; ++c) f(i + c, c);
  }
}

void moments(const MomentsSpan& s) noexcept {
  for_values(s.n, s.width, [&](std::int64_t i, std::int64_t c) {
    const double acc = s.acc[i];
    s.sum[c] += acc;
    s.square[c] += acc * acc;
  });
}

float masked(const GradientSpan& s, std::int64_t i) {
  return (s.mask[i / 8] >> (i % 8) & 1) != 0 ? s.dy[i] : 0.0f;
}
float normalized(const GradientSpan& s, std::int64_t i, std::int64_t c) {
  return s.scale[c] * static_cast<float>(s.acc[i]) + s.offset[c];
}

void mask(const GradientSpan& s) noexcept {
  for_values(s.n, s.width, [&](std::int64_t i, std::int64_t c) {
    const float g = masked(s, i);
    s.sum[c] += double{g};
    s.out[i] = g;
  });
}

void sums(const GradientSpan& s) noexcept {
  for_values(s.n, s.width, [&](std::int64_t i, std::int64_t c) {
    const float g = masked(s, i), product = g * normalized(s, i, c);
    s.sum[c] += double{g};
    s.sum_u[c] += double{product};
  });
}

void centre(const GradientSpan& s) noexcept {
  for_values(s.n, s.width, [&](std::int64_t i, std::int64_t c) {
    s.out[i] = s.f[c] * (masked(s, i) - s.mean[c] - normalized(s, i, c) * s.mean_u[c]);
  });
}

constexpr SumsKernels portable{moments, mask, sums, centre};

}  // namespace

const SumsKernels& sums_kernels(Isa isa) noexcept {
  static constexpr Dispatch<SumsKernels> kernels{OCTET_VEC_DISPATCH(portable, sums)};
  return kernels(isa);
}

}  // namespace octet::quant
