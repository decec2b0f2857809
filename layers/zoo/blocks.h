// What several reference networks are made of.
#pragma once

#include <memory>

#include "layers/layers.h"
#include "layers/zoo/zoo.h"

namespace octet::zoo {

enum class BlockActivation { none, relu, relu6, hard_swish };

/// Convolution without bias ("0"), batch norm ("1"; of `norm` all but the channels counts),
/// activation ("2").
std::shared_ptr<Sequential> conv_bn(Conv2dOptions options, BlockActivation activation, Init& init,
                                    BatchNorm2dOptions norm = {});
/// Depthwise 3x3 and pointwise convolution, each with batch norm and ReLU: "0.0", "0.1", "1.0", ...
ModulePtr depthwise_separable(std::int64_t in, std::int64_t out, int stride, Init& init);
/// The strides of a network that halves its picture five times, for NetworkOptions::output_stride
/// (0, as networks of other strides have it: as they are).
class NetworkStrides {
 public:
  explicit NetworkStrides(const NetworkOptions& resolved)
      : left_out_(resolved.output_stride > 0 ? 32 / resolved.output_stride : 1) {}
  /// The stride of the next layer, in the order of the network; `own` is 1 or 2.
  int next(int own);

 private:
  int left_out_;  // product of the strides that are still to be left out
};
/// See NetworkOptions::width.
std::int64_t scale_channels(std::int64_t channels, double width);

}  // namespace octet::zoo
