// CAST: numbers of one type as those of another. Codes are their numbers, whatever their scale.
#include <limits>
#include <type_traits>

#include "base/error.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

/// Integers wrap; floats lose their fraction and stop at the ends of the type, NaN at the upper
/// one.
template <class X, class Y>
Y cast(X x) noexcept {
  if constexpr (std::is_same_v<X, float> && !std::is_same_v<Y, float>) {
    // -2^n and 2^n are floats, and what lies between fits.
    constexpr auto end = static_cast<float>(std::numeric_limits<Y>::max() / 2 + 1) * 2.0f;
    constexpr auto least = static_cast<float>(std::numeric_limits<Y>::min());
    if (!(x < end)) return std::numeric_limits<Y>::max();
    return x < least ? std::numeric_limits<Y>::min() : static_cast<Y>(x);
  } else {
    return static_cast<Y>(x);
  }
}

template <class X, class Y>
class CastStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto* x = reinterpret_cast<const X*>(args.in[0]);
    auto* y = reinterpret_cast<Y*>(args.out[0]);
    for_tasks(args.threads, args.batch * elements, elements_per_task,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) y[i] = cast<X, Y>(x[i]);
              });
  }

  std::int64_t elements = 0;  ///< of one sample
};

/// f with a value of the C++ type of `type`.
template <class F>
std::unique_ptr<Step> with_type(DType type, const F& f) {
  switch (type) {
    case DType::f32:
      return f(float());
    case DType::i32:
      return f(std::int32_t());
    case DType::i8:
      return f(std::int8_t());
    case DType::u8:
      return f(std::uint8_t());
    case DType::i16:
      return f(std::int16_t());
    case DType::i64:
      return f(std::int64_t());
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<Step> create_cast(const NodeView& node) {
  node.expect_operands(1, 1);
  const TensorDef& x = node.input(0);
  OCTET_CHECK(!x.constant, quoted(x), ": expected a computed value, got a constant");
  node.expect_output_shape(x.shape);
  return with_type(x.type, [&](auto from) {
    return with_type(node.output().type, [&](auto to) -> std::unique_ptr<Step> {
      auto step = new_step<CastStep<decltype(from), decltype(to)>>(node);
      step->elements = element_count(x.shape);
      return step;
    });
  });
}

}  // namespace octet::int8
