#ifdef OCTET_SINGLE_ROUNDING
#include "interop/c99/kernels/bilinear_round_single.c"
#else
#include "interop/c99/kernels/bilinear_round_double.c"
#endif
