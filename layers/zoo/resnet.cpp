// Residual networks. Parameter names follow torchvision: conv1, bn1,
// layer<stage>.<block>.{conv1, bn1, conv2, bn2, conv3, bn3, downsample.{0, 1}}, fc.
#include <string>
#include <vector>

#include "layers/zoo/blocks.h"

namespace octet::zoo {
namespace {

enum class Projection { conv_bn, conv_with_bias };

struct ResNetSpec {
  std::vector<std::int64_t> widths;  // of the stages; the first is also the stem's
  std::vector<int> blocks;           // of the stages
  Projection projection = Projection::conv_bn;
  bool bottleneck = false;
  bool imagenet_stem = false;  // 7x7 stride 2 and max pooling; otherwise 3x3
};

std::shared_ptr<Conv2d> conv3x3(std::int64_t in, std::int64_t out, int stride, Init& init) {
  return std::make_shared<Conv2d>(Conv2dOptions{.in_channels = in,
                                                .out_channels = out,
                                                .kernel = 3,
                                                .stride = stride,
                                                .padding = Padding2d::all(1),
                                                .bias = false},
                                  init);
}

std::shared_ptr<BatchNorm2d> norm(std::int64_t channels) {
  return std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = channels});
}

/// What brings x to the block's result's shape; null where that is x's.
std::shared_ptr<Sequential> shortcut(std::int64_t in, std::int64_t out, int stride,
                                     Projection projection, Init& init) {
  if (stride == 1 && in == out) return nullptr;
  const bool with_bias = projection == Projection::conv_with_bias;
  auto layers = std::make_shared<Sequential>();
  layers->add(std::make_shared<Conv2d>(
      Conv2dOptions{.in_channels = in, .out_channels = out, .stride = stride, .bias = with_bias},
      init));
  if (!with_bias) layers->add(norm(out));
  return layers;
}

/// relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))
class BasicBlock final : public Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, int stride, Projection projection, Init& init)
      : conv1_(register_module("conv1", conv3x3(in, out, stride, init))),
        bn1_(register_module("bn1", norm(out))),
        conv2_(register_module("conv2", conv3x3(out, out, 1, init))),
        bn2_(register_module("bn2", norm(out))) {
    downsample_ = shortcut(in, out, stride, projection, init);
    if (downsample_) register_module("downsample", downsample_);
  }

  Var forward(Var x) override {
    Var y = relu((*bn1_)((*conv1_)(x)));
    y = (*bn2_)((*conv2_)(y));
    return relu(y + (downsample_ ? (*downsample_)(x) : x));
  }

 private:
  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::shared_ptr<Conv2d> conv2_;
  std::shared_ptr<BatchNorm2d> bn2_;
  std::shared_ptr<Sequential> downsample_;
};

/// 1x1 to `width` channels, 3x3 (with the stride), 1x1 to four times as many, each with batch norm;
/// plus the shortcut.
class Bottleneck final : public Module {
 public:
  static constexpr std::int64_t expansion = 4;
  Bottleneck(std::int64_t in, std::int64_t width, int stride, Init& init) {
    const std::int64_t out = expansion * width;
    const auto conv = [&](const std::string& i, std::shared_ptr<Conv2d> c, std::int64_t channels) {
      convs_.push_back(register_module("conv" + i, std::move(c)));
      norms_.push_back(register_module("bn" + i, norm(channels)));
    };
    const auto pointwise = [&](std::int64_t from, std::int64_t to) {
      return std::make_shared<Conv2d>(
          Conv2dOptions{.in_channels = from, .out_channels = to, .bias = false}, init);
    };
    conv("1", pointwise(in, width), width);
    conv("2", conv3x3(width, width, stride, init), width);
    conv("3", pointwise(width, out), out);
    downsample_ = shortcut(in, out, stride, Projection::conv_bn, init);
    if (downsample_) register_module("downsample", downsample_);
  }

  Var forward(Var x) override {
    Var y = x;
    for (std::size_t i = 0; i < convs_.size(); ++i) {
      y = (*norms_[i])((*convs_[i])(y));
      if (i + 1 < convs_.size()) y = relu(y);
    }
    return relu(y + (downsample_ ? (*downsample_)(x) : x));
  }

 private:
  std::vector<std::shared_ptr<Conv2d>> convs_;
  std::vector<std::shared_ptr<BatchNorm2d>> norms_;
  std::shared_ptr<Sequential> downsample_;
};

ModulePtr make_resnet(const ResNetSpec& spec, const NetworkOptions& o) {
  NetworkStrides strides(o);
  Init init(o.seed, o.draw);
  auto net = std::make_shared<Sequential>();
  std::int64_t channels = scale_channels(spec.widths[0], o.width);
  if (spec.imagenet_stem) {
    net->add("conv1", std::make_shared<Conv2d>(Conv2dOptions{.in_channels = o.in_c,
                                                             .out_channels = channels,
                                                             .kernel = 7,
                                                             .stride = strides.next(2),
                                                             .padding = Padding2d::all(3),
                                                             .bias = false},
                                               init));
  } else {
    net->add("conv1", conv3x3(o.in_c, channels, 1, init));
  }
  net->add("bn1", norm(channels)).add("relu", std::make_shared<Relu>());
  if (spec.imagenet_stem && strides.next(2) == 2) {
    net->add("maxpool", std::make_shared<MaxPool2d>(
                            PoolOptions{.kernel = 3, .stride = 2, .padding = Padding2d::all(1)}));
  }
  for (std::size_t stage = 0; stage < spec.widths.size(); ++stage) {
    const std::int64_t width = scale_channels(spec.widths[stage], o.width);
    auto layer = std::make_shared<Sequential>();
    for (int block = 0; block < spec.blocks[stage]; ++block) {
      const int stride = strides.next(stage > 0 && block == 0 ? 2 : 1);
      if (spec.bottleneck) {
        layer->add(std::make_shared<Bottleneck>(channels, width, stride, init));
        channels = Bottleneck::expansion * width;
      } else {
        layer->add(std::make_shared<BasicBlock>(channels, width, stride, spec.projection, init));
        channels = width;
      }
    }
    net->add("layer" + std::to_string(stage + 1), layer);
  }
  net->add("avgpool", std::make_shared<GlobalAvgPool>());
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc", std::make_shared<Linear>(LinearOptions{channels, o.classes}, init));
  return net;
}

const std::vector<std::int64_t> imagenet_widths = {64, 128, 256, 512};

}  // namespace

ModulePtr resnet8(const NetworkOptions& o) {
  return make_resnet(
      {.widths = {16, 32, 64}, .blocks = {1, 1, 1}, .projection = Projection::conv_with_bias},
      resolve_options("resnet8", o));
}

ModulePtr resnet20(const NetworkOptions& o) {
  return make_resnet({.widths = {16, 32, 64}, .blocks = {3, 3, 3}}, resolve_options("resnet20", o));
}

ModulePtr resnet18(const NetworkOptions& o) {
  return make_resnet({.widths = imagenet_widths, .blocks = {2, 2, 2, 2}, .imagenet_stem = true},
                     resolve_options("resnet18", o));
}

ModulePtr resnet34(const NetworkOptions& o) {
  return make_resnet({.widths = imagenet_widths, .blocks = {3, 4, 6, 3}, .imagenet_stem = true},
                     resolve_options("resnet34", o));
}

ModulePtr resnet50(const NetworkOptions& o) {
  return make_resnet({.widths = imagenet_widths,
                      .blocks = {3, 4, 6, 3},
                      .bottleneck = true,
                      .imagenet_stem = true},
                     resolve_options("resnet50", o));
}

}  // namespace octet::zoo
