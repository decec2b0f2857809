// Parameter names follow torchvision: features.<i>.block.<j>..., classifier.{0, 3}.
#include <span>

#include "layers/zoo/blocks.h"

namespace octet::zoo {
namespace {

struct Row {
  int kernel;
  std::int64_t expanded, out;
  bool squeeze_excite;
  BlockActivation activation;
  int stride;
};

constexpr auto re = BlockActivation::relu, hs = BlockActivation::hard_swish;
constexpr Row small_rows[] = {
    {3, 16, 16, true, re, 2},  {3, 72, 24, false, re, 2}, {3, 88, 24, false, re, 1},
    {5, 96, 40, true, hs, 2},  {5, 240, 40, true, hs, 1}, {5, 240, 40, true, hs, 1},
    {5, 120, 48, true, hs, 1}, {5, 144, 48, true, hs, 1}, {5, 288, 96, true, hs, 2},
    {5, 576, 96, true, hs, 1}, {5, 576, 96, true, hs, 1}};
constexpr Row large_rows[] = {
    {3, 16, 16, false, re, 1},  {3, 64, 24, false, re, 2},  {3, 72, 24, false, re, 1},
    {5, 72, 40, true, re, 2},   {5, 120, 40, true, re, 1},  {5, 120, 40, true, re, 1},
    {3, 240, 80, false, hs, 2}, {3, 200, 80, false, hs, 1}, {3, 184, 80, false, hs, 1},
    {3, 184, 80, false, hs, 1}, {3, 480, 112, true, hs, 1}, {3, 672, 112, true, hs, 1},
    {5, 672, 160, true, hs, 2}, {5, 960, 160, true, hs, 1}, {5, 960, 160, true, hs, 1}};

constexpr BatchNorm2dOptions norm{.eps = 1e-3, .momentum = 0.01};

/// Pointwise expansion, depthwise, squeeze and excitation, pointwise projection; plus x if the
/// shapes agree.
class InvertedResidual final : public Module {
 public:
  InvertedResidual(std::int64_t in, const Row& row, int stride, double width, Init& init)
      : residual_(stride == 1 && in == scale_channels(row.out, width)) {
    const std::int64_t hidden = scale_channels(row.expanded, width);
    block_ = std::make_shared<Sequential>();
    if (hidden != in) {
      block_->add(conv_bn({.in_channels = in, .out_channels = hidden}, row.activation, init, norm));
    }
    block_->add(conv_bn({.in_channels = hidden,
                         .out_channels = hidden,
                         .kernel = row.kernel,
                         .stride = stride,
                         .padding = Padding2d::all(row.kernel / 2),
                         .groups = static_cast<int>(hidden)},
                        row.activation, init, norm));
    if (row.squeeze_excite) {
      block_->add(std::make_shared<SqueezeExcite>(
          SqueezeExciteOptions{
              .channels = hidden, .squeezed = scale_channels(hidden, 0.25), .hard_gate = true},
          init));
    }
    block_->add(conv_bn({.in_channels = hidden, .out_channels = scale_channels(row.out, width)},
                        BlockActivation::none, init, norm));
    register_module("block", block_);
  }

  Var forward(Var x) override {
    const Var y = (*block_)(x);
    return residual_ ? x + y : y;
  }

 private:
  std::shared_ptr<Sequential> block_;
  bool residual_;
};

ModulePtr make_v3(std::span<const Row> rows, std::int64_t last, const NetworkOptions& o) {
  NetworkStrides strides(o);
  Init init(o.seed, o.draw);
  std::int64_t channels = scale_channels(16, o.width);
  auto features = std::make_shared<Sequential>();
  features->add(conv_bn({.in_channels = o.in_c,
                         .out_channels = channels,
                         .kernel = 3,
                         .stride = strides.next(2),
                         .padding = Padding2d::all(1)},
                        hs, init, norm));
  for (const Row& row : rows) {
    features->add(
        std::make_shared<InvertedResidual>(channels, row, strides.next(row.stride), o.width, init));
    channels = scale_channels(row.out, o.width);
  }
  const std::int64_t wide = 6 * channels, hidden = scale_channels(last, o.width);
  features->add(conv_bn({.in_channels = channels, .out_channels = wide}, hs, init, norm));
  auto classifier = std::make_shared<Sequential>();
  classifier->add(std::make_shared<Linear>(LinearOptions{wide, hidden}, init));
  classifier->add(std::make_shared<HardSwish>()).add(std::make_shared<Dropout>(0.2));
  classifier->add(std::make_shared<Linear>(LinearOptions{hidden, o.classes}, init));
  auto net = std::make_shared<Sequential>();
  net->add("features", features).add("avgpool", std::make_shared<GlobalAvgPool>());
  net->add("flatten", std::make_shared<Flatten>()).add("classifier", classifier);
  return net;
}

}  // namespace

ModulePtr mobilenet_v3_small(const NetworkOptions& o) {
  return make_v3(small_rows, 1024, resolve_options("mobilenet_v3_small", o));
}

ModulePtr mobilenet_v3_large(const NetworkOptions& o) {
  return make_v3(large_rows, 1280, resolve_options("mobilenet_v3_large", o));
}

}  // namespace octet::zoo
