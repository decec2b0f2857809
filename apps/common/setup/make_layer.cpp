#include "apps/common/setup/make_layer.h"

#include <functional>
#include <limits>

#include "base/error.h"
#include "layers/layers.h"

namespace octet::setup {
namespace {

using config::LayerConfig;

/// A layer without parameters.
class FunctionLayer final : public MultiModule {
 public:
  using Function = std::function<Var(std::span<const Var>)>;
  explicit FunctionLayer(Function f) : f_(std::move(f)) {}
  std::vector<Var> forward_many(std::span<const Var> x) override { return {f_(x)}; }

 private:
  Function f_;
};

/// f(x, gamma, beta). Parameters: weight (ones) and bias (zeros), [channels], neither decayed.
class NormLayer final : public Module {
 public:
  using Function = std::function<Var(Var x, Var gamma, Var beta)>;
  NormLayer(std::int64_t channels, Function f)
      : f_(std::move(f)),
        weight_(register_parameter("weight", Tensor::full({channels}, 1), false)),
        bias_(register_parameter("bias", Tensor::zeros({channels}), false)) {}
  Var forward(Var x) override { return f_(x, x.tape->param(weight_), x.tape->param(bias_)); }

 private:
  Function f_;
  ParameterPtr weight_, bias_;
};

template <class F>
ModulePtr unary(F f) {
  return std::make_shared<FunctionLayer>([f](std::span<const Var> x) { return f(x[0]); });
}

Size2d size_of(const std::vector<std::int64_t>& v, int otherwise) {
  if (v.empty()) return otherwise;
  return {static_cast<int>(v.front()), static_cast<int>(v.back())};
}

Padding2d padding_of(const LayerConfig& c) {
  if (c.same_padding) return Padding2d::same_padding();
  const auto at = [&](std::size_t i) { return static_cast<int>(c.padding[i]); };
  switch (c.padding.size()) {
    case 0:
      return {};
    case 1:
      return Padding2d::all(at(0));
    case 2:
      return {at(0), at(0), at(1), at(1)};
    default:
      OCTET_CHECK(c.padding.size() == 4,
                  "padding: expected one number, [height, width] or [top, bottom, left, right], "
                  "got ",
                  c.padding.size(), " numbers");
      return {at(0), at(1), at(2), at(3)};
  }
}

std::int64_t out_of(const LayerParts& l) {
  return l.config.out > 0 ? l.config.out : l.classes;
}

const Shape& image(const LayerParts& l) {
  OCTET_CHECK(l.in[0].rank() == 4, "expected an image [N, H, W, C], got ", l.in[0],
              " for one sample");
  return l.in[0];
}

std::int64_t channels(const LayerParts& l) {
  return l.in[0][-1];
}

ModulePtr conv(const LayerParts& l, std::int64_t out, std::int64_t groups) {
  const LayerConfig& c = l.config;
  return std::make_shared<Conv2d>(Conv2dOptions{.in_channels = image(l)[3],
                                                .out_channels = out,
                                                .kernel = size_of(c.kernel, 1),
                                                .stride = size_of(c.stride, 1),
                                                .padding = padding_of(c),
                                                .dilation = size_of(c.dilation, 1),
                                                .groups = static_cast<int>(groups),
                                                .bias = c.bias},
                                  l.init);
}

ModulePtr conv2d_layer(const LayerParts& l) {
  return conv(l, out_of(l), l.config.groups);
}

ModulePtr depthwise_layer(const LayerParts& l) {
  return conv(l, image(l)[3] * l.config.multiplier, image(l)[3]);
}

ModulePtr conv_transpose_layer(const LayerParts& l) {
  const LayerConfig& c = l.config;
  return std::make_shared<ConvTranspose2d>(
      ConvTranspose2dOptions{.in_channels = image(l)[3],
                             .out_channels = out_of(l),
                             .kernel = size_of(c.kernel, 1),
                             .stride = size_of(c.stride, 1),
                             .padding = padding_of(c),
                             .output_padding = size_of(c.output_padding, 0),
                             .bias = c.bias},
      l.init);
}

ModulePtr linear_layer(const LayerParts& l) {
  return std::make_shared<Linear>(
      LinearOptions{.in_features = channels(l), .out_features = out_of(l), .bias = l.config.bias},
      l.init);
}

ModulePtr batch_norm_layer(const LayerParts& l) {
  return std::make_shared<BatchNorm2d>(BatchNorm2dOptions{
      .channels = channels(l), .eps = l.config.eps, .momentum = l.config.momentum});
}

ModulePtr layer_norm_layer(const LayerParts& l) {
  return std::make_shared<NormLayer>(channels(l),
                                     [eps = static_cast<real>(l.config.eps)](Var x, Var g, Var b) {
                                       return layer_norm(x, g, b, eps);
                                     });
}

ModulePtr group_norm_layer(const LayerParts& l) {
  return std::make_shared<NormLayer>(
      channels(l), [groups = l.config.groups, eps = static_cast<real>(l.config.eps)](
                       Var x, Var g, Var b) { return group_norm(x, g, b, groups, eps); });
}

ModulePtr squeeze_excite_layer(const LayerParts& l) {
  const std::int64_t c = image(l)[3];
  const std::int64_t squeezed =
      l.config.squeezed > 0 ? l.config.squeezed : std::max(c / 4, std::int64_t{1});
  return std::make_shared<SqueezeExcite>(
      SqueezeExciteOptions{.channels = c, .squeezed = squeezed, .hard_gate = l.config.hard_gate},
      l.init);
}

PoolOptions pool_options(const LayerParts& l) {
  const LayerConfig& c = l.config;
  image(l);
  return {.kernel = size_of(c.kernel, 2),
          .stride = size_of(c.stride, 0),
          .padding = padding_of(c),
          .count_include_pad = c.count_include_pad};
}

ModulePtr max_pool_layer(const LayerParts& l) {
  return std::make_shared<MaxPool2d>(pool_options(l));
}

ModulePtr avg_pool_layer(const LayerParts& l) {
  return std::make_shared<AvgPool2d>(pool_options(l));
}

ModulePtr leaky_relu_layer(const LayerParts& l) {
  return std::make_shared<LeakyRelu>(l.config.alpha);
}

ModulePtr prelu_layer(const LayerParts& l) {
  return std::make_shared<Prelu>(channels(l));
}

ModulePtr power_layer(const LayerParts& l) {
  return unary([e = static_cast<real>(l.config.exponent)](Var x) { return pow(x, e); });
}

ModulePtr dropout_layer(const LayerParts& l) {
  return std::make_shared<Dropout>(l.config.p);
}

ModulePtr concat_layer(const LayerParts& l) {
  return std::make_shared<FunctionLayer>(
      [axis = static_cast<int>(l.config.axis)](std::span<const Var> x) { return concat(x, axis); });
}

ModulePtr reshape_layer(const LayerParts& l) {
  return unary([dims = l.config.shape](Var x) { return reshape(x, dims); });
}

ModulePtr transpose_layer(const LayerParts& l) {
  const std::vector<int> order(l.config.order.begin(), l.config.order.end());
  OCTET_CHECK(order[0] == 0, "order: expected 0, the batch, to stay the first axis, got ",
              order[0]);
  return unary([order](Var x) { return transpose(x, order); });
}

ModulePtr slice_layer(const LayerParts& l) {
  const LayerConfig& c = l.config;
  const std::int64_t end = c.end == 0 ? std::numeric_limits<std::int64_t>::max() : c.end;
  const AxisRange range{.axis = static_cast<int>(c.axis), .begin = c.begin, .end = end};
  return unary([range](Var x) { return slice(x, {&range, 1}); });
}

ModulePtr pad_layer(const LayerParts& l) {
  OCTET_CHECK(!l.config.same_padding, "padding: expected numbers, got same");
  return unary([pads = padding_of(l.config), value = static_cast<real>(l.config.value)](Var x) {
    return pad2d(x, pads, value);
  });
}

ModulePtr upsample_layer(const LayerParts& l) {
  const Size2d scale = size_of(l.config.scale, 1);
  const Shape& x = image(l);
  const int h = static_cast<int>(x[1]) * scale.h, w = static_cast<int>(x[2]) * scale.w;
  if (l.config.mode == "bilinear") return unary([h, w](Var v) { return resize_bilinear(v, h, w); });
  return unary([h, w](Var v) { return resize_nearest(v, h, w); });
}

ModulePtr depth_to_space_layer(const LayerParts& l) {
  return unary([b = static_cast<int>(l.config.block)](Var x) { return depth_to_space(x, b); });
}

ModulePtr space_to_depth_layer(const LayerParts& l) {
  return unary([b = static_cast<int>(l.config.block)](Var x) { return space_to_depth(x, b); });
}

template <Var (*f)(Var)>
ModulePtr function_layer(const LayerParts&) {
  return unary(f);
}

template <Var (*f)(Var, Var)>
ModulePtr binary_layer(const LayerParts&) {
  return std::make_shared<FunctionLayer>([](std::span<const Var> x) { return f(x[0], x[1]); });
}

Var difference(Var a, Var b) {
  return a - b;
}
Var product(Var a, Var b) {
  return a * b;
}
Var quotient(Var a, Var b) {
  return a / b;
}

ModulePtr add_layer(const LayerParts&) {
  return std::make_shared<FunctionLayer>([](std::span<const Var> x) {
    Var y = x[0];
    for (const Var& v : x.subspan(1)) y = y + v;
    return y;
  });
}

struct Row {
  std::string_view type;
  ModulePtr (*make)(const LayerParts&);
  std::size_t least = 1, most = 1;  ///< values that it reads
};
constexpr std::size_t any = std::numeric_limits<std::size_t>::max();
constexpr Row rows[] = {
    {"conv2d", conv2d_layer},
    {"depthwise_conv2d", depthwise_layer},
    {"conv_transpose2d", conv_transpose_layer},
    {"linear", linear_layer},
    {"batch_norm", batch_norm_layer},
    {"layer_norm", layer_norm_layer},
    {"group_norm", group_norm_layer},
    {"squeeze_excite", squeeze_excite_layer},
    {"max_pool2d", max_pool_layer},
    {"avg_pool2d", avg_pool_layer},
    {"global_avg_pool", function_layer<global_avg_pool>},
    {"global_max_pool", function_layer<global_max_pool>},
    {"relu", function_layer<relu>},
    {"relu6", function_layer<relu6>},
    {"hard_tanh", function_layer<hard_tanh>},
    {"leaky_relu", leaky_relu_layer},
    {"prelu", prelu_layer},
    {"power", power_layer},
    {"softmax", function_layer<softmax>},
    {"log_softmax", function_layer<log_softmax>},
#define OCTET_ACTIVATION(Name, function, op) {#function, function_layer<octet::function>},
#include "core/ops/activations.inc"
    {"add", add_layer, 2, any},
    {"sub", binary_layer<difference>, 2, 2},
    {"mul", binary_layer<product>, 2, 2},
    {"div", binary_layer<quotient>, 2, 2},
    {"minimum", binary_layer<minimum>, 2, 2},
    {"maximum", binary_layer<maximum>, 2, 2},
    {"concat", concat_layer, 2, any},
    {"matmul", binary_layer<matmul>, 2, 2},
    {"flatten", function_layer<flatten>},
    {"reshape", reshape_layer},
    {"transpose", transpose_layer},
    {"slice", slice_layer},
    {"pad2d", pad_layer},
    {"upsample", upsample_layer},
    {"depth_to_space", depth_to_space_layer},
    {"space_to_depth", space_to_depth_layer},
    {"dropout", dropout_layer},
};

const Row& find(const std::string& type) {
  for (const Row& row : rows)
    if (row.type == type) return row;
  fail("there is no layer '", type, "'");
}

}  // namespace

bool has_out(const std::string& type) {
  return type == "conv2d" || type == "conv_transpose2d" || type == "linear";
}

ModulePtr make_layer(const LayerParts& l) {
  const Row& row = find(l.config.type);
  const std::size_t n = l.in.size();
  OCTET_CHECK(n >= row.least && n <= row.most, "from: expected ",
              row.most == any ? text_of(row.least, " or more values")
              : row.most == 1 ? std::string("one value")
                              : text_of(row.most, " values"),
              ", got ", n);
  OCTET_CHECK(!has_out(l.config.type) || out_of(l) > 0,
              "the key 'out' is required: only the last layer that has it may leave it out, for "
              "the number of classes");
  return row.make(l);
}

}  // namespace octet::setup
