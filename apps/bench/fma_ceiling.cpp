#include "apps/bench/fma_ceiling.h"

#include <algorithm>
#include <ctime>

#include "base/simd/cpu.h"
#include "base/simd/simd.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace octet::bench {
namespace {

constexpr long rounds = 200'000;
constexpr int sums = 12;

double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

#if defined(__x86_64__)
OCTET_TARGET_AVX512 float fma_512() {
  __m512 s[sums];
  for (__m512& v : s) v = _mm512_set1_ps(1);
  const __m512 a = _mm512_set1_ps(0.5f);
  for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < sums; ++k) s[k] = _mm512_fmadd_ps(s[k], a, a);
  }
  float total = 0;
  for (const __m512& v : s) total += _mm512_cvtss_f32(v);
  return total;
}
OCTET_TARGET_AVX2 float fma_256() {
  __m256 s[sums];
  for (__m256& v : s) v = _mm256_set1_ps(1);
  const __m256 a = _mm256_set1_ps(0.5f);
  for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < sums; ++k) s[k] = _mm256_fmadd_ps(s[k], a, a);
  }
  float total = 0;
  for (const __m256& v : s) total += _mm256_cvtss_f32(v);
  return total;
}
#endif

// Without known vectors: what the compiler makes of four lanes, a product and a sum.
float multiply_add() {
  typedef float Four __attribute__((vector_size(16)));
  // Nothing that the compiler could compute in advance.
  volatile float unknown = 0.5f;
  const float half = unknown;
  const Four a{half, half, half, half};
  Four s[sums];
  for (int k = 0; k < sums; ++k) s[k] = a * static_cast<float>(k);
  for (long i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < sums; ++k) s[k] = s[k] * a + a;
  }
  float total = 0;
  for (const Four& v : s) total += v[0] + v[1] + v[2] + v[3];
  return total;
}

}  // namespace

double fma_ceiling() {
  float (*run)() = multiply_add;
  int lanes = 4;
#if defined(__x86_64__)
  if (cpu_features().avx512) {
    run = fma_512, lanes = 16;
  } else if (cpu_features().avx2 && cpu_features().fma) {
    run = fma_256, lanes = 8;
  }
#endif
  volatile float keep = 0;
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const double start = thread_seconds();
    keep = run();
    best = std::min(best, thread_seconds() - start);
  }
  static_cast<void>(keep);
  return 2e-9 * static_cast<double>(rounds) * sums * lanes / best;
}

}  // namespace octet::bench
