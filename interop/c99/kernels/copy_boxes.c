#include "interop/c99/kernels/base.c"

enum { box_dims = 6 };

/* Runs of bytes, at all combinations of steps: size[d] of them, in[d] and out[d] bytes apart. */
struct box {
  int32_t from, to, run, size[box_dims], in[box_dims], out[box_dims];
};

static void copy_boxes(const struct box* box, int32_t boxes, const int8_t* x, int8_t* y) {
  for (; boxes > 0; --boxes, ++box) {
    int32_t at[box_dims] = {0}, in = box->from, out = box->to, d;
    do {
      if (box->run == 1) {
        y[out] = x[in];
      } else {
        memcpy(y + out, x + in, (size_t)box->run);
      }
      for (d = box_dims - 1; d >= 0; --d) { /* the next combination */
        in += box->in[d];
        out += box->out[d];
        if (++at[d] < box->size[d]) break;
        in -= box->in[d] * box->size[d];
        out -= box->out[d] * box->size[d];
        at[d] = 0;
      }
    } while (d >= 0);
  }
}
