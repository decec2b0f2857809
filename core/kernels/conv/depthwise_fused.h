// Depthwise rows with fused multiply-add, for each instruction set that has it: floats only. Not
// for users of the library.
#pragma once

#include "core/kernels/conv/depthwise_rows.h"

namespace octet {

#if defined(__x86_64__) && !defined(OCTET_REAL_DOUBLE)
void depthwise_row_avx2(const DepthwiseRow& row) noexcept;
void depthwise_weights_row_avx2(const DepthwiseWeightsRow& row) noexcept;
void depthwise_row_avx512(const DepthwiseRow& row) noexcept;
void depthwise_weights_row_avx512(const DepthwiseWeightsRow& row) noexcept;
#endif

}  // namespace octet
