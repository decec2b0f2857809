#include "quant/qops/qlayout.h"

#include <algorithm>

#include "core/kernels/strided_copy.h"
#include "int8/reference/quantize.h"
#include "quant/lower_moves.h"
#include "quant/qops/shared_params.h"

namespace octet::quant {

// ---- one input ----

std::string QLayoutOp::attributes() const {
  return std::string(move->name()) + ", " + move->attributes();
}

Tensor QLayoutOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return move->forward(ctx, x, unused);
}

Tensor QLayoutOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const Shape& in = x[0].shape();
  Tensor y = ctx.empty(move->result(in), ElementType::i8);
  auto* codes = y.data<std::int8_t>();
  if (move->fills()) {
    std::fill_n(codes, y.numel(), static_cast<std::int8_t>(out->params.zero_point));
  }
  move->copy(in).copy(ctx, x[0].data<std::int8_t>(), codes);
  saved.extra = in;
  return y;
}

void QLayoutOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (dx[0]) layout_backward(ctx, *move, std::any_cast<const Shape&>(saved.extra), dy, *dx[0]);
}

int QLayoutOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape&) const {
  return lower_layout(l, *move, layer, inputs[0]);
}

// ---- a padding with a value ----

namespace {

struct PadSaved {
  Shape in;
  std::vector<SharedOperands::Requantized> requantized;
};

}  // namespace

Tensor QPadOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return pad->forward(ctx, x, unused);
}

std::int8_t QPadOp::code() const {
  return int8::quantize_one(static_cast<float>(pad->value), out->params.scale,
                            out->params.zero_point);
}

Tensor QPadOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const Shape& in = x[0].shape();
  SharedOperands parts = shared_operands(ctx, *this, x);
  Tensor y = ctx.empty(pad->result(in), ElementType::i8);
  auto* codes = y.data<std::int8_t>();
  std::fill_n(codes, y.numel(), code());
  pad->copy(in).copy(ctx, parts.codes[0].data<std::int8_t>(), codes);
  saved.extra = PadSaved{in, std::move(parts.requantized)};
  return y;
}

void QPadOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const PadSaved&>(saved.extra);
  shared_backward(ctx, kept.requantized, dx, [&](Grads inner) {
    if (inner[0]) layout_backward(ctx, *pad, kept.in, dy, *inner[0]);
  });
}

int QPadOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape& shape) const {
  const int input = lower_shared(l, *this, inputs, x)[0];
  const int amounts = l.add_paddings(layer + ".paddings", pad->pads);
  const int constant = l.add_scalar_code(layer + ".value", code(), out->params);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::padv2, {input, amounts, constant}, y, {});
  return y;
}

// ---- concatenation ----

namespace {

struct ConcatSaved {
  std::vector<Shape> shapes;
  std::vector<SharedOperands::Requantized> requantized;
};

}  // namespace

Tensor QConcatOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return ConcatOp(axis).forward(ctx, x, unused);
}

Tensor QConcatOp::forward_codes(Context& ctx, In x, Saved& saved, RealRange*) const {
  const Shape whole = ConcatOp(axis).result(x, "layer " + layer);
  Tensor y = ctx.empty(whole, ElementType::i8);
  SharedOperands parts = shared_operands(ctx, *this, x);
  ConcatSaved kept;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t extent = x[i].shape()[axis];
    kept.shapes.push_back(x[i].shape());
    part_to_whole(whole, axis, start, extent)
        .copy(ctx, parts.codes[i].data<std::int8_t>(), y.data<std::int8_t>());
    start += extent;
  }
  kept.requantized = std::move(parts.requantized);
  saved.extra = std::move(kept);
  return y;
}

void QConcatOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const ConcatSaved&>(saved.extra);
  shared_backward(ctx, kept.requantized, dx,
                  [&](Grads inner) { concat_backward(ctx, axis, kept.shapes, dy, inner); });
}

int QConcatOp::lower(Lowering& l, std::span<const int> inputs, In x, const Shape&) const {
  return lower_concat(l, axis, layer, lower_shared(l, *this, inputs, x));
}

}  // namespace octet::quant
