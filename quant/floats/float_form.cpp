#include "quant/floats/float_form.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <typeindex>
#include <typeinfo>
#include <utility>

#include "core/ops/function_op.h"
#include "core/ops/ops.h"
#include "int8/ops/catalogue.h"
#include "quant/floats/float_moves.h"
#include "quant/floats/float_windows.h"
#include "quant/no_int8_form.h"

namespace octet::quant {
namespace {

using int8::OpCode;
using Operands = std::span<const int>;

// ---- elementwise ----

template <OpCode op>
int unary(FloatNodes& f, const Op&, Operands x) {
  return f.unary(op, x[0]);
}

template <OpCode op>
int binary(FloatNodes& f, const Op&, Operands x) {
  return f.binary(op, x[0], x[1]);
}

int activation(FloatNodes& f, const Op& op, Operands x) {
  int8::Attributes attributes;
  if (const auto* leaky = dynamic_cast<const LeakyReluOp*>(&op)) {
    attributes = int8::LeakyReluAttributes{leaky->alpha};
  } else if (dynamic_cast<const GeluTanhOp*>(&op)) {
    attributes = int8::GeluAttributes{true};
  }
  return f.unary(int8::find_op(static_cast<const ActivationOp&>(op).file_op())->op, x[0],
                 std::move(attributes));
}

int hard_sigmoid(FloatNodes& f, const Op&, Operands x) {
  const int sum =
      f.with_scalar(OpCode::add, x[0], 3, int8::ElementwiseAttributes{int8::Activation::relu6});
  return f.with_scalar(OpCode::mul, sum, 1.0f / 6);
}

int silu(FloatNodes& f, const Op&, Operands x) {
  return f.binary(OpCode::mul, x[0], f.unary(OpCode::logistic, x[0]));
}

int reciprocal(FloatNodes& f, const Op&, Operands x) {
  return f.binary(OpCode::div, f.scalar(1), x[0]);
}

int power(FloatNodes& f, const Op& op, Operands x) {
  return f.with_scalar(OpCode::pow, x[0], static_cast<const PowerOp&>(op).exponent);
}

/// max(x, 0) + log(1 + e^-|x|): nothing in it overflows.
int softplus(FloatNodes& f, const Op&, Operands x) {
  const int below = f.unary(OpCode::exp, f.unary(OpCode::neg, f.unary(OpCode::abs, x[0])));
  const int rest = f.unary(OpCode::log, f.with_scalar(OpCode::add, below, 1));
  return f.binary(OpCode::add, f.unary(OpCode::relu, x[0]), rest);
}

int mish(FloatNodes& f, const Op& op, Operands x) {
  return f.binary(OpCode::mul, x[0], f.unary(OpCode::tanh, softplus(f, op, x)));
}

// ---- rows, reductions, normalizations ----

int softmax(FloatNodes& f, const Op&, Operands x) {
  return f.unary(OpCode::softmax, x[0], int8::SoftmaxAttributes{});
}

template <OpCode code>
int reduce(FloatNodes& f, const Op& op, Operands x) {
  const auto& reduction = static_cast<const ReductionOp&>(op);
  return f.reduce(code, x[0], reduction.axes, reduction.keep_dims);
}

int global_average_pool(FloatNodes& f, const Op&, Operands x) {
  return f.reduce(OpCode::mean, x[0], {1, 2}, true);
}

int matmul(FloatNodes& f, const Op& op, Operands x) {
  return f.node(OpCode::batch_matmul, {x[0], x[1]},
                static_cast<const MatMulOp&>(op).result(f.shape(x[0]), f.shape(x[1])),
                int8::BatchMatMulAttributes{});
}

/// (x - mean) / sqrt(var + eps) over axes.
int normalized(FloatNodes& f, int x, const std::vector<int>& axes, float eps) {
  const int mean = f.reduce(OpCode::mean, x, axes, true);
  const int squares = f.binary(OpCode::squared_difference, x, mean);
  const int variance = f.reduce(OpCode::mean, squares, axes, true);
  const int factor = f.unary(OpCode::rsqrt, f.with_scalar(OpCode::add, variance, eps));
  return f.binary(OpCode::mul, f.binary(OpCode::sub, x, mean), factor);
}

/// x[0] times x[1], plus x[2] if there is one.
int affine(FloatNodes& f, int normal, Operands x) {
  const int product = f.binary(OpCode::mul, normal, x[1]);
  return x.size() > 2 ? f.binary(OpCode::add, product, x[2]) : product;
}

int layer_norm(FloatNodes& f, const Op& op, Operands x) {
  std::vector<int> axes(static_cast<std::size_t>(f.shape(x[1]).rank()));
  std::iota(axes.begin(), axes.end(), f.shape(x[0]).rank() - static_cast<int>(axes.size()));
  return affine(f, normalized(f, x[0], axes, static_cast<const LayerNormOp&>(op).eps), x);
}

int group_norm(FloatNodes& f, const Op& op, Operands x) {
  const auto& norm = static_cast<const GroupNormOp&>(op);
  const Shape in = f.shape(x[0]);
  const std::int64_t channels = in[-1], groups = norm.groups == 0 ? channels : norm.groups;
  const int split =
      f.reshape(x[0], {in[0], in.numel() / (in[0] * channels), groups, channels / groups});
  return affine(f, f.reshape(normalized(f, split, {1, 3}, norm.eps), in), x);
}

constexpr bool moves = true;

}  // namespace

const FloatForm* float_form_of(const Op& op) {
  struct Row {
    std::type_index op;
    FloatForm form;
  };
  static const std::array rows{
      Row{typeid(AddOp), {binary<OpCode::add>}},
      Row{typeid(SubOp), {binary<OpCode::sub>}},
      Row{typeid(MulOp), {binary<OpCode::mul>}},
      Row{typeid(DivOp), {binary<OpCode::div>}},
      Row{typeid(PowOp), {binary<OpCode::pow>}},
      Row{typeid(MinimumOp), {binary<OpCode::minimum>}},
      Row{typeid(MaximumOp), {binary<OpCode::maximum>}},
      Row{typeid(PreluOp), {binary<OpCode::prelu>}},
      Row{typeid(ReluOp), {unary<OpCode::relu>}},
      Row{typeid(Relu6Op), {unary<OpCode::relu6>}},
      Row{typeid(HardTanhOp), {unary<OpCode::relu_n1_to_1>}},
      Row{typeid(HardSigmoidOp), {hard_sigmoid}},
      Row{typeid(SiluOp), {silu}},
      Row{typeid(ReciprocalOp), {reciprocal}},
      Row{typeid(PowerOp), {power}},
      Row{typeid(SoftplusOp), {softplus}},
      Row{typeid(MishOp), {mish}},
      Row{typeid(FunctionOp), {activation, refused_function}},
      Row{typeid(ActivationOp), {activation, refused_activation}},
      Row{typeid(SoftmaxOp), {softmax}},
      Row{typeid(LogSoftmaxOp), {unary<OpCode::log_softmax>}},
      Row{typeid(MeanOp), {reduce<OpCode::mean>, refused_reduction}},
      Row{typeid(SumOp), {reduce<OpCode::sum>, refused_reduction}},
      Row{typeid(ReduceMaxOp), {reduce<OpCode::reduce_max>, refused_reduction}},
      Row{typeid(ReduceMinOp), {reduce<OpCode::reduce_min>, refused_reduction}},
      Row{typeid(GlobalAvgPoolOp), {global_average_pool}},
      Row{typeid(MaxPool2dOp), {float_max_pool, refused_max_pool}},
      Row{typeid(AvgPool2dOp), {float_average_pool, refused_average_pool}},
      Row{typeid(MatMulOp), {matmul}},
      Row{typeid(LayerNormOp), {layer_norm}},
      Row{typeid(GroupNormOp), {group_norm}},
      Row{typeid(ReshapeOp), {float_reshape, nullptr, moves}},
      Row{typeid(LayoutOp), {float_layout, refused_layout, moves}},
      Row{typeid(ConcatOp), {float_concat, refused_concat, moves}},
      Row{typeid(Resize2dOp), {float_resize, refused_resize}},
      Row{typeid(PadOp), {float_pad, refused_pad, moves}},
      Row{typeid(TileOp), {float_tile, refused_tile, moves}},
      Row{typeid(ExpandOp), {float_expand, refused_expand, moves}},
      Row{typeid(DropoutOp), {nullptr, nullptr, moves}},
  };
  const auto find = [](std::type_index type) -> const FloatForm* {
    const auto at = std::ranges::find(rows, type, &Row::op);
    return at == rows.end() ? nullptr : &at->form;
  };
  if (const FloatForm* form = find(typeid(op))) return form;
  if (dynamic_cast<const ActivationOp*>(&op)) return find(typeid(ActivationOp));
  if (dynamic_cast<const LayoutOp*>(&op)) return find(typeid(LayoutOp));
  return nullptr;
}

std::string without_float_form(const Op& op, const Shape& x) {
  const FloatForm* form = float_form_of(op);
  if (!form) return "op " + std::string(op.name());
  return form->refused ? form->refused(op, x) : "";
}

}  // namespace octet::quant
