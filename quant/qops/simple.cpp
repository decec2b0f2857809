// QReshapeOp, QPadOp and QClampOp.
#include "quant/qops/simple.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "quant/int8/activation_range.h"
#include "quant/int8/multipliers.h"
#include "quant/int8/ops/relu.h"
#include "quant/lowering.h"
#include "quant/qops/activation.h"

namespace octet::quant {

// ---- reshape ----

Tensor QReshapeOp::forward_float(Context&, In x) const {
  return x[0].reshape(ReshapeOp(dims).result(x[0].shape()));
}

Tensor QReshapeOp::forward_codes(Context&, In x, Saved& saved) const {
  saved.extra = x[0].shape();
  return x[0].reshape(ReshapeOp(dims).result(x[0].shape()));
}

void QReshapeOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (dx[0]) dx[0]->add(dy.reshape(std::any_cast<const Shape&>(saved.extra)), ctx);
}

int QReshapeOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int y = l.add_value(layer, shape, out->params);
  const std::vector<std::int32_t> dims32 = l.tensor(y).shape;
  const int wanted =
      l.add_int32(layer + ".shape", {static_cast<std::int64_t>(dims32.size())}, dims32);
  l.add_node(int8::OpCode::reshape, {inputs[0], wanted}, y, int8::ReshapeAttributes{dims32});
  return y;
}

// ---- pad ----

std::string QPadOp::attributes() const {
  Window2d w;
  w.padding = pads;
  return w.to_string();
}

namespace {

// Copies the rows of images between the padded and the plain layout; `out` is the padded one.
template <class T, class F>
void for_rows(const Shape& plain, const Padding2d& pads, const F& f) {
  const std::int64_t width = plain[2] + pads.left + pads.right;
  const std::int64_t height = plain[1] + pads.top + pads.bottom;
  for (std::int64_t n = 0; n < plain[0]; ++n) {
    for (std::int64_t y = 0; y < plain[1]; ++y) {
      f((n * plain[1] + y) * plain[2] * plain[3],
        ((n * height + y + pads.top) * width + pads.left) * plain[3], plain[2] * plain[3]);
    }
  }
}

template <class T>
Tensor padded(Context& ctx, const Tensor& x, const Padding2d& pads, T value) {
  const Shape& s = x.shape();
  Tensor y = ctx.empty({s[0], s[1] + pads.top + pads.bottom, s[2] + pads.left + pads.right, s[3]},
                       x.dtype());
  std::fill_n(y.data<T>(), y.numel(), value);
  for_rows<T>(s, pads, [&](std::int64_t from, std::int64_t to, std::int64_t n) {
    std::copy_n(x.data<T>() + from, n, y.data<T>() + to);
  });
  return y;
}

}  // namespace

Tensor QPadOp::forward_float(Context& ctx, In x) const {
  return padded<real>(ctx, x[0], pads, real(0));
}

Tensor QPadOp::forward_codes(Context& ctx, In x, Saved& saved) const {
  saved.extra = x[0].shape();
  return padded<std::int8_t>(ctx, x[0], pads, static_cast<std::int8_t>(out->params.zero_point));
}

void QPadOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& shape = std::any_cast<const Shape&>(saved.extra);
  Tensor d = ctx.empty(shape);
  for_rows<real>(shape, pads, [&](std::int64_t to, std::int64_t from, std::int64_t n) {
    std::copy_n(dy.r() + from, n, d.r() + to);
  });
  dx[0]->add(std::move(d), ctx);
}

int QPadOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const std::array<std::int32_t, 8> amounts{0,         0,          pads.top, pads.bottom,
                                            pads.left, pads.right, 0,        0};
  const int paddings = l.add_int32(layer + ".paddings", {4, 2}, amounts);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::pad, {inputs[0], paddings}, y, {});
  return y;
}

// ---- clamp ----

Tensor QClampOp::forward_float(Context& ctx, In x) const {
  Tensor y = ctx.empty(x[0].shape());
  const real* p = x[0].r();
  real* r = y.r();
  real max = 0;
  for (std::int64_t i = 0, n = y.numel(); i < n; ++i) {
    r[i] = activate(p[i], activation);
    max = std::max(max, r[i]);
  }
  if (out != in) out->observe(0.0, double(max));
  return y;
}

Tensor QClampOp::forward_codes(Context& ctx, In x, Saved& saved) const {
  const QuantParams from = in->params, to = out->params;
  // gradient[q + 128]: whether the gradient passes at code q (lines 23 and 26).
  std::array<bool, 256> gradient{};
  int8::Table table;
  if (activation == int8::Activation::relu) {
    table = int8::make_relu_table(from.scale, from.zero_point, to.scale, to.zero_point,
                                  state->rounding);
    const int8::Multiplier by =
        int8::checked_multiplier(double(from.scale / to.scale), state->rounding, layer);
    for (int q = -128; q <= 127; ++q) {
      const std::int32_t p =
          int8::multiply_by_quantized_multiplier(q - from.zero_point, by, state->rounding) +
          to.zero_point;
      gradient[static_cast<std::size_t>(q + 128)] = p > std::max(-128, to.zero_point) && p <= 127;
    }
  } else {
    table = int8::make_relu6_table(from.scale, from.zero_point);
    const int8::ClampRange range =
        int8::clamp_range(int8::Activation::relu6, from.scale, from.zero_point);
    for (int q = -128; q <= 127; ++q) {
      gradient[static_cast<std::size_t>(q + 128)] = q > range.lo && q <= range.hi;
    }
  }
  Tensor y = ctx.empty(x[0].shape(), DType::i8);
  const auto* p = x[0].data<std::int8_t>();
  if (out != in && state->observing(ctx)) {
    const auto largest = *std::max_element(p, p + x[0].numel());
    out->observe(0.0, std::max(0.0, double(from.scale) * (largest - from.zero_point)));
  }
  int8::lookup_kernel(state->isa)(table, p, y.data<std::int8_t>(), y.numel());
  saved.tensors = {x[0]};
  saved.extra = gradient;
  return y;
}

void QClampOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const auto& gradient = std::any_cast<const std::array<bool, 256>&>(saved.extra);
  const auto* q = saved.tensors[0].data<std::int8_t>();
  Tensor d = ctx.empty(dy.shape());
  for (std::int64_t i = 0, n = dy.numel(); i < n; ++i) {
    d.r()[i] = gradient[static_cast<std::size_t>(q[i] + 128)] ? dy.r()[i] : real(0);
  }
  dx[0]->add(std::move(d), ctx);
}

int QClampOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(activation == int8::Activation::relu ? int8::OpCode::relu : int8::OpCode::relu6,
             {inputs[0]}, y, {});
  return y;
}

}  // namespace octet::quant
