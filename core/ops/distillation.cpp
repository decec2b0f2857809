// Knowledge distillation: the Kullback-Leibler divergence of softened class probabilities.
#include <cmath>
#include <sstream>

#include "core/kernels/common.h"
#include "core/ops/losses.h"

namespace octet {
namespace {

/// log softmax(x / T) of one row.
void log_softmax(const real* x, std::int64_t k, double temperature, PoolVector<double>& out) {
  const double largest = double{*std::max_element(x, x + k)};
  double sum = 0;
  for (std::int64_t i = 0; i < k; ++i) {
    const double v = (double{x[i]} - largest) / temperature;
    out[static_cast<std::size_t>(i)] = v;
    sum += std::exp(v);
  }
  for (double& v : out) v -= std::log(sum);
}

}  // namespace

DistillationOp::DistillationOp(double t) : temperature(t) {
  OCTET_CHECK(std::isfinite(t) && t > 0, "distillation: expected a finite temperature > 0, got ",
              t);
}

std::string DistillationOp::attributes() const {
  std::ostringstream s;
  s << "temperature=" << temperature;
  return s.str();
}

// Saves softmax(student / T) - softmax(teacher / T).
Tensor DistillationOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 2);
  check_rank(name(), "student", x[0], 2, "[N, K]");
  check_shape(name(), "teacher", x[1], x[0].shape());
  const std::int64_t batch = x[0].shape()[0], classes = x[0].shape()[1];
  OCTET_CHECK(batch > 0 && classes > 0, "distillation: student: expected a batch and classes, got ",
              x[0].shape());
  Tensor difference = ctx.empty(x[0].shape());
  PoolVector<double> student(static_cast<std::size_t>(classes), ctx.pool), teacher(student);
  double sum = 0;
  for (std::int64_t n = 0; n < batch; ++n) {
    log_softmax(x[0].r() + n * classes, classes, temperature, student);
    log_softmax(x[1].r() + n * classes, classes, temperature, teacher);
    for (std::size_t k = 0; k < student.size(); ++k) {
      const double t = std::exp(teacher[k]);
      sum += t * (teacher[k] - student[k]);
      difference.r()[n * classes + static_cast<std::int64_t>(k)] =
          static_cast<real>(std::exp(student[k]) - t);
    }
  }
  saved.tensors = {difference};
  Tensor y = ctx.empty({1});
  *y.r() = static_cast<real>(temperature * temperature * sum / static_cast<double>(batch));
  return y;
}

void DistillationOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  if (!dx[0]) return;
  const Tensor& difference = saved.tensors[0];
  const real scale = static_cast<real>(double{dy.item()} * temperature /
                                       static_cast<double>(difference.shape()[0]));
  real beta;
  real* out = dx[0]->accumulate(difference.shape(), ctx, beta);
  for (std::int64_t i = 0; i < difference.numel(); ++i) {
    const real g = scale * difference.r()[i];
    out[i] = beta == 0 ? g : out[i] + g;
  }
}

Var distillation_loss(Var student, const Tensor& teacher, double temperature) {
  return student.tape->record(std::make_shared<DistillationOp>(temperature),
                              {student, student.tape->input(teacher)});
}

}  // namespace octet
