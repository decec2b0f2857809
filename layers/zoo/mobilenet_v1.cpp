#include "layers/zoo/blocks.h"

namespace octet::zoo {

ModulePtr mobilenet_v1(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("mobilenet_v1", given);
  struct Block {
    std::int64_t out;
    int stride;
  };
  constexpr Block blocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                              {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  NetworkStrides strides(o);
  Init init(o.seed, o.draw);
  std::int64_t channels = scale_channels(32, o.width);
  auto features = std::make_shared<Sequential>();
  features->add(conv_bn({.in_channels = o.in_c,
                         .out_channels = channels,
                         .kernel = 3,
                         .stride = strides.next(2),
                         .padding = Padding2d::all(1)},
                        BlockActivation::relu, init));
  for (const Block& b : blocks) {
    const std::int64_t out = scale_channels(b.out, o.width);
    features->add(depthwise_separable(channels, out, strides.next(b.stride), init));
    channels = out;
  }
  auto net = std::make_shared<Sequential>();
  net->add("features", features).add("avgpool", std::make_shared<GlobalAvgPool>());
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc", std::make_shared<Linear>(LinearOptions{channels, o.classes}, init));
  return net;
}

}  // namespace octet::zoo
