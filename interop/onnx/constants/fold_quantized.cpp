// QuantizeLinear, DequantizeLinear and Clip of constants.
#include <algorithm>
#include <cmath>

#include "interop/onnx/constants/folding.h"
#include "interop/onnx/ops/node_quantizer.h"

namespace octet::onnx {
namespace {

/// The index along the quantizer's axis of each element; 0 where there is one scale.
class ChannelOf {
 public:
  ChannelOf(const Extents& dims, const NodeQuantizer& q)
      : extent_(q.scales.size() > 1 ? dims[q.axis] : 1),
        inner_(q.scales.size() > 1 ? product(dims, q.axis + 1, dims.size()) : 1) {}
  std::size_t operator()(std::int64_t i) const {
    return static_cast<std::size_t>(i / inner_ % extent_);
  }

 private:
  std::int64_t extent_, inner_;
};

/// saturate(round(x / scale) + zero point), halves to the even number.
ConstantPtr quantize(OpNode& node, const Constant& x) {
  OCTET_CHECK(x.real, "expected reals, got integers");
  const NodeQuantizer q = quantizer_of(node, 0);
  const double low = q.is_unsigned() ? 0 : -128, high = q.is_unsigned() ? 255 : 127;
  const ChannelOf channel(x.dims, q);
  std::vector<std::int64_t> codes(static_cast<std::size_t>(x.size()));
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const std::size_t c = channel(i);
    const double v =
        std::nearbyint(double(x.reals.r()[i] / q.scales[c])) + double(q.zero_points[c]);
    OCTET_CHECK(!std::isnan(v), "a weight is not a number");
    codes[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(std::clamp(v, low, high));
  }
  return make_ints(x.name, x.dims, std::move(codes), q.type);
}

/// ORT's quantizer names the codes of "w" so.
std::string name_of_reals(std::string name) {
  constexpr std::string_view ending = "_quantized";
  if (name.size() > ending.size() && name.ends_with(ending))
    name.resize(name.size() - ending.size());
  return name;
}

ConstantPtr dequantize(OpNode& node, const Constant& x) {
  OCTET_CHECK(!x.real, "expected int8, uint8 or int32 codes, got reals");
  const NodeQuantizer q = quantizer_of(node, x.type);
  const ChannelOf channel(x.dims, q);
  Tensor reals = Tensor::empty({x.size()});
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const std::size_t c = channel(i);
    reals.r()[i] =
        q.scales[c] * static_cast<float>(x.ints[static_cast<std::size_t>(i)] - q.zero_points[c]);
  }
  auto y = std::make_shared<Constant>(*make_reals(name_of_reals(x.name), x.dims, std::move(reals)));
  auto from = std::make_shared<Dequantized>();
  from->scales = q.scales;
  for (const std::int64_t z : q.zero_points)
    from->zero_points.push_back(static_cast<std::int32_t>(z - q.shift()));
  from->axis = q.axis;
  from->is_int8 = q.is_int8();
  y->dequantized = std::move(from);
  return y;
}

std::optional<double> bound(const OpNode& node, const char* name, std::size_t i) {
  if (node.opset() < 11) {
    return node.has_attribute(name) ? std::optional<double>(node.number(name, 0)) : std::nullopt;
  }
  if (!node.has(i)) return std::nullopt;
  const Constant& c = *node.constant(i, name);
  OCTET_CHECK(c.size() == 1, name, ": expected one value, got ", text(c.dims));
  return c.at(0);
}

ConstantPtr clip(OpNode& node, const Constant& x) {
  const std::optional<double> low = bound(node, "min", 1), high = bound(node, "max", 2);
  const auto clipped = [&](double v) {
    if (low) v = std::max(v, *low);
    return high ? std::min(v, *high) : v;
  };
  auto y = std::make_shared<Constant>(x);
  if (x.real) {
    y->reals = x.reals.clone();
    y->dequantized = nullptr;
    for (real& v : y->reals.span<real>()) v = static_cast<real>(clipped(double(v)));
  } else {
    for (std::int64_t& v : y->ints) v = static_cast<std::int64_t>(clipped(static_cast<double>(v)));
  }
  return y;
}

}  // namespace

bool fold_quantized(OpNode& node, const Constants& x) {
  if (node.type() == "QuantizeLinear") {
    set_constant(node, 0, quantize(node, *x[0]));
  } else if (node.type() == "DequantizeLinear") {
    set_constant(node, 0, dequantize(node, *x[0]));
  } else if (node.type() == "Clip") {
    set_constant(node, 0, clip(node, *x[0]));
  } else {
    return false;
  }
  return true;
}

}  // namespace octet::onnx
