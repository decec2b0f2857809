// Parameter names follow torchvision: features.<i>.conv.<j>..., classifier.1.
#include <algorithm>

#include "layers/zoo/blocks.h"

namespace octet::zoo {
namespace {

/// Pointwise expansion, depthwise 3x3, linear pointwise projection; plus x if the shapes agree.
class InvertedResidual final : public Module {
 public:
  InvertedResidual(std::int64_t in, std::int64_t out, int stride, int expansion, Init& init)
      : residual_(stride == 1 && in == out) {
    const std::int64_t hidden = in * expansion;
    conv_ = std::make_shared<Sequential>();
    if (expansion != 1) {
      conv_->add(
          conv_bn({.in_channels = in, .out_channels = hidden}, BlockActivation::relu6, init));
    }
    conv_->add(conv_bn({.in_channels = hidden,
                        .out_channels = hidden,
                        .kernel = 3,
                        .stride = stride,
                        .padding = Padding2d::all(1),
                        .groups = static_cast<int>(hidden)},
                       BlockActivation::relu6, init));
    conv_->add(std::make_shared<Conv2d>(
        Conv2dOptions{.in_channels = hidden, .out_channels = out, .bias = false}, init));
    conv_->add(std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = out}));
    register_module("conv", conv_);
  }

  Var forward(Var x) override {
    const Var y = (*conv_)(x);
    return residual_ ? x + y : y;
  }

 private:
  std::shared_ptr<Sequential> conv_;
  bool residual_;
};

}  // namespace

ModulePtr mobilenet_v2(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("mobilenet_v2", given);
  struct Stage {
    int expansion;
    std::int64_t out;
    int blocks, stride;
  };
  constexpr Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  NetworkStrides strides(o);
  Init init(o.seed, o.draw);
  std::int64_t channels = scale_channels(32, o.width);
  const std::int64_t last = scale_channels(1280, std::max(1.0, o.width));
  auto features = std::make_shared<Sequential>();
  features->add(conv_bn({.in_channels = o.in_c,
                         .out_channels = channels,
                         .kernel = 3,
                         .stride = strides.next(2),
                         .padding = Padding2d::all(1)},
                        BlockActivation::relu6, init));
  for (const Stage& s : stages) {
    const std::int64_t out = scale_channels(s.out, o.width);
    for (int i = 0; i < s.blocks; ++i) {
      const int stride = strides.next(i == 0 ? s.stride : 1);
      features->add(std::make_shared<InvertedResidual>(channels, out, stride, s.expansion, init));
      channels = out;
    }
  }
  features->add(
      conv_bn({.in_channels = channels, .out_channels = last}, BlockActivation::relu6, init));
  auto classifier = std::make_shared<Sequential>();
  classifier->add("1", std::make_shared<Linear>(LinearOptions{last, o.classes}, init));
  auto net = std::make_shared<Sequential>();
  net->add("features", features).add("avgpool", std::make_shared<GlobalAvgPool>());
  net->add("flatten", std::make_shared<Flatten>()).add("classifier", classifier);
  return net;
}

}  // namespace octet::zoo
