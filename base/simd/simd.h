// Choice of float kernels by instruction set. A function body is written once and compiled for
// several targets; contraction is off, so every target gives the same bits.
#pragma once

#include "base/simd/isa.h"

namespace octet {

/// What there are float kernels for.
enum class Simd { portable, avx2, avx512, neon };

/// Those that `isa` implies.
constexpr Simd simd_of(Isa isa) noexcept {
  switch (isa) {
    case Isa::avx2:
    case Isa::avx_vnni:
      return Simd::avx2;
    case Isa::avx512:
    case Isa::avx512_vnni:
    case Isa::amx_int8:
      return Simd::avx512;
    case Isa::neon_dot:
      return Simd::neon;
    case Isa::portable:
      break;
  }
  return Simd::portable;
}

/// Kernels of a kind by Simd, of which an ISA that the machine has chooses one: once a pass, not a
/// value.
template <class Kernel>
struct Dispatch {
  Kernel by_simd[4];

  constexpr const Kernel& operator()(Isa isa) const noexcept {
    return by_simd[static_cast<int>(simd_of(isa))];
  }
};

}  // namespace octet

/// Initializes a Dispatch: `portable`, and what each instruction set's namespace calls `name`
/// (base/simd/each_vec.inc).
#if defined(__x86_64__)
#define OCTET_VEC_DISPATCH(portable, name) \
  { portable, ::octet::avx2::name, ::octet::avx512::name, portable }
#elif defined(__aarch64__)
#define OCTET_VEC_DISPATCH(portable, name) \
  { portable, portable, portable, ::octet::neon::name }
#else
#define OCTET_VEC_DISPATCH(portable, name) \
  { portable, portable, portable, portable }
#endif

#if defined(__x86_64__)
#define OCTET_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define OCTET_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")))
#endif

/// For the bodies and what they call; lambdas inside would not get the target.
#define OCTET_INLINE inline __attribute__((always_inline))

/// Before a loop whose iterations touch different elements, whatever the pointers.
#if defined(__clang__)
#define OCTET_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define OCTET_INDEPENDENT _Pragma("GCC ivdep")
#endif

/// Defines Dispatch `name` of functions void(Args a) that evaluate one of three expressions of `a`,
/// calls of OCTET_INLINE functions, each compiled for its target. The portable one is ARM's, too:
/// its compiler has NEON always.
#if defined(__x86_64__)
#define OCTET_SIMD_CHOICE(name, Args, avx512_call, avx2_call, portable_call) \
  OCTET_TARGET_AVX512 static void name##_avx512(Args a) noexcept {           \
    avx512_call;                                                             \
  }                                                                          \
  OCTET_TARGET_AVX2 static void name##_avx2(Args a) noexcept {               \
    avx2_call;                                                               \
  }                                                                          \
  static void name##_portable(Args a) noexcept {                             \
    portable_call;                                                           \
  }                                                                          \
  static constexpr ::octet::Dispatch<void (*)(Args) noexcept> name{          \
      {name##_portable, name##_avx2, name##_avx512, name##_portable}};
#else
#define OCTET_SIMD_CHOICE(name, Args, avx512_call, avx2_call, portable_call) \
  static void name##_portable(Args a) noexcept {                             \
    portable_call;                                                           \
  }                                                                          \
  static constexpr ::octet::Dispatch<void (*)(Args) noexcept> name{          \
      {name##_portable, name##_portable, name##_portable, name##_portable}};
#endif

/// The same, always body(a).
#define OCTET_SIMD_FUNCTION(name, body, Args) \
  OCTET_SIMD_CHOICE(name, Args, body(a), body(a), body(a))
