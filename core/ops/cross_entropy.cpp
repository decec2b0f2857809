// Softmax and cross entropy in one op: mean over the batch of -log softmax(x)[label].
#include <Eigen/Core>
#include <cmath>

#include "core/ops.h"
#include "core/ops/common.h"

namespace octet {
namespace {
using Row = Eigen::Array<double, 1, Eigen::Dynamic>;
using RealRow = Eigen::Array<real, 1, Eigen::Dynamic>;
}  // namespace

// Saves the softmax ([N, K]) and the labels.
Tensor SoftmaxCrossEntropyOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 2);
  check_rank(name(), "logits", x[0], 2, "[N, K]");
  const std::int64_t batch = x[0].shape()[0], classes = x[0].shape()[1];
  OCTET_CHECK(batch > 0 && classes > 0,
              "softmax_cross_entropy: logits: expected a batch and classes, got ", x[0].shape());
  OCTET_CHECK(x[1].defined() && x[1].dtype() == DType::i32 && x[1].shape() == Shape({batch}),
              "softmax_cross_entropy: labels: expected i32 ", Shape({batch}), ", got ",
              x[1].defined() ? dtype_name(x[1].dtype()) : "an undefined tensor", " ", x[1].shape());
  const std::int32_t* labels = x[1].data<std::int32_t>();
  const real* logits = x[0].r();
  Tensor softmax = saved.wanted ? ctx.empty(x[0].shape()) : Tensor();
  double loss = 0;
  Row shifted(classes), exponential(classes);
  for (std::int64_t n = 0; n < batch; ++n) {
    OCTET_CHECK(labels[n] >= 0 && labels[n] < classes, "softmax_cross_entropy: label of sample ", n,
                ": expected 0 to ", classes - 1, ", got ", labels[n]);
    const Eigen::Map<const RealRow> row(logits + n * classes, classes);
    shifted = row.cast<double>() - static_cast<double>(row.maxCoeff());
    exponential = shifted.exp();
    const double sum = exponential.sum();
    loss += std::log(sum) - shifted[labels[n]];
    if (saved.wanted) {
      Eigen::Map<RealRow>(softmax.r() + n * classes, classes) = (exponential / sum).cast<real>();
    }
  }
  if (saved.wanted) saved.tensors = {softmax, x[1]};
  Tensor y = ctx.empty({1});
  *y.r() = static_cast<real>(loss / static_cast<double>(batch));
  return y;
}

void SoftmaxCrossEntropyOp::backward(Context& ctx, const Saved& saved, const Tensor& dy,
                                     Grads dx) const {
  if (!dx[0]) return;
  const Tensor& softmax = saved.tensors[0];
  const std::int32_t* labels = saved.tensors[1].data<std::int32_t>();
  const std::int64_t batch = softmax.shape()[0], classes = softmax.shape()[1];
  const real scale = dy.item() / static_cast<real>(batch);
  real beta;
  real* out = dx[0]->accumulate(softmax.shape(), ctx, beta);
  for (std::int64_t n = 0; n < batch; ++n) {
    const real* p = softmax.r() + n * classes;
    real* row = out + n * classes;
    for (std::int64_t k = 0; k < classes; ++k) {
      const real g = scale * (p[k] - (k == labels[n] ? real(1) : real(0)));
      row[k] = beta == 0 ? g : row[k] + g;
    }
  }
}

Var cross_entropy(Var logits, const Tensor& labels) {
  Var l = logits.tape->input(labels);
  return logits.tape->record(std::make_shared<SoftmaxCrossEntropyOp>(), {logits, l});
}

}  // namespace octet
