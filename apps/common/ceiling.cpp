#include "apps/common/ceiling.h"

#include <time.h>

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace octet::app {
namespace {

constexpr int repetitions = 20000;
constexpr int chains = 12;  // independent accumulators: more than latency over throughput

// A function that executes `instruction` (%0 the accumulator, %1 and %2 the factors)
// chains * repetitions times. REG is the constraint of the vectors' registers.
#define OCTET_PEAK_LOOP(name, features, Vector, REG, instruction, ...)        \
  __attribute__((target(features))) void name() {                             \
    Vector acc[chains] = {};                                                  \
    const Vector a = {}, b = {};                                              \
    for (int i = 0; i < repetitions; ++i) {                                   \
      asm volatile("" ::: "memory");                                          \
      _Pragma("GCC unroll 12") for (int k = 0; k < chains; ++k) asm volatile( \
          instruction : "+" REG(acc[k]) : REG(a), REG(b) : __VA_ARGS__);      \
    }                                                                         \
  }

#if defined(__x86_64__)
OCTET_PEAK_LOOP(run_avx512_vnni, "avx512f,avx512vnni", __m512i, "v", "vpdpbusd %2, %1, %0")
OCTET_PEAK_LOOP(run_avx_vnni, "avx2", __m256i, "x", "%{vex%} vpdpbusd %2, %1, %0")
OCTET_PEAK_LOOP(run_avx2, "avx2", __m256i, "x",
                "vpmaddwd %2, %1, %%ymm15\n\tvpaddd %%ymm15, %0, %0", "xmm15")
#elif defined(__aarch64__)
OCTET_PEAK_LOOP(run_neon_dot, "arch=armv8.2-a+dotprod", int32x4_t, "w",
                "sdot %0.4s, %1.16b, %2.16b")
#endif

#if defined(__x86_64__)
// Four tiles of accumulators hide the latency. The system has been asked for the tile registers:
// the instruction set is one of available_isas().
__attribute__((target("amx-tile,amx-int8"))) void run_amx_int8() {
  static constexpr struct alignas(64) {  // in memory: the intrinsic names its first word only
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16};
  } configuration;
  _tile_loadconfig(&configuration);
  for (int i = 0; i < repetitions * chains / 4; ++i) {
    _tile_dpbusd(0, 4, 5);
    _tile_dpbusd(1, 4, 5);
    _tile_dpbusd(2, 4, 5);
    _tile_dpbusd(3, 4, 5);
  }
  _tile_release();
}
#endif

struct Peak {
  void (*run)() = nullptr;
  int macs = 0;  ///< of one instruction
};

Peak peak_of(int8::Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case int8::Isa::amx_int8:
      return {run_amx_int8, 16 * 16 * 64};
    case int8::Isa::avx512_vnni:
      return {run_avx512_vnni, 64};
    case int8::Isa::avx_vnni:
      return {run_avx_vnni, 32};
    case int8::Isa::avx512:
    case int8::Isa::avx2:
      return {run_avx2, 16};
#elif defined(__aarch64__)
    case int8::Isa::neon_dot:
      return {run_neon_dot, 16};
#endif
    default:
      return {};
  }
}

/// CPU time of this thread: other work on the machine does not count.
double seconds_now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

double peak_macs_per_second(int8::Isa isa) {
  const Peak peak = peak_of(isa);
  if (peak.run == nullptr) return 0;
  double best = 1;
  for (int i = 0; i < 200; ++i) {
    const double start = seconds_now();
    peak.run();
    best = std::min(best, seconds_now() - start);
  }
  return static_cast<double>(repetitions) * chains * peak.macs / best;
}

}  // namespace octet::app
