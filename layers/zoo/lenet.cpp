#include "layers/zoo/blocks.h"

namespace octet::zoo {

ModulePtr lenet(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("lenet", given);
  OCTET_CHECK(o.in_h >= 4 && o.in_w >= 4, "lenet: expected an image of at least 4 x 4, got ",
              o.in_h, " x ", o.in_w);
  Init init(o.seed, o.draw);
  const std::int64_t c1 = scale_channels(32, o.width), c2 = scale_channels(64, o.width);
  const std::int64_t hidden = scale_channels(512, o.width);
  const std::int64_t features = (o.in_h / 4) * std::int64_t{o.in_w / 4} * c2;
  auto conv = [&](std::int64_t in, std::int64_t out) {
    return std::make_shared<Conv2d>(Conv2dOptions{.in_channels = in,
                                                  .out_channels = out,
                                                  .kernel = 5,
                                                  .padding = Padding2d::all(2),
                                                  .bias = false},
                                    init);
  };
  auto norm = [](std::int64_t c) { return std::make_shared<BatchNorm2d>(BatchNorm2dOptions{c}); };
  auto net = std::make_shared<Sequential>();
  net->add("conv1", conv(o.in_c, c1)).add("bn1", norm(c1)).add("relu1", std::make_shared<Relu>());
  net->add("pool1", std::make_shared<MaxPool2d>(PoolOptions{}));
  net->add("conv2", conv(c1, c2)).add("bn2", norm(c2)).add("relu2", std::make_shared<Relu>());
  net->add("pool2", std::make_shared<MaxPool2d>(PoolOptions{}));
  net->add("flatten", std::make_shared<Flatten>());
  net->add("fc1", std::make_shared<Linear>(LinearOptions{features, hidden}, init));
  net->add("relu3", std::make_shared<Relu>());
  net->add("fc2", std::make_shared<Linear>(LinearOptions{hidden, o.classes}, init));
  return net;
}

}  // namespace octet::zoo
