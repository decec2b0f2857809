// Two float values that broadcast.
#include <algorithm>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/floats/functions.h"
#include "int8/ops/binary.h"

namespace octet::int8::floats {
namespace {

struct Row {
  const float* x;
  std::int64_t stride;  ///< 0 or 1
};

using RowFunction = void (*)(Row a, Row b, float* y, std::int64_t n, FloatRange range) noexcept;

/// y = f(a, b), limited.
template <class F>
void row(Row a, Row b, float* y, std::int64_t n, FloatRange range) noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    y[i] = range.limit(F()(a.x[i * a.stride], b.x[i * b.stride]));
  }
}

struct Add {
  float operator()(float a, float b) const noexcept { return a + b; }
};
struct Sub {
  float operator()(float a, float b) const noexcept { return a - b; }
};
struct Mul {
  float operator()(float a, float b) const noexcept { return a * b; }
};
struct Div {
  float operator()(float a, float b) const noexcept { return a / b; }
};
struct Maximum {
  float operator()(float a, float b) const noexcept { return a > b ? a : b; }
};
struct Minimum {
  float operator()(float a, float b) const noexcept { return a < b ? a : b; }
};
struct SquaredDifference {
  float operator()(float a, float b) const noexcept { return (a - b) * (a - b); }
};
struct Pow {
  float operator()(float a, float b) const noexcept { return pow(a, b); }
};
struct Prelu {
  float operator()(float x, float slope) const noexcept { return x >= 0 ? x : x * slope; }
};

RowFunction function_of(OpCode op) {
  switch (op) {
    case OpCode::add:
      return row<Add>;
    case OpCode::sub:
      return row<Sub>;
    case OpCode::mul:
      return row<Mul>;
    case OpCode::div:
      return row<Div>;
    case OpCode::maximum:
      return row<Maximum>;
    case OpCode::minimum:
      return row<Minimum>;
    case OpCode::squared_difference:
      return row<SquaredDifference>;
    case OpCode::pow:
      return row<Pow>;
    case OpCode::prelu:
      return row<Prelu>;
    default:
      fail("not computed on floats");
  }
}

class BinaryStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const float *pa = a.data(args), *pb = b.data(args);
    float* y = output(args);
    broadcast.for_each_tile(args.threads, args.batch,
                            [&](std::int64_t ia, std::int64_t ib, std::int64_t iy, std::int64_t n) {
                              run_tile(pa + ia, pb + ib, y + iy, n);
                            });
  }
  const char* kernel_name() const noexcept override { return "float"; }
  std::size_t packed_bytes() const noexcept override { return a.bytes() + b.bytes(); }

  Operand a, b;
  BroadcastPlan broadcast;
  RowFunction function = nullptr;
  FloatRange range{};

 private:
  void run_tile(const float* pa, const float* pb, float* y, std::int64_t n) const noexcept {
    const std::int64_t periods[] = {broadcast.a_period(), broadcast.b_period()};
    const std::int64_t longest = std::max(periods[0], periods[1]);
    const std::int64_t chunk = longest > 1 ? longest : n;
    const auto part = [](const float* x, std::int64_t period, std::int64_t at) {
      return period == 0 ? Row{x + at, 1} : Row{x, period == 1 ? 0 : 1};
    };
    for (std::int64_t i = 0; i < n; i += chunk) {
      function(part(pa, periods[0], i), part(pb, periods[1], i), y + i, std::min(chunk, n - i),
               range);
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_binary(const NodeView& node) {
  node.expect_operands(2, 2);
  expect_f32(node.output());
  auto step = new_step<BinaryStep>(node, {});
  step->a = Operand(node, 0, *step);
  step->b = Operand(node, 1, *step);
  step->broadcast = BroadcastPlan(node.input(0).shape, step->a.is_constant(), node.input(1).shape,
                                  step->b.is_constant());
  node.expect_output_shape(step->broadcast.shape());
  const auto* attributes = std::get_if<ElementwiseAttributes>(&node.attributes());
  step->range = range_of(attributes ? attributes->activation : Activation::none);
  step->function = function_of(node.op());
  for (int i = 0; i < 2; ++i) {
    const Operand& operand = i == 0 ? step->a : step->b;
    const bool same_size =
        element_count(node.input(i).shape) == element_count(step->broadcast.shape());
    if (!operand.is_constant() && same_size) step->in_place.push_back(operand.slot());
  }
  return step;
}

}  // namespace octet::int8::floats
