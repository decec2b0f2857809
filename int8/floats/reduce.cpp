// MEAN, SUM, REDUCE_MAX and REDUCE_MIN of floats: elements are taken in their order.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/floats/functions.h"
#include "int8/ops/reduction_step.h"

namespace octet::int8::floats {
namespace {

struct Reduction {
  float first;  ///< of nothing
  float (*add)(float sum, float x);
};

Reduction reduction_of(OpCode op) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  switch (op) {
    case OpCode::mean:
    case OpCode::sum:
      return {0.0f, [](float s, float x) { return s + x; }};
    case OpCode::reduce_max:
      return {-infinity, [](float s, float x) { return x > s ? x : s; }};
    case OpCode::reduce_min:
      return {infinity, [](float s, float x) { return x < s ? x : s; }};
    default:
      fail("not computed on floats");
  }
}

class ReduceStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const float*>(args.in[0]);
    float* y = output(args);
    args.threads.run(args.batch,
                     [&](std::int64_t s, int) { reduce(x + s * in_sample, y + s * out_sample); });
  }
  const char* kernel_name() const noexcept override { return "float"; }

  Reduction reduction{};
  float divisor = 1.0f;
  struct Dim {
    std::int64_t size, y_stride;
  };
  std::vector<Dim> dims;  ///< outermost first
  std::int64_t in_sample = 1, out_sample = 1;

 private:
  void reduce(const float* x, float* y) const noexcept {
    std::fill_n(y, out_sample, reduction.first);
    add(x, y, 0);
    for (std::int64_t i = 0; i < out_sample; ++i) y[i] = canonical(y[i] / divisor);
  }
  /// Adds the elements from dimension `d` on; returns what comes behind them.
  const float* add(const float* x, float* y, std::size_t d) const noexcept {
    if (d == dims.size()) {
      *y = reduction.add(*y, *x);
      return x + 1;
    }
    for (std::int64_t i = 0; i < dims[d].size; ++i) x = add(x, y + i * dims[d].y_stride, d + 1);
    return x;
  }
};

}  // namespace

std::unique_ptr<Step> create_reduce(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.input(0);
  expect_f32(x);
  expect_f32(node.output());
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  const std::vector<bool> reduced = reduced_dims(node, x.shape);
  const bool keep_dims = node.attributes<MeanAttributes>().keep_dims;
  auto step = new_step<ReduceStep>(node);
  step->reduction = reduction_of(node.op());
  Dims shape;
  for (std::size_t d = x.shape.size(); d-- > 0;) {
    step->dims.insert(step->dims.begin(), {x.shape[d], reduced[d] ? 0 : step->out_sample});
    if (!reduced[d]) step->out_sample *= x.shape[d];
    if (!reduced[d] || keep_dims) shape.insert(shape.begin(), reduced[d] ? 1 : x.shape[d]);
  }
  node.expect_output_shape(shape);
  step->in_sample = element_count(x.shape);
  if (node.op() == OpCode::mean)
    step->divisor = static_cast<float>(step->in_sample / step->out_sample);
  return step;
}

}  // namespace octet::int8::floats
