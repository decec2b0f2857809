// Reference networks. All take NHWC images; all but autoencoder and unet return logits [N,
// classes].
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layers/module.h"

namespace octet::zoo {

/// Zero extents mean the model's own (its paper's or benchmark's).
struct NetworkOptions {
  int classes = 0;
  int in_h = 0, in_w = 0, in_c = 0;
  /// Factor on the numbers of channels; if not 1, they are rounded to multiples of 8, never below
  /// 90 % of the exact number (Sandler et al. 2018).
  double width = 1;
  /// The picture's extent over the last feature map's, a power of two; of the models for 224x224
  /// (ResNets and MobileNets), whose own 32 leaves one position of a 32x32 picture. For less, the
  /// network's first strides are 1, and a max pooling among them is left out.
  int output_stride = 0;
  std::uint64_t seed = 0;  ///< of the initial weights
  bool draw = true;        ///< false: weights unspecified, their memory not written (see Init)
};

/// The model called `name` (see model_names()). Throws Error for an unknown name, naming the
/// nearest known one, and for extents that are negative or too small for the model.
ModulePtr make_model(std::string_view name, const NetworkOptions& options = {});
/// All of them, as configurations name them.
std::vector<std::string> model_names();
/// What a model returns.
enum class OutputKind : std::uint8_t {
  row,     ///< [N, classes]
  pixels,  ///< [N, H, W, classes]
  input    ///< its input again, [N, H W C]; `classes` must be 0
};
/// Of the model of that name.
OutputKind output_kind(std::string_view name);
/// Whether that is a row of logits.
bool is_classifier(std::string_view name);
/// `options` with the model's own numbers filled in. Throws Error as make_model.
NetworkOptions resolve_options(std::string_view name, const NetworkOptions& options = {});

/// Two 5x5 convolutions with batch norm and pooling, two linear layers; 28x28x1 and 10 classes
/// unless given. After LeCun et al. 1998, as trained today.
ModulePtr lenet(const NetworkOptions& options = {});
/// MLPerf Tiny's image classification model, 32x32x3, 10 classes: one basic block a stage with 16,
/// 32 and 64 channels; projection shortcuts are a 1x1 convolution with bias and no batch norm.
ModulePtr resnet8(const NetworkOptions& options = {});
/// He et al. 2016, CIFAR variant, 32x32x3, 10 classes: three stages of three basic blocks with 16,
/// 32 and 64 channels. Shortcuts that change the shape are projections (option B): 1x1 convolution
/// and batch norm.
ModulePtr resnet20(const NetworkOptions& options = {});
/// He et al. 2016, ImageNet variant, 224x224x3, 1000 classes, option B shortcuts. Parameter names
/// as in torchvision.
ModulePtr resnet18(const NetworkOptions& options = {});
/// The same with 3, 4, 6 and 3 blocks a stage.
ModulePtr resnet34(const NetworkOptions& options = {});
/// The same as resnet34 with bottleneck blocks, their stride in the 3x3 convolution (as
/// torchvision).
ModulePtr resnet50(const NetworkOptions& options = {});
/// Howard et al. 2017, 224x224x3, 1000 classes. MLPerf Tiny's visual wake words model is width
/// 0.25, 96x96, 2 classes.
ModulePtr mobilenet_v1(const NetworkOptions& options = {});
/// Sandler et al. 2018, 224x224x3, 1000 classes, ReLU6. Parameter names as in torchvision.
ModulePtr mobilenet_v2(const NetworkOptions& options = {});
/// Howard et al. 2019, 224x224x3, 1000 classes, squeeze and excitation with hard gates. Parameter
/// names as in torchvision.
ModulePtr mobilenet_v3_small(const NetworkOptions& options = {});
/// The larger one of the same paper.
ModulePtr mobilenet_v3_large(const NetworkOptions& options = {});
/// SqueezeNet 1.1 (Iandola et al. 2016), 224x224x3, 1000 classes. Parameter names as in
/// torchvision; its pools keep no partial window, which is the same from 224x224.
ModulePtr squeezenet1_1(const NetworkOptions& options = {});
/// Simonyan & Zisserman 2015, configuration A with batch norm, 224x224x3, 1000 classes. Parameter
/// names as in torchvision.
ModulePtr vgg11_bn(const NetworkOptions& options = {});
/// MLPerf Tiny's anomaly detection model: an autoencoder of linear layers, 640 - 4 x 128 - 8 -
/// 4 x 128 - 640, batch norm and ReLU behind each but the last. The input [N, H, W, C] is
/// flattened; the result [N, H W C] reconstructs it (train with mse_loss). Has no classes.
ModulePtr autoencoder(const NetworkOptions& options = {});
/// A network of linear layers for rows of numbers: the input is flattened; two hidden layers of 64,
/// batch norm and ReLU behind each; 1x1x16 and 2 outputs.
ModulePtr mlp(const NetworkOptions& options = {});
/// After Ronneberger et al. 2015, small: three scales of 16, 32 and 64 channels, two 3x3
/// convolutions with batch norm and ReLU in each, max pooling down, 2x2 transposed convolutions up,
/// skips by concatenation, and a 1x1 convolution to logits [N, H, W, classes]. 64x64x3, 2 classes.
/// Height and width must be multiples of 4.
ModulePtr unet(const NetworkOptions& options = {});
/// Zhang et al. 2017, MLPerf Tiny's keyword spotting model, 49x10x1, 12 classes.
ModulePtr ds_cnn(const NetworkOptions& options = {});

}  // namespace octet::zoo
