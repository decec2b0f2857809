// Functions of elements.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "interop/onnx/constants/folding.h"

namespace octet::onnx {
namespace {

using Int = std::int64_t;

/// Wraps around, as the machine does.
Int wrapped(std::uint64_t v) {
  return static_cast<Int>(v);
}
std::uint64_t u(Int v) {
  return static_cast<std::uint64_t>(v);
}

Int divided(Int a, Int b) {
  OCTET_CHECK(b != 0, "division of an integer by 0");
  return b == -1 ? wrapped(0 - u(a)) : a / b;
}

Int modulo(Int a, Int b) {
  OCTET_CHECK(b != 0, "division of an integer by 0");
  if (b == -1) return 0;
  const Int m = a % b;
  return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}

Int remainder(Int a, Int b) {
  OCTET_CHECK(b != 0, "division of an integer by 0");
  return b == -1 ? 0 : a % b;
}

Int power(Int a, Int b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
  std::uint64_t y = 1, x = u(a);
  for (; b > 0; b /= 2, x *= x) {
    if (b % 2 != 0) y *= x;
  }
  return wrapped(y);
}

struct Binary {
  double (*reals)(double, double);
  Int (*ints)(Int, Int);
  bool compares = false;  ///< the result is 0 or 1
};

#define OCTET_BINARY(expression_real, expression_int)             \
  Binary {                                                        \
    [](double a, double b) -> double { return expression_real; }, \
        [](Int a, Int b) -> Int { return expression_int; }        \
  }
#define OCTET_COMPARISON(expression)                                 \
  Binary {                                                           \
    [](double a, double b) -> double { return expression ? 1 : 0; }, \
        [](Int a, Int b) -> Int { return expression ? 1 : 0; }, true \
  }

const std::map<std::string, Binary, std::less<>>& binaries() {
  static const std::map<std::string, Binary, std::less<>> table{
      {"Add", OCTET_BINARY(a + b, wrapped(u(a) + u(b)))},
      {"Sub", OCTET_BINARY(a - b, wrapped(u(a) - u(b)))},
      {"Mul", OCTET_BINARY(a * b, wrapped(u(a) * u(b)))},
      {"Div", OCTET_BINARY(a / b, divided(a, b))},
      {"Pow", OCTET_BINARY(std::pow(a, b), power(a, b))},
      {"Mod", OCTET_BINARY(std::fmod(a, b), modulo(a, b))},
      {"Max", OCTET_BINARY(std::max(a, b), std::max(a, b))},
      {"Min", OCTET_BINARY(std::min(a, b), std::min(a, b))},
      {"Equal", OCTET_COMPARISON(a == b)},
      {"Less", OCTET_COMPARISON(a < b)},
      {"LessOrEqual", OCTET_COMPARISON(a <= b)},
      {"Greater", OCTET_COMPARISON(a > b)},
      {"GreaterOrEqual", OCTET_COMPARISON(a >= b)},
      {"And", OCTET_COMPARISON((a != 0) && (b != 0))},
      {"Or", OCTET_COMPARISON((a != 0) || (b != 0))},
      {"Xor", OCTET_COMPARISON((a != 0) != (b != 0))},
  };
  return table;
}

using Unary = double (*)(double);
const std::map<std::string, Unary, std::less<>>& unaries() {
  static const std::map<std::string, Unary, std::less<>> table{
      {"Sqrt", [](double x) { return std::sqrt(x); }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Log", [](double x) { return std::log(x); }},
      {"Reciprocal", [](double x) { return 1 / x; }},
      {"Floor", [](double x) { return std::floor(x); }},
      {"Ceil", [](double x) { return std::ceil(x); }},
      {"Round", [](double x) { return std::nearbyint(x); }},
      {"Neg", [](double x) { return -x; }},
      {"Abs", [](double x) { return std::abs(x); }},
      {"Sin", [](double x) { return std::sin(x); }},
      {"Cos", [](double x) { return std::cos(x); }},
      {"Erf", [](double x) { return std::erf(x); }},
      {"Tanh", [](double x) { return std::tanh(x); }},
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Relu", [](double x) { return x > 0 ? x : 0; }},
  };
  return table;
}

/// Calls f(i, indices of the operands' elements) for each element of `dims`.
template <class F>
void for_broadcast(const Extents& dims, const Constants& x, const F& f) {
  const std::size_t rank = dims.size();
  std::vector<Extents> strides;
  for (const ConstantPtr& c : x) {
    Extents s(rank, 0);
    Int stride = 1;
    for (std::size_t d = c->dims.size(); d-- > 0;) {
      if (c->dims[d] != 1) s[d + rank - c->dims.size()] = stride;
      stride *= c->dims[d];
    }
    strides.push_back(std::move(s));
  }
  const Int n = product(dims);
  Extents index(rank, 0), at(x.size(), 0);
  for (Int i = 0; i < n; ++i) {
    f(i, at);
    for (std::size_t d = rank; d-- > 0;) {
      const bool wraps = ++index[d] == dims[d];
      for (std::size_t k = 0; k < x.size(); ++k)
        at[k] += wraps ? -strides[k][d] * (dims[d] - 1) : strides[k][d];
      if (!wraps) break;
      index[d] = 0;
    }
  }
}

ConstantPtr binary(const Binary& f, const ConstantPtr& a, const ConstantPtr& b) {
  const Extents dims = broadcast(a->dims, b->dims);
  const Int n = result_size(dims, a->size() + b->size());
  const bool real_operands = a->real || b->real;
  const std::string& name = a->name.empty() ? b->name : a->name;
  if (real_operands && !f.compares) {
    Tensor t = Tensor::empty({n});
    for_broadcast(dims, {a, b}, [&](Int i, const Extents& at) {
      t.r()[i] = static_cast<float>(f.reals(a->at(at[0]), b->at(at[1])));
    });
    return make_reals(name, dims, std::move(t));
  }
  std::vector<Int> v(static_cast<std::size_t>(n));
  for_broadcast(dims, {a, b}, [&](Int i, const Extents& at) {
    const auto p = static_cast<std::size_t>(at[0]), q = static_cast<std::size_t>(at[1]);
    v[static_cast<std::size_t>(i)] = real_operands
                                         ? static_cast<Int>(f.reals(a->at(at[0]), b->at(at[1])))
                                         : f.ints(a->ints[p], b->ints[q]);
  });
  return make_ints(name, dims, std::move(v));
}

ConstantPtr unary(Unary f, const ConstantPtr& x) {
  if (!x->real) {
    OCTET_CHECK(std::all_of(x->ints.begin(), x->ints.end(),
                            [](Int e) { return std::abs(static_cast<double>(e)) <= 0x1p53; }),
                "expected integers up to 2^53");
    std::vector<Int> v;
    for (const Int e : x->ints) v.push_back(static_cast<Int>(f(static_cast<double>(e))));
    return make_ints(x->name, x->dims, std::move(v));
  }
  Tensor t = Tensor::empty({x->size()});
  for (Int i = 0; i < x->size(); ++i) t.r()[i] = static_cast<float>(f(x->at(i)));
  return make_reals(x->name, x->dims, std::move(t));
}

Int to_int(double v, std::int64_t type) {
  if (type == proto::TensorProto::BOOL) return v != 0 ? 1 : 0;
  if (!(std::abs(v) < 0x1p63)) return std::numeric_limits<Int>::min();
  return static_cast<Int>(v);
}

/// What an element of an integer type keeps.
Int narrowed(Int v, std::int64_t type) {
  using Type = proto::TensorProto;
  switch (type) {
    case Type::BOOL:
      return v != 0;
    case Type::INT8:
      return static_cast<std::int8_t>(v);
    case Type::UINT8:
      return static_cast<std::uint8_t>(v);
    case Type::INT16:
      return static_cast<std::int16_t>(v);
    case Type::UINT16:
      return static_cast<std::uint16_t>(v);
    case Type::INT32:
      return static_cast<std::int32_t>(v);
    case Type::UINT32:
      return static_cast<std::uint32_t>(v);
    default:
      return v;
  }
}

ConstantPtr cast(const ConstantPtr& x, std::int64_t to) {
  using Type = proto::TensorProto;
  const bool real =
      to == Type::FLOAT || to == Type::DOUBLE || to == Type::FLOAT16 || to == Type::BFLOAT16;
  OCTET_CHECK(real || (to >= Type::UINT8 && to <= Type::UINT64 && to != Type::STRING),
              "to: expected a float or integer type, got ", to);
  if (real && x->real) return x;
  if (real) {
    Tensor t = Tensor::empty({x->size()});
    for (Int i = 0; i < x->size(); ++i) t.r()[i] = static_cast<float>(x->at(i));
    return make_reals(x->name, x->dims, std::move(t));
  }
  std::vector<Int> v;
  for (Int i = 0; i < x->size(); ++i) {
    const Int e = x->real ? to_int(x->at(i), to) : x->ints[static_cast<std::size_t>(i)];
    v.push_back(narrowed(e, to));
  }
  if (!x->real && v == x->ints) return x;
  return make_ints(x->name, x->dims, std::move(v));
}

ConstantPtr where(const ConstantPtr& condition, const ConstantPtr& a, const ConstantPtr& b) {
  const Extents dims = broadcast(condition->dims, broadcast(a->dims, b->dims));
  const Int n = result_size(dims);
  OCTET_CHECK(a->real == b->real, "expected operands of one type");
  Tensor t = a->real ? Tensor::empty({n}) : Tensor();
  std::vector<Int> v(a->real ? 0 : static_cast<std::size_t>(n));
  for_broadcast(dims, {condition, a, b}, [&](Int i, const Extents& at) {
    const bool first = condition->at(at[0]) != 0;
    const Constant& from = *(first ? a : b);
    const Int k = first ? at[1] : at[2];
    if (a->real) {
      t.r()[i] = from.reals.r()[k];
    } else {
      v[static_cast<std::size_t>(i)] = from.ints[static_cast<std::size_t>(k)];
    }
  });
  return a->real ? make_reals("", dims, std::move(t)) : make_ints("", dims, std::move(v));
}

}  // namespace

bool fold_elementwise(OpNode& node, const Constants& x) {
  const auto operand = [&](std::size_t i) -> const ConstantPtr& {
    OCTET_CHECK(i < x.size() && x[i], "expected an operand ", i);
    return x[i];
  };
  if (const auto f = binaries().find(node.type()); f != binaries().end()) {
    Binary by = f->second;
    if (node.integer("fmod", 0) != 0) by.ints = remainder;  // of Mod
    ConstantPtr y = operand(0);
    for (std::size_t i = 1; i < x.size(); ++i) y = binary(by, y, operand(i));
    set_constant(node, 0, std::move(y));
  } else if (const auto g = unaries().find(node.type()); g != unaries().end()) {
    set_constant(node, 0, unary(g->second, x[0]));
  } else if (node.type() == "Cast") {
    node.ignore({"saturate", "round_mode"});
    set_constant(node, 0, cast(x[0], node.integer("to", 0)));
  } else if (node.type() == "Where") {
    set_constant(node, 0, where(x[0], operand(1), operand(2)));
  } else if (node.type() == "Not") {
    set_constant(node, 0, unary([](double v) { return v == 0 ? 1.0 : 0.0; }, x[0]));
  } else {
    return false;
  }
  return true;
}

}  // namespace octet::onnx
