// Softmax and cross entropy in one op, with label smoothing and class weights.
#include <Eigen/Core>
#include <cmath>
#include <sstream>

#include "core/kernels/common.h"
#include "core/ops/losses.h"

namespace octet {
namespace {

using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
using RealRow = Eigen::Array<real, 1, Eigen::Dynamic>;

constexpr std::int32_t uncounted = -1;         // a label
constexpr std::int64_t rows_per_block = 1024;  // more than most batches of images

/// "of sample 3", of the pixels of masks "no. 700".
std::string place_of(const Shape& labels, std::int64_t n) {
  return (labels.rank() == 1 ? "of sample " : "no. ") + std::to_string(n);
}

double weight_of(const Tensor& weights, std::int64_t k) {
  return weights.defined() ? double{weights.r()[k]} : 1.0;
}

}  // namespace

SoftmaxCrossEntropyOp::SoftmaxCrossEntropyOp(CrossEntropyOptions o) : options(std::move(o)) {
  OCTET_CHECK(options.label_smoothing >= 0 && options.label_smoothing < 1,
              "softmax_cross_entropy: expected label_smoothing in [0, 1), got ",
              options.label_smoothing);
  OCTET_CHECK(std::isfinite(options.divisor) && options.divisor >= 0,
              "softmax_cross_entropy: expected a finite divisor >= 0, got ", options.divisor);
  if (!options.class_weights.defined()) return;
  double sum = 0;
  for (const real w : options.class_weights.span<real>()) {
    OCTET_CHECK(std::isfinite(w) && w >= 0,
                "softmax_cross_entropy: class_weights: expected finite and >= 0, got ", w);
    sum += double{w};
  }
  OCTET_CHECK(sum > 0, "softmax_cross_entropy: class_weights: expected one above 0");
}

std::string SoftmaxCrossEntropyOp::attributes() const {
  std::ostringstream s;
  s << "label_smoothing=" << options.label_smoothing
    << (options.class_weights.defined() ? ", class_weights" : "");
  if (options.divisor > 0) s << ", divisor=" << options.divisor;
  return s.str();
}

// Saves the softmax ([..., K]) and the labels; extra: the divisor, 0 where no sample counts.
Tensor SoftmaxCrossEntropyOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 2);
  check_real(name(), "logits", x[0]);
  const Shape& shape = x[0].shape();
  OCTET_CHECK(shape.rank() >= 2 && shape.numel() > 0, "softmax_cross_entropy: logits: expected ",
              "[..., classes], got ", shape);
  const std::int64_t classes = shape[-1], rows = shape.numel() / classes;
  const Shape expected(shape.dims().first(static_cast<std::size_t>(shape.rank() - 1)));
  OCTET_CHECK(x[1].defined() && x[1].dtype() == ElementType::i32 && x[1].shape() == expected,
              "softmax_cross_entropy: labels: expected i32 ", expected, ", got ",
              x[1].defined() ? dtype_name(x[1].dtype()) : "an undefined tensor", " ", x[1].shape());
  const Tensor& weights = options.class_weights;
  if (weights.defined()) check_shape(name(), "class_weights", weights, {classes});
  const std::int32_t* labels = x[1].data<std::int32_t>();
  for (std::int64_t n = 0; n < rows; ++n) {
    OCTET_CHECK((labels[n] >= 0 && labels[n] < classes) || labels[n] == uncounted,
                "softmax_cross_entropy: label ", place_of(expected, n), ": expected 0 to ",
                classes - 1, ", got ", labels[n]);
  }
  const real* logits = x[0].r();
  const double smoothing = options.label_smoothing, share = smoothing / double(classes);
  Tensor softmax = saved.wanted ? ctx.empty(shape) : Tensor();
  struct Sums {
    double loss = 0, weights = 0;
  };
  PoolVector<Sums> partial(static_cast<std::size_t>(ceil_div(rows, rows_per_block)), ctx.pool);
  const auto block = [&](std::int64_t begin, std::int64_t end) {
    Sums sums;
    Row shifted(classes), exponential(classes);
    for (std::int64_t n = begin; n < end; ++n) {
      if (labels[n] == uncounted) continue;
      const Eigen::Map<const RealRow> row(logits + n * classes, classes);
      shifted = row.cast<double>() - static_cast<double>(row.maxCoeff());
      exponential = shifted.exp();
      const double sum = exponential.sum(), log_sum = std::log(sum);
      const double weight = weight_of(weights, labels[n]);
      sums.weights += weight;
      sums.loss += (1 - smoothing) * weight * (log_sum - shifted[labels[n]]);
      for (std::int64_t k = 0; smoothing > 0 && k < classes; ++k) {
        sums.loss += share * weight_of(weights, k) * (log_sum - shifted[k]);
      }
      if (saved.wanted) {
        Eigen::Map<RealRow>(softmax.r() + n * classes, classes) = (exponential / sum).cast<real>();
      }
    }
    partial[static_cast<std::size_t>(begin / rows_per_block)] = sums;
  };
  for_blocks(ctx, rows, block, rows_per_block);
  double loss = 0, weight_sum = 0;
  for (const Sums& sums : partial) {
    loss += sums.loss;
    weight_sum += sums.weights;
  }
  const double divisor = options.divisor > 0 ? options.divisor : weight_sum;
  if (saved.wanted) {
    saved.tensors = {softmax, x[1]};
    saved.extra = divisor;
  }
  Tensor y = ctx.empty({1});
  *y.r() = divisor > 0 ? static_cast<real>(loss / divisor) : real(0);
  return y;
}

// With target t: d loss / d x_k = (softmax_k sum_j t_j - t_k) / divisor.
void SoftmaxCrossEntropyOp::backward(Context& ctx, const Saved& saved, const Tensor& dy,
                                     Grads dx) const {
  if (!dx[0]) return;
  const Tensor& softmax = saved.tensors[0];
  const std::int32_t* labels = saved.tensors[1].data<std::int32_t>();
  const std::int64_t classes = softmax.shape()[-1], rows = softmax.numel() / classes;
  const Tensor& weights = options.class_weights;
  const double smoothing = options.label_smoothing, share = smoothing / double(classes);
  double share_sum = 0;  // of the part of t that is the same for every sample
  for (std::int64_t k = 0; k < classes; ++k) share_sum += share * weight_of(weights, k);
  const double divisor = std::any_cast<const double&>(saved.extra);
  const real scale = divisor > 0 ? static_cast<real>(double{dy.item()} / divisor) : real(0);
  real beta;
  real* out = dx[0]->accumulate(softmax.shape(), ctx, beta);
  const auto block = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      const real* p = softmax.r() + n * classes;
      real* row = out + n * classes;
      if (labels[n] == uncounted) {
        if (beta == 0) std::fill_n(row, classes, real(0));
        continue;
      }
      const double on_label = (1 - smoothing) * weight_of(weights, labels[n]);
      const auto total = static_cast<real>(on_label + share_sum);
      for (std::int64_t k = 0; k < classes; ++k) {
        const auto t =
            static_cast<real>((k == labels[n] ? on_label : 0.0) + share * weight_of(weights, k));
        const real g = scale * (total * p[k] - t);
        row[k] = beta == 0 ? g : row[k] + g;
      }
    }
  };
  for_blocks(ctx, rows, block, rows_per_block);
}

double label_weight(std::span<const std::int32_t> labels, const Tensor& class_weights) {
  double sum = 0;
  for (const std::int32_t label : labels) {
    if (label == uncounted) continue;
    if (!class_weights.defined()) {
      sum += 1;
      continue;
    }
    OCTET_CHECK(label >= 0 && label < class_weights.numel(), "label_weight: label: expected 0 to ",
                class_weights.numel() - 1, ", got ", label);
    sum += weight_of(class_weights, label);
  }
  return sum;
}

Var cross_entropy(Var logits, const Tensor& labels, const CrossEntropyOptions& options) {
  const Var l = logits.tape->input(labels);
  return logits.tape->record(std::make_shared<SoftmaxCrossEntropyOp>(options), {logits, l});
}

}  // namespace octet
