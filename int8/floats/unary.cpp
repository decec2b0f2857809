// One float value, element by element.
#include <cmath>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/floats/functions.h"

namespace octet::int8::floats {
namespace {

using Function = float (*)(float x, float alpha);

class UnaryStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const float* from = x.data(args);
    float* to = output(args);
    const std::int64_t stride = x.sample(sample);
    for_sample_tasks(args.threads, args.batch, sample, elements_per_task / 8,
                     [&](std::int64_t s, std::int64_t begin, std::int64_t end) {
                       for (std::int64_t i = begin; i < end; ++i)
                         to[s * sample + i] = function(from[s * stride + i], alpha);
                     });
  }
  const char* kernel_name() const noexcept override { return "float"; }
  std::size_t packed_bytes() const noexcept override { return x.bytes(); }

  Operand x;
  Function function = nullptr;
  float alpha = 0.0f;
  std::int64_t sample = 0;
};

float clamp_to(float x, float least, float most) noexcept {
  return canonical(x < least ? least : x > most ? most : x);
}

Function function_of(const NodeView& node) {
  switch (node.op()) {
    case OpCode::abs:
      return [](float x, float) { return canonical(std::fabs(x)); };
    case OpCode::ceil:
      return [](float x, float) { return canonical(std::ceil(x)); };
    case OpCode::elu:
      return [](float x, float) { return elu(x); };
    case OpCode::exp:
      return [](float x, float) { return exp(x); };
    case OpCode::floor:
      return [](float x, float) { return canonical(std::floor(x)); };
    case OpCode::gelu:
      return node.attributes<GeluAttributes>().approximate
                 ? Function([](float x, float) { return gelu_by_tanh(x); })
                 : Function([](float x, float) { return gelu(x); });
    case OpCode::hard_swish:
      return [](float x, float) { return hard_swish(x); };
    case OpCode::leaky_relu:
      return [](float x, float alpha) { return canonical(x > 0 ? x : x * alpha); };
    case OpCode::log:
      return [](float x, float) { return log(x); };
    case OpCode::logistic:
      return [](float x, float) { return logistic(x); };
    case OpCode::neg:
      return [](float x, float) { return canonical(-x); };
    case OpCode::relu:
      return [](float x, float) { return canonical(x < 0 ? 0.0f : x); };
    case OpCode::relu_0_to_1:
      return [](float x, float) { return clamp_to(x, 0.0f, 1.0f); };
    case OpCode::relu6:
      return [](float x, float) { return clamp_to(x, 0.0f, 6.0f); };
    case OpCode::relu_n1_to_1:
      return [](float x, float) { return clamp_to(x, -1.0f, 1.0f); };
    case OpCode::round:
      return [](float x, float) { return round(x); };
    case OpCode::rsqrt:
      return [](float x, float) { return canonical(1.0f / std::sqrt(x)); };
    case OpCode::sqrt:
      return [](float x, float) { return canonical(std::sqrt(x)); };
    case OpCode::square:
      return [](float x, float) { return canonical(x * x); };
    case OpCode::tanh:
      return [](float x, float) { return tanh(x); };
    default:
      fail("not computed on floats");
  }
}

}  // namespace

std::unique_ptr<Step> create_unary(const NodeView& node) {
  node.expect_operands(1, 1);
  expect_f32(node.output());
  node.expect_output_shape(node.input(0).shape);
  auto step = new_step<UnaryStep>(node, {});
  step->x = Operand(node, 0, *step);
  step->function = function_of(node);
  if (node.op() == OpCode::leaky_relu) step->alpha = node.attributes<LeakyReluAttributes>().alpha;
  step->sample = element_count(node.input(0).shape);
  if (!step->x.is_constant()) step->in_place = {0};
  return step;
}

}  // namespace octet::int8::floats
