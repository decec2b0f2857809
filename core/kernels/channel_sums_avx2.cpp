// Sums over channels with AVX2.
#include "core/kernels/channel_passes.h"

#if defined(__x86_64__) && !defined(OCTET_REAL_DOUBLE)
#include <algorithm>

#include "core/kernels/lanes_avx2.h"

namespace octet {
namespace {

using namespace avx2;
#include "core/kernels/channel_sums.inc"

}  // namespace

constexpr ChannelSumsKernels channel_sums_avx2 = kernels;

}  // namespace octet
#endif
