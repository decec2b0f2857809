// SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION of floats, over the last dimension.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/floats/functions.h"

namespace octet::int8::floats {
namespace {

using RowFunction = void (*)(const float* x, float beta, float* y, std::int64_t n) noexcept;

void softmax(const float* x, float beta, float* y, std::int64_t n) noexcept {
  const float largest = *std::max_element(x, x + n);
  float sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += y[i] = exp((x[i] - largest) * beta);
  for (std::int64_t i = 0; i < n; ++i) y[i] = canonical(y[i] / sum);
}

void log_softmax(const float* x, float, float* y, std::int64_t n) noexcept {
  const float largest = *std::max_element(x, x + n);
  float sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += exp(x[i] - largest);
  const float log_sum = log(sum);
  for (std::int64_t i = 0; i < n; ++i) y[i] = canonical(x[i] - largest - log_sum);
}

void l2_normalization(const float* x, float, float* y, std::int64_t n) noexcept {
  constexpr float least = 1e-6f;
  float sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += x[i] * x[i];
  const float norm = std::sqrt(sum);
  for (std::int64_t i = 0; i < n; ++i) y[i] = canonical(x[i] / (norm < least ? least : norm));
}

class RowStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(args.in[0]);
    float* y = output(args);
    for_tasks(args.threads, args.batch * rows, std::max<std::int64_t>(1, 1024 / depth),
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r)
                  function(x + r * depth, beta, y + r * depth, depth);
              });
  }
  const char* kernel_name() const noexcept override { return "float"; }

  RowFunction function = nullptr;
  float beta = 1.0f;
  std::int64_t rows = 1, depth = 1;
};

}  // namespace

std::unique_ptr<Step> create_rows(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  expect_f32(x);
  expect_f32(node.output());
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  OCTET_CHECK(!x.shape.empty(), quoted(x), ": expected at least 1 dimension, got a scalar");
  node.expect_output_shape(x.shape);
  if (node.op() == OpCode::l2_normalization) node.expect_no_activation();
  auto step = new_step<RowStep>(node);
  if (node.op() == OpCode::softmax) {
    step->function = softmax;
    step->beta = node.attributes<SoftmaxAttributes>().beta;
  } else {
    step->function = node.op() == OpCode::log_softmax ? log_softmax : l2_normalization;
  }
  step->depth = x.shape.back();
  step->rows = element_count(x.shape) / step->depth;
  return step;
}

}  // namespace octet::int8::floats
