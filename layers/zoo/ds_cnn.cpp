#include "layers/zoo/blocks.h"

namespace octet::zoo {

ModulePtr ds_cnn(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("ds_cnn", given);
  Init init(o.seed, o.draw);
  const std::int64_t channels = scale_channels(64, o.width);
  auto features = std::make_shared<Sequential>();
  features->add(conv_bn({.in_channels = o.in_c,
                         .out_channels = channels,
                         .kernel = {10, 4},
                         .stride = 2,
                         .padding = {.top = 5, .bottom = 5, .left = 1, .right = 1}},
                        BlockActivation::relu, init));
  for (int i = 0; i < 4; ++i) features->add(depthwise_separable(channels, channels, 1, init));
  auto net = std::make_shared<Sequential>();
  net->add("features", features).add("avgpool", std::make_shared<GlobalAvgPool>());
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc", std::make_shared<Linear>(LinearOptions{channels, o.classes}, init));
  return net;
}

}  // namespace octet::zoo
