// Depthwise rows with AVX2.
#include "core/kernels/conv/depthwise_fused.h"

#if defined(__x86_64__) && !defined(OCTET_REAL_DOUBLE)
#include <algorithm>

#include "core/kernels/lanes_avx2.h"

namespace octet {
namespace {

using namespace avx2;
#include "core/kernels/conv/depthwise_fused.inc"

}  // namespace

void depthwise_row_avx2(const DepthwiseRow& row) noexcept {
  fused_row(row);
}
void depthwise_weights_row_avx2(const DepthwiseWeightsRow& row) noexcept {
  fused_weights_row(row);
}

}  // namespace octet
#endif
