#ifdef OCTET_SINGLE_ROUNDING
#include "interop/c99/kernels/rescale_single.c"
#else
#include "interop/c99/kernels/rescale_double.c"
#endif
