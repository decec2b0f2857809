#include "interop/c99/kernels/bilinear_round.c"

/* An output row or column: weights, which add up to 1024, of two of the input. */
struct tap {
  int32_t lo, hi, weight_lo, weight_hi;
};

/* RESIZE_BILINEAR of an image [h][w][channels] of width in_w. */
static void bilinear(const struct tap* rows, int32_t out_h, const struct tap* columns,
                     int32_t out_w, int32_t in_w, int32_t channels, const int8_t* x, int8_t* y) {
  int32_t oy, ox, c;
  for (oy = 0; oy < out_h; ++oy) {
    const struct tap* v = rows + oy;
    const int8_t *top = x + v->lo * in_w * channels, *bottom = x + v->hi * in_w * channels;
    for (ox = 0; ox < out_w; ++ox) {
      const struct tap* h = columns + ox;
      const int32_t left = h->lo * channels, right = h->hi * channels;
      const int32_t w00 = v->weight_lo * h->weight_lo, w01 = v->weight_lo * h->weight_hi;
      const int32_t w10 = v->weight_hi * h->weight_lo, w11 = v->weight_hi * h->weight_hi;
      for (c = 0; c < channels; ++c) {
        *y++ = bilinear_round(w00 * top[left + c] + w01 * top[right + c] + w10 * bottom[left + c] +
                              w11 * bottom[right + c]);
      }
    }
  }
}
