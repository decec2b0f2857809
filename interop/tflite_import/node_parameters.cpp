// Constants of a file that become parameters.
#include <algorithm>
#include <bit>
#include <limits>

#include "interop/tflite_import/file_node.h"

namespace octet::tflite_import {

using int8::TensorDef;

const TensorDef& FileNode::weight_constant(std::size_t i) const {
  const TensorDef* t = constant_of(i);
  OCTET_CHECK(t, "operand ", i, ": expected a constant, got a value that is computed");
  return *t;
}

template <class Make>
int FileNode::parameter(const TensorDef& from, const std::string& use, bool decay,
                        const Make& make) {
  // The file outlives the graph's making.
  const std::shared_ptr<const void> key(std::shared_ptr<const void>(), &from);
  return state_.graph.parameter(key, layer_name(from.name), use, decay, make);
}

namespace {

/// Scales of channels that are switched off stand for weights that are 0: any other does.
std::vector<float> usable_scales(std::vector<float> scales) {
  float largest = 0;
  for (const float s : scales) largest = std::max(largest, s);
  for (float& s : scales) s = s >= std::numeric_limits<float>::min() ? s : std::max(largest, 1e-6f);
  return scales;
}

}  // namespace

int FileNode::weight(std::size_t i, const Shape& shape, int axis) {
  const TensorDef& t = weight_constant(i);
  const auto& scales = t.quantization.scale;
  OCTET_CHECK(scales.size() <= 1 || t.quantization.axis == axis, "weight '", one_line(t.name),
              "': quantized dimension ", t.quantization.axis, ", expected ", axis);
  const int id = parameter(t, shape.to_string(), true, [&] {
    Tensor w = constant_reals(t);
    state_.count_elements(w.numel());
    const std::int64_t channels = shape[0];
    OCTET_CHECK(w.numel() == shape.numel(), "weight '", one_line(t.name), "': expected ",
                shape.numel(), " elements, got ", w.shape());
    if (axis == 0) return w.reshape(shape);
    Tensor first = Tensor::empty(shape);
    const std::int64_t taps = w.numel() / channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t k = 0; k < taps; ++k) first.r()[c * taps + k] = w.r()[k * channels + c];
    }
    return first;
  });
  const auto& zero = t.quantization.zero_point;
  if (t.type == int8::DType::i8 && std::ranges::all_of(zero, [](int z) { return z == 0; }))
    state_.graph.weight_scales[id] = usable_scales(scales);
  return id;
}

int FileNode::bias(std::size_t i, std::int64_t channels, std::size_t in, std::size_t w) {
  const TensorDef& t = weight_constant(i);
  std::int64_t n = 1;
  for (const std::int32_t d : t.shape) n *= d;
  OCTET_CHECK(n == channels, "bias '", one_line(t.name), "': expected ", channels,
              " elements, got ", n);
  if (t.type != int8::DType::i32)
    return parameter(t, "vector", false, [&] { return constant_reals(t).reshape({channels}); });
  const std::vector<std::int32_t> codes = integers(i, "bias");
  const std::optional<StoredValue> x = stored_value(input(in));
  const TensorDef& weights = weight_constant(w);
  const std::vector<float>& scales = weights.quantization.scale;
  OCTET_CHECK(x && !scales.empty(), "bias '", one_line(t.name),
              "': int32 beside values that are not codes");
  const std::string use = "bias " + std::to_string(&weights - state_.file.tensors.data()) + " " +
                          std::to_string(std::bit_cast<std::uint32_t>(x->scale));
  return parameter(t, use, false, [&] {
    Tensor b = Tensor::empty({channels});
    for (std::size_t c = 0; c < codes.size(); ++c)
      b.r()[c] = static_cast<real>(static_cast<double>(codes[c]) * double{x->scale} *
                                   double{scales[scales.size() == 1 ? 0 : c]});
    return b;
  });
}

int FileNode::slopes(std::size_t i, std::int64_t channels) {
  const TensorDef& t = weight_constant(i);
  const int id = parameter(t, "slopes " + std::to_string(channels), false, [&] {
    const Tensor all = constant_reals(t);
    if (all.numel() == 1) return Tensor::full({channels}, all.r()[0]);
    OCTET_CHECK(all.numel() == channels, "slopes '", one_line(t.name), "': expected 1 or ",
                channels, " of channels, got ", all.shape());
    return all.reshape({channels});
  });
  if (t.type == int8::DType::i8 && t.quantization.zero_point[0] == 0)
    state_.graph.weight_scales[id] = usable_scales(t.quantization.scale);
  return id;
}

}  // namespace octet::tflite_import
