// The register blocks of direct convolution with AVX2.
#if defined(__x86_64__)
#include "core/kernels/conv/direct_blocks.h"
#include "core/kernels/lanes_avx2.h"

namespace octet {
namespace {

using namespace avx2;
#include "core/kernels/conv/direct_blocks.inc"

}  // namespace

constexpr DirectKernels direct_avx2 = DirectBlocks<Blocks, lanes>::kernels();

}  // namespace octet
#endif
