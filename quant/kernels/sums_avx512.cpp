// The loops behind channel_sums.h with AVX-512.
#include "quant/kernels/sums_kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "core/kernels/lanes_avx512.h"

namespace octet::quant {

namespace {

using namespace octet::avx512;
#include "quant/kernels/sums_kernels.inc"

}  // namespace

const SumsKernels& sums_avx512() noexcept {
  return kernels;
}

}  // namespace octet::quant
#endif
