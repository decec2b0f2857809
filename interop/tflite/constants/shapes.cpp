#include "interop/tflite/constants/shapes.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

#include "interop/tflite/nodes.h"

namespace octet::tflite {
namespace {

enum Code : std::int32_t {
  fully_connected = 9,
  reshape = 22,
  batch_to_space = 37,
  space_to_batch = 38,
  tile = 69,
  expand_dims = 70,
  broadcast_to = 130
};
// What gives a value of the input's shape, and what gives as many images as it gets.
constexpr std::int32_t elementwise[] = {0,  6,  8,  11,  14,  18,  19,  20,  21,  25,  28, 41,
                                        42, 47, 50, 53,  54,  55,  57,  59,  73,  75,  76, 78,
                                        92, 98, 99, 101, 104, 111, 114, 116, 117, 150, 152};
constexpr std::int32_t by_image[] = {1, 3, 4, 17, 23, 34, 60, 97, 100};

template <std::size_t n>
bool contains(const std::int32_t (&codes)[n], std::int32_t code) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

/// Nothing beyond what a dimension can be.
std::optional<std::int32_t> dimension(std::int64_t n) {
  if (n < 1 || n > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return static_cast<std::int32_t>(n);
}

/// Nothing beyond 2^31.
std::optional<std::int64_t> count_of(const Dims& shape) {
  std::int64_t n = 1;
  for (const std::int32_t d : shape) {
    n *= d;
    if (n > std::int64_t{1} << 31) return std::nullopt;
  }
  return n;
}

std::optional<Dims> reshaped(const Dims& from, const IntValue& to) {
  const auto count = count_of(from);
  if (!count || to.elements.size() > 8) return std::nullopt;
  Dims shape;
  std::int64_t known = 1;
  for (const std::int64_t d : to.elements) {
    if (d != -1 && !dimension(d)) return std::nullopt;
    shape.push_back(static_cast<std::int32_t>(d));
    if (d != -1) known *= d;
    if (known > *count) return std::nullopt;
  }
  for (std::int32_t& d : shape) {
    if (d == -1) d = static_cast<std::int32_t>(*count / known);
  }
  return shape;
}

/// `from` as often as `times` says; without `from`, what `times` says.
std::optional<Dims> repeated(const Dims* from, const IntValue& times) {
  if (times.elements.size() > IntValue::max_rank || (from && from->size() != times.elements.size()))
    return std::nullopt;
  Dims shape;
  for (std::size_t d = 0; d < times.elements.size(); ++d) {
    const auto n = dimension(times.elements[d]);
    const auto size = n ? dimension(std::int64_t{*n} * (from ? (*from)[d] : 1)) : n;
    if (!size) return std::nullopt;
    shape.push_back(*size);
  }
  return shape;
}

std::optional<Dims> product_shape(const FullyConnectedOptions* options, Dims x, const Dims& w) {
  const auto count = count_of(x);
  if (!count || w.size() != 2 || x.empty()) return std::nullopt;
  const auto rows = dimension(*count / w[1]);
  if (!rows) return std::nullopt;
  if (!options || !options->keep_num_dims()) return Dims{*rows, w[0]};
  x.back() = w[0];
  return x;
}

/// `declared` with `times` or, where `divided`, a part of as many images as `x` has.
std::optional<Dims> images(const Dims& x, Dims declared, std::int64_t times, bool divided) {
  if (x.empty() || declared.empty()) return std::nullopt;
  const auto n = dimension(divided ? x[0] / times : x[0] * times);
  if (!n) return std::nullopt;
  declared[0] = *n;
  return declared;
}

}  // namespace

bool Shapes::valid(std::int32_t t) const {
  return t >= 0 && static_cast<std::uint32_t>(t) < subgraph_.tensors()->size();
}
const Tensor& Shapes::tensor(std::int32_t t) const {
  return *subgraph_.tensors()->Get(static_cast<unsigned>(t));
}

std::optional<Dims> Shapes::of(std::int32_t t) const {
  if (const auto found = changed_.find(t); found != changed_.end()) return found->second;
  if (!valid(t) || (tensor(t).shape() && tensor(t).shape()->size() > 8)) return std::nullopt;
  Dims shape;
  if (tensor(t).shape()) shape.assign(tensor(t).shape()->begin(), tensor(t).shape()->end());
  const auto* open = tensor(t).shape_signature();
  for (unsigned d = 0; d < shape.size(); ++d) {
    const bool dynamic = open && d > 0 && d < open->size() && open->Get(d) == -1;
    if (shape[d] < 1 || dynamic) return std::nullopt;
  }
  return shape;
}

void Shapes::infer(const Operator& op, std::int32_t code, const Known& known) {
  if (!op.inputs() || op.inputs()->size() == 0 || !op.outputs() || op.outputs()->size() != 1)
    return;
  const std::int32_t y = op.outputs()->Get(0);
  if (!valid(y)) return;
  const bool changes = std::any_of(op.inputs()->begin(), op.inputs()->end(),
                                   [this](std::int32_t t) { return changed_.contains(t); });
  const bool makes_batch = code == batch_to_space || code == space_to_batch;
  const auto declared = of(y);
  const auto* open = tensor(y).shape_signature();
  const bool open_batch = open && open->size() > 0 && open->Get(0) == -1;
  const bool shaped = code == reshape || code == tile || code == broadcast_to || code == fill_code;
  const bool reshapes = shaped && (!declared || open_batch);
  if (!changes && !makes_batch && !reshapes) return;
  const auto shape = output(op, code, known);
  if (shape && shape != declared) changed_[y] = *shape;
}

std::optional<Dims> Shapes::output(const Operator& op, std::int32_t code,
                                   const Known& known) const {
  const auto x = of(op.inputs()->Get(0)), declared = of(op.outputs()->Get(0));
  const auto integers = [&](unsigned i) -> const IntValue* {
    return i < op.inputs()->size() ? known(op.inputs()->Get(i)) : nullptr;
  };
  if (!x) return std::nullopt;
  const IntValue* second = integers(1);
  if (code == reshape) return second ? reshaped(*x, *second) : std::nullopt;
  if (code == tile) return second ? repeated(&*x, *second) : std::nullopt;
  if (code == broadcast_to || code == fill_code) {
    const IntValue* shape = integers(code == fill_code ? 0 : 1);
    return shape ? repeated(nullptr, *shape) : std::nullopt;
  }
  if (code == fully_connected && op.inputs()->size() > 1) {
    const auto w = of(op.inputs()->Get(1));
    return w ? product_shape(op.builtin_options_as<FullyConnectedOptions>(), *x, *w) : std::nullopt;
  }
  if (code == expand_dims && second && second->elements.size() == 1 && x->size() < 8) {
    const auto rank = static_cast<std::int64_t>(x->size()) + 1;
    const std::int64_t axis = second->elements[0];
    if (axis < -rank || axis >= rank) return std::nullopt;
    Dims shape = *x;
    shape.insert(shape.begin() + (axis < 0 ? axis + rank : axis), 1);
    return shape;
  }
  if (contains(elementwise, code)) {
    Dims shape = *x;
    for (unsigned i = 1; i < op.inputs()->size(); ++i) {
      const auto other = of(op.inputs()->Get(i));
      if (!other) return std::nullopt;
      if (other->size() > shape.size())
        shape.insert(shape.begin(), other->size() - shape.size(), 1);
      const std::size_t shift = shape.size() - other->size();
      for (std::size_t d = 0; d < other->size(); ++d)
        shape[d + shift] = std::max(shape[d + shift], (*other)[d]);
    }
    return shape;
  }
  if (!declared) return std::nullopt;
  if (contains(by_image, code)) return images(*x, *declared, 1, false);
  if ((code == batch_to_space || code == space_to_batch) && second) {
    std::int64_t blocks = 1;
    for (const std::int64_t b : second->elements) {
      if (b < 1 || b > 1 << 16 || blocks > 1 << 16) return std::nullopt;
      blocks *= b;
    }
    return images(*x, *declared, blocks, code == batch_to_space);
  }
  return std::nullopt;
}

}  // namespace octet::tflite
