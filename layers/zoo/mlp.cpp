#include "layers/zoo/blocks.h"

namespace octet::zoo {

ModulePtr mlp(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("mlp", given);
  Init init(o.seed, o.draw);
  const std::int64_t hidden = scale_channels(64, o.width);
  auto net = std::make_shared<Sequential>();
  net->add("flatten", std::make_shared<Flatten>());
  std::int64_t in = std::int64_t{o.in_h} * o.in_w * o.in_c;
  for (const char* n : {"1", "2"}) {
    const std::string number = n;
    net->add("fc" + number, std::make_shared<Linear>(LinearOptions{in, hidden}, init));
    net->add("bn" + number, std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = hidden}));
    net->add("relu" + number, std::make_shared<Relu>());
    in = hidden;
  }
  net->add("fc3", std::make_shared<Linear>(LinearOptions{in, o.classes}, init));
  return net;
}

}  // namespace octet::zoo
