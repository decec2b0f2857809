// The table of configuration keys: "model.layers".
#include "apps/common/config/config.h"

namespace octet::config {
namespace {

constexpr std::int64_t most = 1 << 20;
constexpr IntRange extent{1, 65536}, offset{0, 65536};
constexpr const char* windows = "conv2d depthwise_conv2d conv_transpose2d max_pool2d avg_pool2d";

}  // namespace

const std::vector<std::string>& layer_types() {
  static const std::vector<std::string> types = {"conv2d",
                                                 "depthwise_conv2d",
                                                 "conv_transpose2d",
                                                 "linear",
                                                 "batch_norm",
                                                 "layer_norm",
                                                 "group_norm",
                                                 "squeeze_excite",
                                                 "max_pool2d",
                                                 "avg_pool2d",
                                                 "global_avg_pool",
                                                 "global_max_pool",
                                                 "relu",
                                                 "relu6",
                                                 "hard_tanh",
                                                 "leaky_relu",
                                                 "prelu",
                                                 "power",
                                                 "softmax",
                                                 "log_softmax",
#define OCTET_ACTIVATION(Name, function, op) #function,
#include "core/ops/activations.inc"
                                                 "add",
                                                 "sub",
                                                 "mul",
                                                 "div",
                                                 "minimum",
                                                 "maximum",
                                                 "concat",
                                                 "matmul",
                                                 "flatten",
                                                 "reshape",
                                                 "transpose",
                                                 "slice",
                                                 "pad2d",
                                                 "upsample",
                                                 "depth_to_space",
                                                 "space_to_depth",
                                                 "dropout"};
  return types;
}

void describe(FieldVisitor& v, LayerConfig& c) {
  v.choice({.name = "type",
            .doc = "Kind of layer. add, sub, mul, div, minimum, maximum, concat and matmul take "
                   "several values, all others one",
            .required = true,
            .selects = true},
           c.type, layer_types());
  v.file_name({"name",
               "Its name, by which from, patterns and messages call it, its parameters being "
               "<name>.weight and so on; default: the type and a number, conv2d_1"},
              c.name);
  v.sources({"from",
             "What it reads: the name of an earlier layer, input (the network's), or -1 for the "
             "layer before, -2 for the one before that; or a list of these; default: -1"},
            c.from);
  v.integer_or(
      {.name = "out",
       .doc = "Output channels or features; classes, 0 or left out, in the last layer that "
              "has them: as many as there are classes",
       .when = "conv2d conv_transpose2d linear"},
      "classes", c.out_classes, c.out, {0, most});
  v.integers({.name = "kernel",
              .doc = "Height and width of the window: one number for both, or [height, width]",
              .required = true,
              .when = windows},
             c.kernel, extent, 2);
  v.integers({.name = "stride",
              .doc = "Pixels from window to window: one number, or [height, width]; default: 1, of "
                     "pools their kernel",
              .when = windows},
             c.stride, extent, 2);
  v.integers_or({.name = "padding",
                 .doc = "Pixels around the image, zeros but for pad2d: one number, [height, width] "
                        "or [top, bottom, left, right]; same: as many as keep the extents, divided "
                        "by the stride; default: 0",
                 .when = "conv2d depthwise_conv2d conv_transpose2d max_pool2d avg_pool2d pad2d"},
                "same", c.same_padding, c.padding, offset, 4);
  v.integers({.name = "dilation",
              .doc = "Pixels between the elements of a kernel: one number, or [height, width]; "
                     "default: 1",
              .when = "conv2d depthwise_conv2d"},
             c.dilation, extent, 2);
  v.integers({.name = "output_padding",
              .doc = "Rows and columns more at the bottom and right: one number, or [height, "
                     "width]; default: 0",
              .when = "conv_transpose2d"},
             c.output_padding, offset, 2);
  v.integer({.name = "groups",
             .doc = "Groups of channels that do not see each other; group_norm: 0 is one for each "
                    "channel",
             .when = "conv2d group_norm"},
            c.groups, {0, most});
  v.integer({.name = "multiplier",
             .doc = "Output channels for each input channel",
             .when = "depthwise_conv2d"},
            c.multiplier, {1, most});
  v.boolean({.name = "bias",
             .doc = "Adds a number to each output channel; batch_norm behind it does that, too",
             .when = "conv2d depthwise_conv2d conv_transpose2d linear"},
            c.bias);
  v.number(
      {.name = "eps", .doc = "Added to the variance", .when = "batch_norm layer_norm group_norm"},
      c.eps, {0, 1, true});
  v.number({.name = "momentum",
            .doc = "Weight of a new batch in the running statistics",
            .when = "batch_norm"},
           c.momentum, {0, 1});
  v.integer({.name = "squeezed",
             .doc = "Channels of the hidden layer; 0: a quarter of the input's",
             .when = "squeeze_excite"},
            c.squeezed, {0, most});
  v.boolean(
      {.name = "hard_gate", .doc = "hard_sigmoid in place of sigmoid", .when = "squeeze_excite"},
      c.hard_gate);
  v.boolean({.name = "count_include_pad",
             .doc = "The mean counts the padding as zeros",
             .when = "avg_pool2d"},
            c.count_include_pad);
  v.number({.name = "alpha", .doc = "Slope below 0", .when = "leaky_relu"}, c.alpha, {-1e6, 1e6});
  v.number({.name = "exponent", .doc = "Of x^exponent", .required = true, .when = "power"},
           c.exponent, {-100, 100});
  v.integer({.name = "axis",
             .doc = "Axis, 0 being the batch; negative: from the end, -1 being the channels",
             .when = "concat slice"},
            c.axis, {-6, 6});
  v.integer({.name = "begin", .doc = "First element; negative: from the end", .when = "slice"},
            c.begin, {-most, most});
  v.integer({.name = "end",
             .doc = "Behind the last element; negative: from the end; 0: to the end",
             .when = "slice"},
            c.end, {-most, most});
  v.integers({.name = "shape",
              .doc = "Extents without the batch; one may be -1: what is left",
              .required = true,
              .when = "reshape"},
             c.shape, {-1, most}, 5);
  v.integers({.name = "order",
              .doc = "Which axis each axis of the result is; the batch, 0, stays the first",
              .required = true,
              .when = "transpose"},
             c.order, {0, 5}, 6);
  v.number({.name = "value", .doc = "Of the padding", .when = "pad2d"}, c.value, {-1e6, 1e6});
  v.integers({.name = "scale",
              .doc = "Factor on height and width: one number, or [height, width]",
              .required = true,
              .when = "upsample"},
             c.scale, {1, 64}, 2);
  v.choice({.name = "mode",
            .doc = "nearest, or bilinear with pixel centres at halves",
            .when = "upsample"},
           c.mode, {"nearest", "bilinear"});
  v.integer({.name = "block",
             .doc = "Side of the square of pixels that becomes channels, or is made of them",
             .when = "depth_to_space space_to_depth"},
            c.block, {1, 1024});
  v.number({.name = "p", .doc = "Share that is dropped in training", .when = "dropout"}, c.p,
           {0, 1, false, true});
}

}  // namespace octet::config
