#ifdef OCTET_SINGLE_ROUNDING
#include "bilinear_round_single.c"
#else
#include "bilinear_round_double.c"
#endif
