#include "quant/qops/move.h"

#include <algorithm>
#include <array>

#include "core/ops/strided_copy.h"
#include "quant/lowering.h"
#include "quant/qops/table.h"

namespace octet::quant {

// ---- one input ----

std::string QMoveOp::attributes() const {
  return std::string(move->name()) + ", " + move->attributes();
}

Tensor QMoveOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return move->forward(ctx, x, unused);
}

Tensor QMoveOp::forward_codes(Context& ctx, In x, Saved& saved) const {
  const Shape& in = x[0].shape();
  Tensor y = ctx.empty(move->result(in), DType::i8);
  auto* codes = y.data<std::int8_t>();
  if (move->fills()) {
    std::fill_n(codes, y.numel(), static_cast<std::int8_t>(out->params.zero_point));
  }
  move->copy(in).copy(ctx, x[0].data<std::int8_t>(), codes);
  saved.extra = in;
  return y;
}

void QMoveOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (dx[0]) move_backward(ctx, *move, std::any_cast<const Shape&>(saved.extra), dy, *dx[0]);
}

int QMoveOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  if (const auto* pad = dynamic_cast<const Pad2dOp*>(move.get())) {
    const int amounts = l.add_paddings(layer + ".paddings", pad->pads);
    const int y = l.add_value(layer, shape, out->params);
    l.add_node(int8::OpCode::pad, {inputs[0], amounts}, y, {});
    return y;
  }
  const Shape in = l.shape(inputs[0]);
  if (const auto* slice = dynamic_cast<const SliceOp*>(move.get())) {
    const auto axis =
        static_cast<std::size_t>(slice->axis < 0 ? slice->axis + in.rank() : slice->axis);
    std::vector<std::int64_t> begin(static_cast<std::size_t>(in.rank()), 0), end, step;
    for (int d = 0; d < in.rank(); ++d) end.push_back(in[d]);
    step.assign(begin.size(), 1);
    begin[axis] = slice->begin;
    end[axis] = slice->end;
    step[axis] = slice->step;
    return l.add_slice(layer, inputs[0], begin, end, step, out->params);
  }
  const auto& transpose = dynamic_cast<const TransposeOp&>(*move);
  const std::vector<std::int32_t> order(transpose.permutation.begin(), transpose.permutation.end());
  const int permutation =
      l.add_int32(layer + ".permutation", {static_cast<std::int64_t>(order.size())}, order);
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::transpose, {inputs[0], permutation}, y, {});
  return y;
}

// ---- concatenation ----

namespace {

/// What backward needs of the parts: shapes, and slopes where a part was requantized (its codes are
/// the saved tensors, in order).
struct Kept {
  std::vector<Shape> shapes;
  std::vector<std::optional<SlopeTable>> slopes;
};

}  // namespace

float QConcatOp::least_output_scale() const {
  float least = 0;
  const Join& join = *out->join;
  for (std::size_t i = 0; i < join.parts.size(); ++i) {
    if (!join.is_cut(i)) continue;
    least = std::max(least, make_requantize_function()->least_output_scale(join.parts[i]->params));
  }
  return least;
}

Tensor QConcatOp::forward_float(Context& ctx, In x) const {
  Saved unused;
  return ConcatOp(axis).forward(ctx, x, unused);
}

Tensor QConcatOp::forward_codes(Context& ctx, In x, Saved& saved) const {
  const Shape whole = ConcatOp(axis).result(x, "layer " + layer);
  Tensor y = ctx.empty(whole, DType::i8);
  const Join& join = *out->join;
  Kept kept;
  std::int64_t start = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t extent = x[i].shape()[axis];
    Tensor codes = x[i];
    kept.shapes.push_back(x[i].shape());
    kept.slopes.emplace_back();
    if (join.is_cut(i)) {
      const UnaryFunctionPtr f = make_requantize_function();
      const QuantParams in = join.parts[i]->params;
      const int8::UnaryCodes by_code = f->codes(in, out->params, state->rounding);
      codes = ctx.empty(x[i].shape(), DType::i8);
      int8::lookup_kernel(state->isa)(by_code.table(), x[i].data<std::int8_t>(),
                                      codes.data<std::int8_t>(), codes.numel());
      kept.slopes.back() = slope_table(*f, in, by_code);
      saved.tensors.push_back(x[i]);
    }
    part_to_whole(whole, axis, start, extent)
        .copy(ctx, codes.data<std::int8_t>(), y.data<std::int8_t>());
    start += extent;
  }
  saved.extra = std::move(kept);
  return y;
}

void QConcatOp::backward_real(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const auto& kept = std::any_cast<const Kept&>(saved.extra);
  // Parts behind a QUANTIZE get their piece in a gradient of its own first.
  std::vector<Grad> own(dx.size());
  std::vector<Grad*> pieces(dx.begin(), dx.end());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i] && kept.slopes[i]) pieces[i] = &own[i];
  }
  concat_backward(ctx, axis, kept.shapes, dy, pieces);
  std::size_t next = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!kept.slopes[i]) continue;
    const Tensor& codes = saved.tensors[next++];
    if (dx[i]) dx[i]->add(apply_slopes(ctx, *kept.slopes[i], codes, own[i].value()), ctx);
  }
}

int QConcatOp::lower(Lowering& l, std::span<const int> inputs, In, const Shape& shape) const {
  std::vector<int> parts(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!out->join->is_cut(i)) continue;
    const std::string name = layer + ".quantize_" + std::to_string(i);
    const int y = l.add_value(name, l.shape(parts[i]), out->params);
    make_requantize_function()->lower(l, name, parts[i], y);
    parts[i] = y;
  }
  const int y = l.add_value(layer, shape, out->params);
  l.add_node(int8::OpCode::concatenation, std::move(parts), y, int8::ConcatenationAttributes{axis});
  return y;
}

}  // namespace octet::quant
