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

constexpr SumsKernels sums_avx512 = kernels;

}  // namespace octet::quant
#endif
