#include "quant/qops/sums_kernels.h"

#include "core/simd.h"

namespace octet::quant {

namespace {

void moments(const MomentsSpan& s) noexcept {
  for (std::int64_t i = 0; i < s.n; ++i) {
    const double acc = s.acc[i];
    s.sum[i % s.width] += acc;
    s.square[i % s.width] += acc * acc;
  }
}

float masked(const GradientSpan& s, std::int64_t i) {
  return (s.mask[i / 8] >> (i % 8) & 1) != 0 ? s.dy[i] : 0.0f;
}
float normalized(const GradientSpan& s, std::int64_t i) {
  return s.scale[i % s.width] * static_cast<float>(s.acc[i]) + s.offset[i % s.width];
}

void mask(const GradientSpan& s) noexcept {
  for (std::int64_t i = 0; i < s.n; ++i) {
    const float g = masked(s, i);
    s.sum[i % s.width] += double{g};
    s.out[i] = g;
  }
}

void sums(const GradientSpan& s) noexcept {
  for (std::int64_t i = 0; i < s.n; ++i) {
    const float g = masked(s, i), product = g * normalized(s, i);
    s.sum[i % s.width] += double{g};
    s.sum_u[i % s.width] += double{product};
  }
}

void centre(const GradientSpan& s) noexcept {
  for (std::int64_t i = 0; i < s.n; ++i) {
    const std::int64_t c = i % s.width;
    s.out[i] = s.f[c] * (masked(s, i) - s.mean[c] - normalized(s, i) * s.mean_u[c]);
  }
}

constexpr SumsKernels portable{moments, mask, sums, centre};

}  // namespace

const SumsKernels& sums_kernels() noexcept {
#if defined(__x86_64__)
  if (simd_level() == Simd::avx512) return sums_avx512();
  if (simd_level() == Simd::avx2) return sums_avx2();
#endif
  return portable;
}

}  // namespace octet::quant
