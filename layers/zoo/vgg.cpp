// Parameter names follow torchvision: features.<i>, classifier.{0, 3, 6}.
#include "layers/zoo/blocks.h"

namespace octet::zoo {

ModulePtr vgg11_bn(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("vgg11_bn", given);
  OCTET_CHECK(o.in_h >= 32 && o.in_w >= 32, "vgg11_bn: expected an image of at least 32 x 32, got ",
              o.in_h, " x ", o.in_w);
  Init init(o.seed, o.draw);
  struct Layer {
    std::int64_t out;
    bool pool_after;
  };
  constexpr Layer layers[] = {{64, true},   {128, true}, {256, false}, {256, true},
                              {512, false}, {512, true}, {512, false}, {512, true}};
  auto features = std::make_shared<Sequential>();
  std::int64_t channels = o.in_c;
  for (const Layer& layer : layers) {
    const std::int64_t out = scale_channels(layer.out, o.width);
    features->add(std::make_shared<Conv2d>(Conv2dOptions{.in_channels = channels,
                                                         .out_channels = out,
                                                         .kernel = 3,
                                                         .padding = Padding2d::all(1)},
                                           init));
    features->add(std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = out}));
    features->add(std::make_shared<Relu>());
    if (layer.pool_after) features->add(std::make_shared<MaxPool2d>(PoolOptions{}));
    channels = out;
  }
  const std::int64_t inputs = (o.in_h / 32) * std::int64_t{o.in_w / 32} * channels;
  const std::int64_t hidden = scale_channels(4096, o.width);
  auto classifier = std::make_shared<Sequential>();
  for (const std::int64_t in : {inputs, hidden}) {
    classifier->add(std::make_shared<Linear>(LinearOptions{in, hidden}, init));
    classifier->add(std::make_shared<Relu>()).add(std::make_shared<Dropout>(0.5));
  }
  classifier->add(std::make_shared<Linear>(LinearOptions{hidden, o.classes}, init));
  auto net = std::make_shared<Sequential>();
  net->add("features", features).add("flatten", std::make_shared<Flatten>());
  net->add("classifier", classifier);
  return net;
}

}  // namespace octet::zoo
