#include <iterator>

#include "layers/zoo/blocks.h"

namespace octet::zoo {

ModulePtr autoencoder(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("autoencoder", given);
  Init init(o.seed, o.draw);
  const std::int64_t size = std::int64_t{o.in_h} * o.in_w * o.in_c;
  const std::int64_t hidden = scale_channels(128, o.width), code = 8;
  const std::int64_t widths[] = {hidden, hidden, hidden, hidden, code,
                                 hidden, hidden, hidden, hidden};
  auto net = std::make_shared<Sequential>();
  net->add("flatten", std::make_shared<Flatten>());
  std::int64_t in = size;
  for (std::size_t i = 0; i < std::size(widths); ++i) {
    const std::string n = std::to_string(i + 1);
    net->add("fc" + n, std::make_shared<Linear>(LinearOptions{in, widths[i]}, init));
    net->add("bn" + n, std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = widths[i]}));
    net->add("relu" + n, std::make_shared<Relu>());
    in = widths[i];
  }
  net->add("fc10", std::make_shared<Linear>(LinearOptions{in, size}, init));
  return net;
}

}  // namespace octet::zoo
