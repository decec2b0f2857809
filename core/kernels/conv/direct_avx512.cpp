// The register blocks of direct convolution with AVX-512.
#if defined(__x86_64__)
#include "core/kernels/conv/direct_blocks.h"
#include "core/kernels/lanes_avx512.h"

namespace octet {
namespace {

using namespace avx512;
#include "core/kernels/conv/direct_blocks.inc"

}  // namespace

constexpr DirectKernels direct_avx512 = DirectBlocks<Blocks, lanes>::kernels();

}  // namespace octet
#endif
