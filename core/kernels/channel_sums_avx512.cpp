// Sums over channels with AVX-512.
#include "core/kernels/channel_passes.h"

#if defined(__x86_64__) && !defined(OCTET_REAL_DOUBLE)
#include <algorithm>

#include "core/kernels/lanes_avx512.h"

namespace octet {
namespace {

using namespace avx512;
#include "core/kernels/channel_sums.inc"

}  // namespace

constexpr ChannelSumsKernels channel_sums_avx512 = kernels;

}  // namespace octet
#endif
