// Vectors for bodies that are compiled for several instruction sets (base/simd/simd.h), of the
// lanes that the target's registers have: the compiler keeps longer ones in memory. Operations are
// those of the single lanes.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/simd/simd.h"

namespace octet {

/// The types of vectors of n lanes.
template <int n>
struct Lanes {
  static constexpr std::int64_t count = n;
  typedef float Floats __attribute__((vector_size(n * 4)));
  typedef std::int32_t Ints __attribute__((vector_size(n * 4)));
  typedef std::int8_t Codes __attribute__((vector_size(n)));
};

/// Defines Dispatch `name` of functions void(Args a) that call body(Lanes<n>{}, a).
#define OCTET_LANES_FUNCTION(name, body, Args)                                               \
  OCTET_SIMD_CHOICE(name, Args, body(::octet::Lanes<16>{}, a), body(::octet::Lanes<8>{}, a), \
                    body(::octet::Lanes<8>{}, a))

template <class V>
OCTET_INLINE void load(V& v, const void* p) {
  std::memcpy(&v, p, sizeof(V));
}
template <class V>
OCTET_INLINE void store(const V& v, void* p) {
  std::memcpy(p, &v, sizeof(V));
}
/// The first n lanes if `part`, the others are zero; else all.
template <bool part, class V>
OCTET_INLINE void load_if(V& v, const void* p, std::int64_t n) {
  if constexpr (part) {
    v = V{};
    std::memcpy(&v, p, static_cast<std::size_t>(n) * sizeof(v[0]));
  } else {
    load(v, p);
  }
}
template <bool part, class V>
OCTET_INLINE void store_if(const V& v, void* p, std::int64_t n) {
  if constexpr (part) {
    std::memcpy(p, &v, static_cast<std::size_t>(n) * sizeof(v[0]));
  } else {
    store(v, p);
  }
}
/// The bits of the first n lanes' bytes.
template <int lanes>
OCTET_INLINE std::uint32_t load_bits(Lanes<lanes>, const std::uint8_t* p, std::int64_t n) {
  if constexpr (lanes == 8) return *p;
  std::uint16_t bits = 0;
  std::memcpy(&bits, p, n > 8 ? 2 : 1);
  return bits;
}

/// The low bytes.
template <int n>
OCTET_INLINE void narrow(Lanes<n>, const typename Lanes<n>::Ints& v,
                         typename Lanes<n>::Codes& codes) {
  using Codes = typename Lanes<n>::Codes;
  if constexpr (n == 16) {
    codes = __builtin_convertvector(v, Codes);
  } else {  // in one step GCC takes the lanes apart
    typedef std::int16_t Shorts __attribute__((vector_size(n * 2)));
    codes = __builtin_convertvector(__builtin_convertvector(v, Shorts), Codes);
  }
}

/// Zero where `keep` is 0; the same value where it is -1.
template <class Floats, class Ints>
OCTET_INLINE void keep_lanes(Floats& v, const Ints& keep) {
  Ints bits;
  std::memcpy(&bits, &v, sizeof v);
  bits &= keep;
  std::memcpy(&v, &bits, sizeof v);
}
/// Zero where the lane's bit is 0.
template <int n>
OCTET_INLINE void keep_bits(Lanes<n>, typename Lanes<n>::Floats& v, std::uint32_t bits) {
  using Ints = typename Lanes<n>::Ints;
  const Ints all = Ints{} + static_cast<std::int32_t>(bits);
  if constexpr (n == 16) {
    const Ints lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    keep_lanes(v, -((all >> lane) & 1));
  } else {
    static_assert(n == 8);
    const Ints bit = {1, 2, 4, 8, 16, 32, 64, 128};
    keep_lanes(v, (all & bit) == bit);
  }
}

}  // namespace octet
