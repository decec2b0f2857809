// Sixteen lanes at once, for bodies that are compiled for several instruction sets (core/simd.h):
// the compiler cuts them to the target's registers. Operations are those of the single lanes.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/simd.h"

namespace octet::quant {

inline constexpr std::int64_t lanes = 16;
typedef float Floats __attribute__((vector_size(64)));
typedef std::int32_t Ints __attribute__((vector_size(64)));
typedef double EightDoubles __attribute__((vector_size(64)));
typedef std::int8_t Codes __attribute__((vector_size(16)));

template <class V>
OCTET_INLINE void load(V& v, const void* p) {
  std::memcpy(&v, p, sizeof(V));
}
template <class V>
OCTET_INLINE void store(const V& v, void* p) {
  std::memcpy(p, &v, sizeof(V));
}
/// The first n lanes; the others are zero.
template <class V>
OCTET_INLINE void load_part(V& v, const void* p, std::int64_t n) {
  v = V{};
  std::memcpy(&v, p, static_cast<std::size_t>(n) * sizeof(V) / lanes);
}
template <class V>
OCTET_INLINE void store_part(const V& v, void* p, std::int64_t n) {
  std::memcpy(p, &v, static_cast<std::size_t>(n) * sizeof(V) / lanes);
}
/// n < 16 lanes if `part`, else all.
template <bool part, class V>
OCTET_INLINE void load_if(V& v, const void* p, std::int64_t n) {
  if constexpr (part) {
    load_part(v, p, n);
  } else {
    load(v, p);
  }
}
template <bool part, class V>
OCTET_INLINE void store_if(const V& v, void* p, std::int64_t n) {
  if constexpr (part) {
    store_part(v, p, n);
  } else {
    store(v, p);
  }
}

/// Sixteen doubles, in two halves: longer vectors than the registers would live in memory.
struct Doubles {
  EightDoubles lo = {}, hi = {};
};
OCTET_INLINE void load(Doubles& v, const double* p) {
  load(v.lo, p);
  load(v.hi, p + 8);
}
OCTET_INLINE void store(const Doubles& v, double* p) {
  store(v.lo, p);
  store(v.hi, p + 8);
}
/// From Floats or Ints.
template <class V>
OCTET_INLINE void widen(const V& v, Doubles& d) {
  d.lo =
      __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), EightDoubles);
  d.hi = __builtin_convertvector(__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15),
                                 EightDoubles);
}
template <class V>
OCTET_INLINE void add_widened(const V& v, Doubles& sum) {
  Doubles d;
  widen(v, d);
  sum.lo += d.lo;
  sum.hi += d.hi;
}

/// Zero where `keep` is 0; the same value where it is -1.
OCTET_INLINE void keep_lanes(Floats& v, const Ints& keep) {
  Ints bits;
  std::memcpy(&bits, &v, sizeof v);
  bits &= keep;
  std::memcpy(&v, &bits, sizeof v);
}
/// Zero where the lane's bit is 0.
OCTET_INLINE void keep_bits(Floats& v, std::uint32_t bits) {
  const Ints lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Ints bit = ((Ints{} + static_cast<std::int32_t>(bits)) >> lane) & 1;
  keep_lanes(v, -bit);
}

}  // namespace octet::quant
