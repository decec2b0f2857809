// Parameter names follow torchvision: features.<i>.{squeeze, expand1x1, expand3x3}, classifier.1.
#include "layers/zoo/blocks.h"

namespace octet::zoo {
namespace {

/// relu(squeeze), then relu(expand1x1) beside relu(expand3x3).
class Fire final : public Module {
 public:
  Fire(std::int64_t in, std::int64_t squeezed, std::int64_t expanded, Init& init) {
    const auto conv = [&](const char* name, std::int64_t from, std::int64_t to, int kernel) {
      return register_module(
          name, std::make_shared<Conv2d>(Conv2dOptions{.in_channels = from,
                                                       .out_channels = to,
                                                       .kernel = kernel,
                                                       .padding = Padding2d::all(kernel / 2)},
                                         init));
    };
    squeeze_ = conv("squeeze", in, squeezed, 1);
    expand1x1_ = conv("expand1x1", squeezed, expanded, 1);
    expand3x3_ = conv("expand3x3", squeezed, expanded, 3);
  }

  Var forward(Var x) override {
    const Var s = relu((*squeeze_)(x));
    return concat({relu((*expand1x1_)(s)), relu((*expand3x3_)(s))}, -1);
  }

 private:
  std::shared_ptr<Conv2d> squeeze_, expand1x1_, expand3x3_;
};

}  // namespace

ModulePtr squeezenet1_1(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("squeezenet1_1", given);
  // A convolution and three pools of 3x3 with stride 2 and no padding.
  OCTET_CHECK(o.in_h >= 31 && o.in_w >= 31,
              "squeezenet1_1: expected an image of at least 31 x 31, got ", o.in_h, " x ", o.in_w);
  Init init(o.seed, o.draw);
  const auto pool = [] {
    return std::make_shared<MaxPool2d>(PoolOptions{.kernel = 3, .stride = 2});
  };
  std::int64_t channels = scale_channels(64, o.width);
  auto features = std::make_shared<Sequential>();
  features->add(std::make_shared<Conv2d>(
      Conv2dOptions{.in_channels = o.in_c, .out_channels = channels, .kernel = 3, .stride = 2},
      init));
  features->add(std::make_shared<Relu>()).add(pool());
  struct Size {
    std::int64_t squeezed, expanded;
    bool pool_after;
  };
  constexpr Size fires[] = {{16, 64, false},  {16, 64, true},   {32, 128, false}, {32, 128, true},
                            {48, 192, false}, {48, 192, false}, {64, 256, false}, {64, 256, false}};
  for (const Size& f : fires) {
    const std::int64_t expanded = scale_channels(f.expanded, o.width);
    features->add(
        std::make_shared<Fire>(channels, scale_channels(f.squeezed, o.width), expanded, init));
    channels = 2 * expanded;
    if (f.pool_after) features->add(pool());
  }
  auto classifier = std::make_shared<Sequential>();
  classifier->add(std::make_shared<Dropout>(0.5));
  classifier->add(std::make_shared<Conv2d>(
      Conv2dOptions{.in_channels = channels, .out_channels = o.classes}, init));
  classifier->add(std::make_shared<Relu>()).add(std::make_shared<GlobalAvgPool>());
  auto net = std::make_shared<Sequential>();
  net->add("features", features).add("classifier", classifier);
  net->add("flatten", std::make_shared<Flatten>());
  return net;
}

}  // namespace octet::zoo
