// Convolutions and FULLY_CONNECTED.
#include <numeric>
#include <utility>

#include "int8/ops/window_nodes.h"
#include "int8/reference/spatial.h"
#include "interop/c99/forms.h"

namespace octet::c99 {
namespace {

using int8::ConvNode;
using int8::ConvOperands;

/// bias[c] - zero_point * (all weights of channel c), modulo 2^32.
std::vector<std::int32_t> folded_bias(const ConvOperands& o, std::int32_t zero_point) {
  const auto bias = o.bias.values();
  const auto weights = o.weights.values();
  const std::size_t per_channel = weights.size() / bias.size();
  std::vector<std::int32_t> folded;
  for (std::size_t c = 0; c < bias.size(); ++c) {
    const auto w = weights.subspan(c * per_channel, per_channel);
    const std::int64_t sum = std::accumulate(w.begin(), w.end(), std::int64_t{0});
    folded.push_back(static_cast<std::int32_t>(bias[c] - zero_point * sum));
  }
  return folded;
}

/// The member `out` of a kernel's constant. `zero_point`: of the input, as far as the bias has it.
std::string requantization(CNode& node, const ConvOperands& o, std::int32_t zero_point) {
  std::vector<std::int32_t> multiplier;
  std::vector<std::int8_t> shift;
  for (const int8::Multiplier& m : o.multiplier) {
    multiplier.push_back(m.m);
    shift.push_back(static_cast<std::int8_t>(m.shift));
  }
  const std::string bias = node.array("bias", folded_bias(o, zero_point));
  const std::string of_multiplier = node.array("multiplier", std::move(multiplier));
  const std::string of_shift = node.array("shift", std::move(shift));
  return text_of('{', bias, ", ", of_multiplier, ", ", of_shift, ", ", o.out.zero_point, ", ",
                 o.range.lo, ", ", o.range.hi, '}');
}

/// As the operands have them, [out_c][...], without a copy.
std::string weights(CNode& node, const std::shared_ptr<const ConvOperands>& o) {
  const auto& graphs = node.view.input(1).constant.owner;
  using Owners = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;
  return node.array("weights", o->weights.values(), std::make_shared<const Owners>(o, graphs));
}

void write_product(CNode& node, std::int64_t rows, ConvNode conv) {
  const auto o = std::make_shared<const ConvOperands>(std::move(conv.operands));
  node.use("product");
  const std::string constant =
      node.constant("product", {{"rows", number(rows)},
                                {"in_c", number(conv.geometry.in_c)},
                                {"out_c", number(conv.geometry.out_c)},
                                {"weights", weights(node, o)},
                                {"out", requantization(node, *o, o->in.zero_point)}});
  node.call("product", {constant, node.x(), node.y()});
}

Members window(const ConvGeometry& g, std::int32_t zero_point, const std::string& weights,
               const std::string& out) {
  return {{"in_h", number(g.in_h)},
          {"in_w", number(g.in_w)},
          {"in_c", number(g.in_c)},
          {"out_h", number(g.out_h)},
          {"out_w", number(g.out_w)},
          {"out_c", number(g.out_c)},
          {"kernel_h", number(g.kernel_h)},
          {"kernel_w", number(g.kernel_w)},
          {"stride_h", number(g.stride_h)},
          {"stride_w", number(g.stride_w)},
          {"dilation_h", number(g.dilation_h)},
          {"dilation_w", number(g.dilation_w)},
          {"pad_top", number(g.pad_top)},
          {"pad_left", number(g.pad_left)},
          {"input_zero_point", number(zero_point)},
          {"weights", weights},
          {"out", out}};
}

/// [kernel_h][kernel_w][channels] from [channels][kernel_h][kernel_w].
std::vector<std::int8_t> channels_innermost(std::span<const std::int8_t> w, std::size_t channels) {
  const std::size_t taps = w.size() / channels;
  std::vector<std::int8_t> moved(w.size());
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t t = 0; t < taps; ++t) moved[t * channels + c] = w[c * taps + t];
  }
  return moved;
}

bool is_of_pixels(const ConvGeometry& g) noexcept {
  return g.kernel_h == 1 && g.kernel_w == 1 && g.stride_h == 1 && g.stride_w == 1 &&
         g.pad_top == 0 && g.pad_left == 0 && g.out_h == g.in_h && g.out_w == g.in_w &&
         g.groups == 1;
}

}  // namespace

void write_conv(CNode& node) {
  ConvNode conv = int8::read_conv(node.view);
  const ConvGeometry& g = conv.geometry;
  if (is_of_pixels(g)) return write_product(node, conv.images * g.out_h * g.out_w, std::move(conv));
  const auto o = std::make_shared<const ConvOperands>(std::move(conv.operands));
  const std::int32_t zero_point = o->in.zero_point;
  const bool depthwise = g.groups == g.in_c && g.out_c == g.in_c && g.in_c > 1;
  const std::string_view kernel = depthwise ? "depthwise" : g.groups == 1 ? "conv" : "grouped_conv";
  node.use(kernel);
  const std::string w =
      depthwise ? node.array("weights", channels_innermost(o->weights.values(),
                                                           static_cast<std::size_t>(g.in_c)))
                : weights(node, o);
  std::vector<std::string> arguments{
      node.constant("window", window(g, zero_point, w, requantization(node, *o, zero_point)))};
  if (kernel == "grouped_conv") arguments.push_back(number(g.groups));
  node.call_images(kernel, arguments, conv.images, g.in_h * g.in_w * g.in_c,
                   g.out_h * g.out_w * g.out_c);
}

void write_fully_connected(CNode& node) {
  ConvNode conv = int8::read_fully_connected(node.view);
  const std::int64_t rows = conv.images;
  write_product(node, rows, std::move(conv));
}

void write_transpose_conv(CNode& node) {
  const auto a = node.view.attributes<int8::TransposeConvAttributes>();
  const int8::Dims &w = node.view.input(1).shape, &x = node.view.input(2).shape;
  const int8::Dims& y = node.view.output().shape;
  const auto o = std::make_shared<const ConvOperands>(int8::read_conv_operands(
      node.view, {.data = 2, .weights = 1, .bias = 3, .activation = a.activation}));
  const auto pad = [&](std::size_t d, int stride) {
    return int8::spatial_extent({y[d], w[d], stride, 1, a.padding}, "extent").pad_before;
  };
  const ConvGeometry g{.in_h = x[1],
                       .in_w = x[2],
                       .in_c = x[3],
                       .out_h = y[1],
                       .out_w = y[2],
                       .out_c = y[3],
                       .kernel_h = w[1],
                       .kernel_w = w[2],
                       .stride_h = a.stride_h,
                       .stride_w = a.stride_w,
                       .pad_top = pad(1, a.stride_h),
                       .pad_left = pad(2, a.stride_w)};
  node.use("transpose_conv");
  const std::string of_weights = weights(node, o);
  const std::string constant =
      node.constant("window", window(g, o->in.zero_point, of_weights, requantization(node, *o, 0)));
  node.call_images("transpose_conv", {constant}, x[0], g.in_h * g.in_w * g.in_c,
                   g.out_h * g.out_w * g.out_c);
}

}  // namespace octet::c99
