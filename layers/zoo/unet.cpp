#include "layers/zoo/blocks.h"

namespace octet::zoo {
namespace {

class UNet final : public Module {
 public:
  explicit UNet(const NetworkOptions& o) : init_(o.seed, o.draw) {
    const std::int64_t c1 = scale_channels(16, o.width), c2 = scale_channels(32, o.width),
                       c3 = scale_channels(64, o.width);
    down1_ = block("down1", o.in_c, c1);
    down2_ = block("down2", c1, c2);
    bottom_ = block("bottom", c2, c3);
    up2_ = upsample("up2", c3, c2);
    join2_ = block("join2", 2 * c2, c2);
    up1_ = upsample("up1", c2, c1);
    join1_ = block("join1", 2 * c1, c1);
    head_ = register_module(
        "head", std::make_shared<Conv2d>(
                    Conv2dOptions{.in_channels = c1, .out_channels = o.classes}, init_));
  }

  Var forward(Var x) override {
    const Window2d halves{2, 2, 2, 2, 1, 1, {}};
    const Var a = (*down1_)(x), b = (*down2_)(max_pool2d(a, halves)),
              c = (*bottom_)(max_pool2d(b, halves));
    const Var d = (*join2_)(concat({(*up2_)(c), b}, 3));
    return (*head_)((*join1_)(concat({(*up1_)(d), a}, 3)));
  }

 private:
  std::shared_ptr<Sequential> block(const std::string& name, std::int64_t in, std::int64_t out) {
    auto layers = std::make_shared<Sequential>();
    for (const char* n : {"0", "1"}) {
      layers->add(n, conv_bn({.in_channels = in,
                              .out_channels = out,
                              .kernel = 3,
                              .padding = Padding2d::all(1),
                              .bias = false},
                             BlockActivation::relu, init_));
      in = out;
    }
    return register_module(name, std::move(layers));
  }
  std::shared_ptr<ConvTranspose2d> upsample(const std::string& name, std::int64_t in,
                                            std::int64_t out) {
    return register_module(
        name, std::make_shared<ConvTranspose2d>(
                  ConvTranspose2dOptions{
                      .in_channels = in, .out_channels = out, .kernel = 2, .stride = 2},
                  init_));
  }

  Init init_;
  std::shared_ptr<Sequential> down1_, down2_, bottom_, join2_, join1_;
  std::shared_ptr<ConvTranspose2d> up2_, up1_;
  std::shared_ptr<Conv2d> head_;
};

}  // namespace

ModulePtr unet(const NetworkOptions& given) {
  const NetworkOptions o = resolve_options("unet", given);
  OCTET_CHECK(o.in_h % 4 == 0 && o.in_w % 4 == 0,
              "unet: expected height and width that are multiples of 4, got ", o.in_h, " x ",
              o.in_w);
  return std::make_shared<UNet>(o);
}

}  // namespace octet::zoo
