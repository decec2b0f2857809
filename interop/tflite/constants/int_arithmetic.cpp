#include <algorithm>
#include <utility>

#include "interop/tflite/constants/operands.h"

namespace octet::tflite {
namespace {

using Function = std::int64_t(std::int64_t, std::int64_t);

std::vector<IntValue> map(const IntOperands& o, Function* f) {
  const IntValue &a = operand(o, 0), &b = operand(o, 1);
  IntValue y{broadcast(a.shape, b.shape), {}};
  for (const auto& [i, k] :
       positions(y.shape, broadcast_strides(a.shape, y.shape), broadcast_strides(b.shape, y.shape)))
    y.elements.push_back(f(a.elements[i], b.elements[k]));
  return {y};
}

/// `result` by reference: it is read when the call that tells of the overflow has written it.
std::int64_t checked(bool overflows, const std::int64_t& result) {
  OCTET_CHECK(!overflows, "the integers overflow");
  return result;
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t y = 0;
  return checked(__builtin_add_overflow(a, b, &y), y);
}
std::int64_t difference(std::int64_t a, std::int64_t b) {
  std::int64_t y = 0;
  return checked(__builtin_sub_overflow(a, b, &y), y);
}
std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t y = 0;
  return checked(__builtin_mul_overflow(a, b, &y), y);
}
std::int64_t greater(std::int64_t a, std::int64_t b) {
  return std::max(a, b);
}
std::int64_t less(std::int64_t a, std::int64_t b) {
  return std::min(a, b);
}
std::int64_t quotient(std::int64_t a, std::int64_t b) {
  OCTET_CHECK(b != 0, "division by 0");
  return b == -1 ? difference(0, a) : a / b;
}
std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  const std::int64_t q = quotient(a, b);
  return b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
std::int64_t floor_remainder(std::int64_t a, std::int64_t b) {
  OCTET_CHECK(b != 0, "division by 0");
  const std::int64_t r = b == -1 ? 0 : a % b;
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

template <Function f>
std::vector<IntValue> elementwise(const IntOperands& o) {
  return map(o, f);
}

/// ADD, SUB and MUL may have an activation fused into them; shape arithmetic has none.
template <class Options, Function f>
std::vector<IntValue> without_activation(const IntOperands& o) {
  const auto* options = o.op.builtin_options_as<Options>();
  OCTET_CHECK(!options || options->activation() == 0, "a fused activation on integers");
  return map(o, f);
}

std::vector<IntValue> fold(const IntOperands& o, Function* f) {
  const IntValue& x = operand(o, 0);
  const auto* options = o.op.builtin_options_as<ReducerOptions>();
  Dims kept = x.shape;
  for (const std::int64_t axis : operand(o, 1).elements) {
    if (x.shape.empty()) break;  // of a scalar nothing is left to do
    kept[axis_of(axis, x.shape.size())] = 1;
  }
  OCTET_CHECK(checked_count(x.shape) > 0, "nothing to reduce");
  const std::size_t count = checked_count(kept);
  IntValue y{{}, std::vector<std::int64_t>(count)};
  std::vector<bool> begun(count);
  for (const auto& [i, k] :
       positions(x.shape, strides_of(x.shape), broadcast_strides(kept, x.shape))) {
    const std::int64_t v = x.elements[i];
    y.elements[k] = begun[k] ? f(y.elements[k], v) : v;
    begun[k] = true;
  }
  if (options && options->keep_dims()) {
    y.shape = kept;
  } else {
    std::vector<bool> gone(x.shape.size());
    for (const std::int64_t axis : operand(o, 1).elements) {
      if (!x.shape.empty()) gone[axis_of(axis, x.shape.size())] = true;
    }
    for (std::size_t d = 0; d < kept.size(); ++d) {
      if (!gone[d]) y.shape.push_back(kept[d]);
    }
  }
  return {y};
}

template <Function f>
std::vector<IntValue> reduce(const IntOperands& o) {
  return fold(o, f);
}

constexpr IntEntry entries[] = {
    {0, without_activation<AddOptions, sum>},
    {18, without_activation<MulOptions, product>},
    {41, without_activation<SubOptions, difference>},
    {42, elementwise<quotient>},
    {55, elementwise<greater>},
    {57, elementwise<less>},
    {74, reduce<sum>},
    {81, reduce<product>},
    {82, reduce<greater>},
    {89, reduce<less>},
    {90, elementwise<floor_quotient>},
    {95, elementwise<floor_remainder>},
};

}  // namespace

IntFunction find_int_arithmetic(std::int32_t builtin_code) noexcept {
  return find_entry(entries, builtin_code);
}

}  // namespace octet::tflite
