#include "interop/c99/kernels/clamp.c"
#include "interop/c99/kernels/rescale.c"

struct prelu {
  int32_t z_in, z_alpha, z_out, m_positive, shift_positive, m_negative, shift_negative;
};

/* PRELU of n codes; operands are dx and da (1 or 0) codes apart. y may be x. */
static void prelu(const struct prelu* p, const int8_t* x, int32_t dx, const int8_t* alpha,
                  int32_t da, int8_t* y, int32_t n) {
  int32_t i;
  for (i = 0; i < n; ++i, x += dx, alpha += da) {
    const int32_t v = *x - p->z_in;
    const int32_t scaled =
        v >= 0 ? rescale(v, p->m_positive, p->shift_positive)
               : rescale(v * (*alpha - p->z_alpha), p->m_negative, p->shift_negative);
    y[i] = clamp(scaled + p->z_out, -128, 127);
  }
}
