#ifdef OCTET_SINGLE_ROUNDING
#include "rescale_single.c"
#else
#include "rescale_double.c"
#endif
