// The differentiable ops: attribute structs (readable by trace, quantization and exporters) and the
// functions that record them. One family a file in core/ops/. This header includes the others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/ops/activations.h"
#include "core/ops/conv_transpose.h"
#include "core/ops/dropout_op.h"
#include "core/ops/indexed.h"
#include "core/ops/layout.h"
#include "core/ops/losses.h"
#include "core/ops/matmul.h"
#include "core/ops/normalization.h"
#include "core/ops/reduction_ops.h"
#include "core/ops/resize_op.h"
#include "core/tape.h"
#include "core/window.h"

namespace octet {

/// y = x (*) w + b. Inputs: x [N, H, W, C]; w [O, KH, KW, C / groups] (OHWI; depthwise: groups = C,
/// w [C * multiplier, KH, KW, 1]); optional b [O]. Result [N, OH, OW, O].
struct Conv2dOp final : Op {
  Window2d window;
  int groups = 1;
  Conv2dOp(const Window2d& w, int g) : window(w), groups(g) {}
  std::string_view name() const override { return "conv2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
  bool backward_tiled(Context&, const Saved&, LazyGradient&, Grads) const override;
};

/// y = x w^T + b. Inputs: x [..., I]; w [O, I]; optional b [O]. Result [..., O].
struct LinearOp final : Op {
  std::string_view name() const override { return "linear"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Running statistics of a batch norm: state, updated by training forwards.
struct BatchNormStats {
  Tensor mean;  ///< [C]
  Tensor var;   ///< [C]
  /// r <- (1 - momentum) r + momentum s for channel c, s a batch's mean and biased variance over n
  /// values; the running variance is the unbiased one.
  void update(std::size_t c, double batch_mean, double batch_var, double n, double momentum);
};

/// y = gamma (x - mean) / sqrt(var + eps) + beta over the last dimension. Inputs: x [..., C],
/// gamma [C], beta [C]. Training: the batch's statistics (biased variance), and running statistics
/// r <- (1 - momentum) r + momentum s with the unbiased variance, as PyTorch. Otherwise the
/// running ones. Source: Ioffe & Szegedy 2015. A relu, relu6 or hard_tanh behind it is done in the
/// same passes, forward and backward.
struct BatchNormOp final : DeferredOp {
  std::shared_ptr<BatchNormStats> stats;
  real eps, momentum;
  BatchNormOp(std::shared_ptr<BatchNormStats> s, real e, real m)
      : stats(std::move(s)), eps(e), momentum(m) {}
  std::string_view name() const override { return "batch_norm"; }
  std::string attributes() const override;
  Shape prepare(Context&, In, Saved&) const override;
  Tensor finish(Context&, const Saved&) const override;
  std::shared_ptr<const DeferredOp> followed_by(const Op&, const Shape&,
                                                const Shape*) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// max(x, 0)
struct ReluOp final : Op {
  std::string_view name() const override { return "relu"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// min(max(x, 0), 6)
struct Relu6Op final : Op {
  std::string_view name() const override { return "relu6"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// min(max(x, -1), 1)
struct HardTanhOp final : Op {
  std::string_view name() const override { return "hard_tanh"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// a + b, broadcast by numpy's rules: shapes are aligned at their last dimension, an extent of one
/// repeats.
struct AddOp final : Op {
  std::string_view name() const override { return "add"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// a - b, broadcast as AddOp.
struct SubOp final : Op {
  std::string_view name() const override { return "sub"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// a b, broadcast as AddOp: [N, H, W, C] * [N, 1, 1, C] scales channels.
struct MulOp final : Op {
  std::string_view name() const override { return "mul"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// a / b, broadcast as AddOp.
struct DivOp final : Op {
  std::string_view name() const override { return "div"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// a^b, broadcast as AddOp; NaN for a < 0 unless b is an integer.
struct PowOp final : Op {
  std::string_view name() const override { return "pow"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// The smaller of a and b, broadcast as AddOp. The gradient goes to the smaller one; where they are
/// equal, half of it to each (as PyTorch's minimum).
struct MinimumOp final : Op {
  std::string_view name() const override { return "minimum"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// The larger of a and b; else as MinimumOp.
struct MaximumOp final : Op {
  std::string_view name() const override { return "maximum"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// The gradients on tensors: add dL/da to *dx[0] and dL/db to *dx[1], where not null.
void add_backward(Context& ctx, const Shape& a, const Shape& b, const Tensor& dy, Grads dx);
/// Likewise.
void sub_backward(Context& ctx, const Shape& a, const Shape& b, const Tensor& dy, Grads dx);
/// Likewise.
void mul_backward(Context& ctx, const Tensor& a, const Tensor& b, const Tensor& dy, Grads dx);
/// The gradient of a choice between a and b: where equal, half to each, else dy to the one that
/// `minimum` (or else maximum) takes. a and b hold reals, or both hold codes of one scale.
void min_max_backward(Context& ctx, bool minimum, const Tensor& a, const Tensor& b,
                      const Tensor& dy, Grads dx);

/// Maximum over each window (padding never wins); the gradient goes to the first maximum in
/// row-major order. x [N, H, W, C].
struct MaxPool2dOp final : Op {
  Window2d window;
  explicit MaxPool2dOp(const Window2d& w) : window(w) {}
  std::string_view name() const override { return "max_pool2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Mean over each window: of the pixels inside the image, or with count_include_pad of all of the
/// window with zeros outside (PyTorch's default). x [N, H, W, C].
struct AvgPool2dOp final : Op {
  Window2d window;
  bool count_include_pad = false;
  AvgPool2dOp(const Window2d& w, bool include) : window(w), count_include_pad(include) {}
  std::string_view name() const override { return "avg_pool2d"; }
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Mean over the whole image: [N, H, W, C] -> [N, 1, 1, C].
struct GlobalAvgPoolOp final : Op {
  std::string_view name() const override { return "global_avg_pool"; }
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Keeps dimension 0 (the batch) and reshapes the others to `dims`; one of them may be -1.
/// flatten() is dims = {-1}. Row-major order of the NHWC data.
struct ReshapeOp final : Op {
  std::vector<std::int64_t> dims;
  explicit ReshapeOp(std::vector<std::int64_t> d) : dims(std::move(d)) {}
  std::string_view name() const override { return "reshape"; }
  /// The result's shape. Throws Error if `x` does not divide into dims.
  Shape result(const Shape& x) const;
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Reshapes all dimensions, the batch included, to `dims`: 0 keeps x's extent of that dimension,
/// one may be -1. What keeps the batch is better a ReshapeOp, which has an integer form.
struct ViewOp final : Op {
  std::vector<std::int64_t> dims;
  explicit ViewOp(std::vector<std::int64_t> d) : dims(std::move(d)) {}
  std::string_view name() const override { return "view"; }
  /// The result's shape. Throws Error if `x` does not divide into dims.
  Shape result(const Shape& x) const;
  std::string attributes() const override;
  Tensor forward(Context&, In, Saved&) const override;
  void backward(Context&, const Saved&, const Tensor&, Grads) const override;
};

/// Records the op of this name on the inputs' tape; the op says what it computes.
/// @{
Var conv2d(Var x, Var w, const Window2d& window, int groups = 1);
Var conv2d(Var x, Var w, Var b, const Window2d& window, int groups = 1);
Var linear(Var x, Var w);
Var linear(Var x, Var w, Var b);
Var batch_norm(Var x, Var gamma, Var beta, std::shared_ptr<BatchNormStats> stats,
               real eps = real(1e-5), real momentum = real(0.1));
Var relu(Var x);
Var relu6(Var x);
Var hard_tanh(Var x);
Var operator+(Var a, Var b);
Var operator-(Var a, Var b);
Var operator*(Var a, Var b);
Var operator/(Var a, Var b);
Var pow(Var a, Var b);
/// With a constant.
Var operator+(Var a, real b);
Var operator-(Var a, real b);
Var operator-(real a, Var b);
Var operator*(Var a, real b);
/// a times 1 / b.
Var operator/(Var a, real b);
Var operator/(real a, Var b);
/// -1 times a.
inline Var operator-(Var a) {
  return a * real(-1);
}
inline Var operator*(real a, Var b) {
  return b * a;
}
Var minimum(Var a, Var b);
Var maximum(Var a, Var b);
Var minimum(Var a, real b);
Var maximum(Var a, real b);
Var max_pool2d(Var x, const Window2d& window);
Var avg_pool2d(Var x, const Window2d& window, bool count_include_pad = false);
Var global_avg_pool(Var x);
Var flatten(Var x);
Var reshape(Var x, std::vector<std::int64_t> dims);
Var view(Var x, std::vector<std::int64_t> dims);
/// @}

}  // namespace octet
