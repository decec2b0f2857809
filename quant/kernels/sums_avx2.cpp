// The loops behind channel_sums.h with AVX2.
#include "quant/kernels/sums_kernels.h"

#if defined(__x86_64__)
#include <algorithm>

#include "core/kernels/lanes_avx2.h"

namespace octet::quant {

namespace {

using namespace octet::avx2;
#include "quant/kernels/sums_kernels.inc"

}  // namespace

constexpr SumsKernels sums_avx2 = kernels;

}  // namespace octet::quant
#endif
