#include "layers/zoo/blocks.h"

#include <algorithm>

namespace octet::zoo {

std::shared_ptr<Sequential> conv_bn(Conv2dOptions options, BlockActivation activation, Init& init,
                                    BatchNorm2dOptions norm) {
  options.bias = false;
  norm.channels = options.out_channels;
  auto block = std::make_shared<Sequential>();
  block->add(std::make_shared<Conv2d>(options, init));
  block->add(std::make_shared<BatchNorm2d>(norm));
  if (activation == BlockActivation::relu) block->add(std::make_shared<Relu>());
  if (activation == BlockActivation::relu6) block->add(std::make_shared<Relu6>());
  if (activation == BlockActivation::hard_swish) block->add(std::make_shared<HardSwish>());
  return block;
}

ModulePtr depthwise_separable(std::int64_t in, std::int64_t out, int stride, Init& init) {
  auto block = std::make_shared<Sequential>();
  block->add(conv_bn({.in_channels = in,
                      .out_channels = in,
                      .kernel = 3,
                      .stride = stride,
                      .padding = Padding2d::all(1),
                      .groups = static_cast<int>(in)},
                     BlockActivation::relu, init));
  block->add(conv_bn({.in_channels = in, .out_channels = out}, BlockActivation::relu, init));
  return block;
}

std::int64_t scale_channels(std::int64_t channels, double width) {
  if (width == 1) return channels;
  constexpr std::int64_t divisor = 8;
  const double exact = static_cast<double>(channels) * width;
  std::int64_t rounded =
      std::max(divisor, static_cast<std::int64_t>(exact + divisor / 2) / divisor * divisor);
  if (static_cast<double>(rounded) < 0.9 * exact) rounded += divisor;
  return rounded;
}

int NetworkStrides::next(int own) {
  if (own == 1 || left_out_ == 1) return own;
  left_out_ /= own;
  return 1;
}

}  // namespace octet::zoo
