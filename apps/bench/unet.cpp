#include "apps/bench/unet.h"

#include <string>

#include "layers/layers.h"

namespace octet::bench {
namespace {

class UNet final : public Module {
 public:
  UNet(std::int64_t height, std::int64_t width, std::uint64_t seed)
      : height_(static_cast<int>(height)), width_(static_cast<int>(width)), init_(seed) {
    down1_ = block("down1", 1, 16);
    down2_ = block("down2", 16, 32);
    bottom_ = block("bottom", 32, 48);
    up2_ = register_module(
        "up2",
        std::make_shared<ConvTranspose2d>(
            ConvTranspose2dOptions{.in_channels = 48, .out_channels = 32, .kernel = 2, .stride = 2},
            init_));
    join2_ = block("join2", 64, 24);
    join1_ = block("join1", 40, 16);
    last_ = register_module(
        "last",
        std::make_shared<Conv2d>(Conv2dOptions{.in_channels = 16, .out_channels = 2}, init_));
  }
  Var forward(Var x) override {
    const Window2d halves{2, 2, 2, 2, 1, 1, {}};
    const Var a = (*down1_)(x), b = (*down2_)(max_pool2d(a, halves)),
              c = (*bottom_)(max_pool2d(b, halves));
    const Var d = (*join2_)(concat({(*up2_)(c), b}, 3));
    const Var e = (*join1_)(concat({resize_bilinear(d, height_, width_), a}, 3));
    return (*last_)(e);
  }

 private:
  std::shared_ptr<Sequential> block(const std::string& name, int in, int out) {
    auto layers = std::make_shared<Sequential>();
    layers->add("conv", std::make_shared<Conv2d>(Conv2dOptions{.in_channels = in,
                                                               .out_channels = out,
                                                               .kernel = 3,
                                                               .padding = Padding2d::same_padding(),
                                                               .bias = false},
                                                 init_));
    layers->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{out}));
    layers->add("relu", std::make_shared<Relu>());
    return register_module(name, std::move(layers));
  }

  int height_, width_;
  Init init_;
  std::shared_ptr<Sequential> down1_, down2_, bottom_, join2_, join1_;
  std::shared_ptr<ConvTranspose2d> up2_;
  std::shared_ptr<Conv2d> last_;
};

}  // namespace

std::shared_ptr<Module> make_unet(std::int64_t height, std::int64_t width, std::uint64_t seed) {
  return std::make_shared<UNet>(height, width, seed);
}

}  // namespace octet::bench
