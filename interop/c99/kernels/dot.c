#if defined(OCTET_MVE)
#include "interop/c99/kernels/dot_mve.c"
#elif defined(OCTET_DSP)
#include "interop/c99/kernels/dot_dsp.c"
#else
#include "interop/c99/kernels/dot_plain.c"
#endif
