#include "interop/c99/kernels/requantize.c"

/* Images [h][w][c]; what lies outside counts as the code input_zero_point. */
struct window {
  int32_t in_h, in_w, in_c, out_h, out_w, out_c;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  int32_t input_zero_point;
  const int8_t* weights;
  struct requantize out;
};
