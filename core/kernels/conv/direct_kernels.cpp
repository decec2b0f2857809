#include "core/kernels/conv/direct_kernels.h"

#include "base/simd/simd.h"
#include "core/kernels/conv/direct_blocks.h"

#ifndef OCTET_REAL_DOUBLE
#define OCTET_VEC_INC "core/kernels/conv/direct_blocks.inc"
#include "base/simd/each_vec.inc"

namespace octet {

const DirectKernels* direct_kernels(Isa isa) noexcept {
  static constexpr Dispatch<DirectKernels> kernels{OCTET_VEC_DISPATCH(DirectKernels{}, direct)};
  const DirectKernels& k = kernels(isa);
  return k.forward ? &k : nullptr;
}

}  // namespace octet
#endif
