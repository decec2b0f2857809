#if defined(OCTET_MVE)
#include "dot_mve.c"
#elif defined(OCTET_DSP)
#include "dot_dsp.c"
#else
#include "dot_plain.c"
#endif
