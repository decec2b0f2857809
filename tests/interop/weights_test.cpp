// From a file's tensors to a network's: names, order of axes, what is new, what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "interop/arrays/unzip.h"
#include "interop/weights/read_weights.h"
#include "interop/weights/save_weights.h"
#include "interop/weights/transfer.h"
#include "interop/weights/weight_names.h"
#include "layers/layers.h"
#include "layers/parameter_pattern.h"
#include "layers/zoo/zoo.h"
#include "tests/interop/weight_files.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::test;

namespace {

using Floats = std::vector<float>;

/// Tensors that own their numbers: 0, 1, 2, ... from `first`.
struct File {
  WeightFile file{.path = "file", .kind = "safetensors", .tensors = {}, .owners = {}};
  File& add(const std::string& name, std::vector<std::int64_t> shape, float first = 0) {
    StoredTensor t;
    t.name = name;
    t.shape = std::move(shape);
    t.format = NumberFormat::f32;
    const auto values = std::make_shared<Floats>(static_cast<std::size_t>(t.numel()));
    for (float& v : *values) v = first++;
    t.data = std::as_bytes(std::span(*values));
    file.owners.push_back(values);
    file.tensors.push_back(std::move(t));
    return *this;
  }
};

/// Convolution, batch norm, flattened pixels, linear layer.
ModulePtr small_net(int classes = 2) {
  Init init(1);
  auto net = std::make_shared<Sequential>();
  net->add("conv", std::make_shared<Conv2d>(
                       Conv2dOptions{.in_channels = 2, .out_channels = 3, .kernel = 2}, init));
  net->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 3}));
  net->add("relu", std::make_shared<Relu>());
  net->add("flatten", std::make_shared<Flatten>());
  net->add("dropout", std::make_shared<Dropout>(0.5));
  net->add("fc", std::make_shared<Linear>(LinearOptions{12, classes}, init));
  return net;
}

std::shared_ptr<GraphModule> traced(const ModulePtr& net) {
  return trace(net, Tensor::zeros({1, 3, 3, 2}));
}

Floats values(const Module& net, const std::string& name) {
  for (const NamedTensor& t : net.state()) {
    if (t.name == name) return {t.value.span<real>().begin(), t.value.span<real>().end()};
  }
  FAIL(name);
  return {};
}

File torch_file(int classes = 2) {
  File f;
  f.add("conv.weight", {3, 2, 2, 2}).add("conv.bias", {3}, 50);
  f.add("bn.weight", {3}, 60).add("bn.bias", {3}, 70);
  f.add("bn.running_mean", {3}, 80).add("bn.running_var", {3}, 90);
  f.add("bn.num_batches_tracked", {});
  return f.add("fc.weight", {classes, 12}, 100).add("fc.bias", {classes}, 200);
}

std::string refused(const File& f, const TransferRules& rules = {}) {
  const auto net = traced(small_net());
  return refusal([&] { transfer_weights(f.file, *net, rules); });
}

}  // namespace

TEST_CASE("weights: PyTorch's axes become ours, behind a flattened image too") {
  const auto net = small_net();
  const Transfer t = transfer_weights(torch_file().file, *traced(net));
  CHECK(t.headline() == "transferred 8 of 8 tensors");
  CHECK(t.details().empty());
  // [O, I, H, W] to [O, H, W, I]
  const Floats conv = values(*net, "conv.weight");
  CHECK(Floats(conv.begin(), conv.begin() + 8) == Floats{0, 4, 1, 5, 2, 6, 3, 7});
  // Columns [C, H, W] to [H, W, C], C being 3 and the image 2 x 2.
  const Floats fc = values(*net, "fc.weight");
  CHECK(Floats(fc.begin(), fc.begin() + 12) ==
        Floats{100, 104, 108, 101, 105, 109, 102, 106, 110, 103, 107, 111});
  CHECK(values(*net, "bn.running_var") == Floats{90, 91, 92});
  CHECK(values(*net, "bn.bias") == Floats{70, 71, 72});
}

TEST_CASE("weights: a batch norm of PyTorch's flattened pixels, and what is behind it") {
  Init init(1);
  const auto net = std::make_shared<Sequential>();
  net->add("flatten", std::make_shared<Flatten>());
  net->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 12}));
  net->add("fc", std::make_shared<Linear>(LinearOptions{12, 1}, init));
  File f;
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
    f.add(std::string("bn.") + name, {12}, 1);
  }
  f.add("fc.weight", {1, 12}, 1).add("fc.bias", {1}, 1);
  const auto graph = trace(net, Tensor::zeros({1, 2, 2, 3}));
  const Transfer t = transfer_weights(f.file, *graph);
  CHECK(t.headline() == "transferred 6 of 6 tensors");
  const Floats hwc{1, 5, 9,  2, 6, 10,
                   3, 7, 11, 4, 8, 12};  // pixel (h, w)'s c was number c H W + h W + w
  for (const char* name :
       {"bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "fc.weight"}) {
    CAPTURE(std::string(name));
    CHECK(values(*graph, name) == hwc);
  }
}

TEST_CASE("weights: Keras's axes become ours") {
  const auto net = small_net();
  File f;
  f.add("conv/kernel", {2, 2, 2, 3}).add("conv/bias", {3}, 50);
  f.add("bn/gamma", {3}, 60).add("bn/beta", {3}, 70);
  f.add("bn/moving_mean", {3}, 80).add("bn/moving_variance", {3}, 90);
  f.add("fc/kernel:0", {12, 2}, 100).add("fc/bias:0", {2}, 200);
  CHECK(transfer_weights(f.file, *traced(net)).headline() == "transferred 8 of 8 tensors");
  const Floats conv = values(*net, "conv.weight");
  CHECK(Floats(conv.begin(), conv.begin() + 8) == Floats{0, 3, 6, 9, 12, 15, 18, 21});
  const Floats fc = values(*net, "fc.weight");
  CHECK(Floats(fc.begin(), fc.begin() + 4) == Floats{100, 102, 104, 106});
  CHECK(values(*net, "bn.running_mean") == Floats{80, 81, 82});
}

TEST_CASE("weights: each order of axes, of each shape") {
  File f;
  const auto read = [&](std::vector<std::int64_t> shape, AxisOrder order, const Shape& target,
                        LayerUse use = {}, bool fortran = false) -> Floats {
    File one;
    one.add("x", std::move(shape));
    one.file.tensors[0].fortran = fortran;
    const auto view = view_as(one.file.tensors[0], order, target, use);
    if (!view) return {};
    Floats out(static_cast<std::size_t>(target.numel()));
    copy_floats(one.file.tensors[0], *view, "x", out);
    return out;
  };
  using enum AxisOrder;
  const LayerUse transposed{.transposed_conv = true};
  CHECK(read({2, 3}, octet, {2, 3}) == Floats{0, 1, 2, 3, 4, 5});
  CHECK(read({3, 2}, octet, {2, 3}).empty());
  CHECK(read({2, 3}, torch, {2, 3}, {}, true) == Floats{0, 2, 4, 1, 3, 5});  // Fortran's order
  CHECK(read({3, 2}, keras, {2, 3}) == Floats{0, 2, 4, 1, 3, 5});
  CHECK(read({3, 2}, keras, {2, 3}, {}, true) == Floats{0, 1, 2, 3, 4, 5});
  // Depthwise: [C M, 1, H, W] and [H, W, C, M].
  CHECK(read({4, 1, 1, 2}, torch, {4, 1, 2, 1}) == Floats{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(read({1, 2, 2, 2}, keras, {4, 1, 2, 1}) == Floats{0, 4, 1, 5, 2, 6, 3, 7});
  CHECK(read({1, 2, 1, 4}, keras, {4, 1, 2, 1}) == Floats{0, 4, 1, 5, 2, 6, 3, 7});
  CHECK(read({1, 2, 4, 1}, keras, {4, 1, 2, 1}) == Floats{0, 4, 1, 5, 2, 6, 3, 7});
  // Transposed: [I, O, H, W] and [H, W, O, I].
  CHECK(read({2, 3, 1, 1}, torch, {3, 1, 1, 2}, transposed) == Floats{0, 3, 1, 4, 2, 5});
  CHECK(read({1, 1, 3, 2}, keras, {3, 1, 1, 2}, transposed) == Floats{0, 1, 2, 3, 4, 5});
  CHECK(read({2, 3, 1, 1}, torch, {3, 1, 1, 2}).empty());
  // Convolutions of one pixel or over the whole image, as linear weights; and back.
  CHECK(read({2, 3, 1, 1}, torch, {2, 3}) == Floats{0, 1, 2, 3, 4, 5});
  CHECK(read({1, 2, 1, 2}, torch, {1, 4}) == Floats{0, 2, 1, 3});
  CHECK(read({2, 3}, torch, {2, 1, 1, 3}) == Floats{0, 1, 2, 3, 4, 5});
  CHECK(read({3, 2}, keras, {2, 1, 1, 3}) == Floats{0, 2, 4, 1, 3, 5});
  CHECK(read({1, 4}, torch, {1, 4}, {.h = 1, .w = 2, .c = 2}) == Floats{0, 2, 1, 3});
  CHECK(read({3}, torch, {3}) == Floats{0, 1, 2});
  CHECK(read({3}, torch, {4}).empty());
  CHECK(read({1, 3}, torch, {3}).empty());
  CHECK(read({1, 1, 1, 1, 2}, torch, {1, 1, 1, 1, 2}) == Floats{0, 1});
}

TEST_CASE("weights: a head of another shape is new; names are the first five and a count") {
  const auto net = small_net(2);
  File f = torch_file(5);
  f.file.tensors.erase(f.file.tensors.begin() + 1);  // conv.bias
  for (int i = 0; i < 7; ++i) f.add("extra" + std::to_string(i), {1});
  const Floats before = values(*net, "fc.weight");
  const Transfer t = transfer_weights(f.file, *traced(net));
  CHECK(t.headline() == "transferred 5 of 8 tensors, new: conv.bias, fc.*");
  CHECK(
      t.details() ==
      std::vector<std::string>{
          "of another shape: fc.weight, expected [2, 12], got [5, 12]; fc.bias, expected [2], got "
          "[5]",
          "not in the file: conv.bias",
          "not in the network: extra0, extra1, extra2, extra3, extra4 and 2 more"});
  CHECK(values(*net, "fc.weight") == before);

  const auto other = small_net(2);
  const Transfer skipped =
      transfer_weights(torch_file().file, *traced(other), {.skip = {"fc.*", "bn.r*"}});
  CHECK(skipped.headline() ==
        "transferred 4 of 8 tensors, new: fc.*, bn.running_mean, "
        "bn.running_var");
  CHECK(skipped.details().empty());
  CHECK(values(*other, "bn.running_var") == Floats{1, 1, 1});
}

TEST_CASE("weights: names are changed by pairs of patterns, the first that matches") {
  const auto net = small_net();
  File f;
  f.add("module.features.0.weight", {3, 2, 2, 2}).add("module.features.0.bias", {3}, 50);
  f.add("module.fc.bias", {2}, 200);
  const Transfer t = transfer_weights(
      f.file, *traced(net), {.rename = {{"module.features.0.*", "conv.*"}, {"module.*", "*"}}});
  CHECK(t.transferred == std::vector<std::string>{"conv.weight", "conv.bias", "fc.bias"});
  // Also into Keras's names, which say that the axes are Keras's.
  File own;
  own.add("w1", {2, 2, 2, 3}).add("fc.kernel", {12, 2});
  const TransferRules rules{.rename = {{"w1", "conv.kernel"}, {"fc.kernel", "fc.weight"}}};
  CHECK(transfer_weights(own.file, *traced(net), rules).transferred.size() == 2);
  CHECK(values(*net, "conv.weight")[1] == 3);
  CHECK(values(*net, "fc.weight")[1] == 2);
  CHECK(rename_by_pattern("a.b.c", "a.b.c", "x") == "x");
  CHECK(rename_by_pattern("a.b.c", "*.b.*", "*-*") == "a-c");
  CHECK(rename_by_pattern("a.b.c", "*.*", "*") == "a");
  CHECK_FALSE(rename_by_pattern("a.b.c", "b*", "*"));
  CHECK(refusal([] { rename_by_pattern("a", "a", "*"); }) == "'*' has more stars than 'a'");
}

TEST_CASE("weights: what cannot be meant is refused, and nothing is changed") {
  CHECK(refused(torch_file(), {.skip = {"fcc.*"}}) ==
        "skip: nothing in the network matches 'fcc.*'; the nearest name is 'fc.bias'");
  CHECK(refused(torch_file(), {.rename = {{"conf.weight", "a"}}}) ==
        "file: rename: no tensor of it matches 'conf.weight' first; the nearest name is "
        "'conv.weight'");
  CHECK(refused(torch_file(), {.rename = {{"fc*", "conv*"}}}) ==
        "file: conv.weight and fc.weight would both become conv.weight");
  File other;
  other.add("a", {1}).add("bn.bias", {3});
  CHECK(refused(other).starts_with(
      "the weights do not fit this network, none of file was transferred: the network has "
      "conv.weight, conv.bias, bn.weight, fc.weight, fc.bias and 2 more, the file has a, bn.bias"));
  File misshapen;
  misshapen.add("fc.weight", {9, 9});
  CHECK(refused(misshapen) ==
        "the weights do not fit this network, none of file was transferred: misshapen: fc.weight, "
        "expected [2, 12], got [9, 9]");
  File integers = torch_file();
  integers.file.tensors[0].format = NumberFormat::other;
  integers.file.tensors[0].type = "I8";
  CHECK(refused(integers) == "file: conv.weight: expected floats of 16, 32 or 64 bits, got I8");
  File infinite = torch_file();
  infinite.add("x", {1});
  const float inf = std::numeric_limits<float>::infinity();
  infinite.file.tensors[1].data = std::as_bytes(std::span(&inf, 1));
  infinite.file.tensors[1].shape = {1};
  CHECK(refused(infinite) == "nothing was thrown");  // of another shape: not looked at
}

TEST_CASE("weights: octet's own state goes back as it is") {
  const auto from = small_net(), to = small_net();
  from->load_state(from->state());
  const Transfer t = transfer_weights(weights_of(from->state(), "c.h5"), *traced(to));
  CHECK(t.fresh.empty());
  CHECK(values(*to, "fc.weight") == values(*from, "fc.weight"));
  CHECK(values(*to, "conv.weight") == values(*from, "conv.weight"));
}

TEST_CASE("weights: timm's names of the mobile networks") {
  const auto ours = [](const std::string& name) {
    return name == "features.0.0.weight" || name == "classifier.0.weight";
  };
  const auto v2 = timm_names({"conv_stem.weight", "blocks.0.0.conv_dw.weight",
                              "blocks.0.0.conv_pw.weight", "blocks.1.0.conv_pwl.weight"},
                             ours);
  CHECK(v2("conv_stem.weight") == "features.0.0.weight");
  CHECK(v2("bn1.running_var") == "features.0.1.running_var");
  CHECK(v2("blocks.0.0.conv_dw.weight") == "features.1.conv.0.0.weight");
  CHECK(v2("blocks.0.0.conv_pw.weight") == "features.1.conv.1.weight");
  CHECK(v2("blocks.0.0.bn2.weight") == "features.1.conv.2.weight");
  CHECK(v2("blocks.1.0.conv_pwl.weight") == "features.2.conv.2.weight");
  CHECK(v2("blocks.1.0.bn3.bias") == "features.2.conv.3.bias");
  CHECK(v2("conv_head.weight") == "features.3.0.weight");
  CHECK(v2("classifier.weight") == "classifier.1.weight");
  CHECK(v2("blocks.99999999999.0.conv_dw.weight") == "blocks.99999999999.0.conv_dw.weight");
  const auto vgg = timm_names({"pre_logits.fc1.weight"}, ours);
  CHECK(vgg("head.fc.bias") == "classifier.6.bias");
  CHECK(timm_names({"other"}, ours)("conv_stem.weight") == "conv_stem.weight");
}

namespace {

/// tests/golden/make_keras_weights.py's network.
ModulePtr keras_net() {
  Init init(1);
  const auto conv = [&](Conv2dOptions o) { return std::make_shared<Conv2d>(o, init); };
  const auto norm = [] {
    return std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 4, .eps = 1e-3});
  };
  auto net = std::make_shared<Sequential>(), block = std::make_shared<Sequential>();
  block->add("conv", conv({.in_channels = 8, .out_channels = 4})).add("norm", norm());
  net->add("stem", conv({.in_channels = 3, .out_channels = 4, .kernel = 3}));
  net->add("conv2d", conv({.in_channels = 4, .out_channels = 4, .kernel = {1, 3}, .bias = false}));
  net->add("norm", norm());
  net->add("depthwise", conv({.in_channels = 4, .out_channels = 8, .kernel = 3, .groups = 4}));
  net->add("block", block).add("relu", std::make_shared<Relu>());
  net->add("up", std::make_shared<ConvTranspose2d>(
                     ConvTranspose2dOptions{
                         .in_channels = 4, .out_channels = 4, .kernel = 2, .stride = 2},
                     init));
  net->add("flatten", std::make_shared<Flatten>());
  return net->add("fc", std::make_shared<Linear>(LinearOptions{8 * 4 * 4, 4}, init)), net;
}

Tensor tensor_of(const WeightFile& file, const std::string& name) {
  for (const StoredTensor& t : file.tensors) {
    if (t.name != name) continue;
    Tensor out = Tensor::empty(Shape(t.shape));
    copy_floats(t, *view_as(t, AxisOrder::octet, out.shape()), name, out.span<float>());
    return out;
  }
  FAIL(name);
  return {};
}

}  // namespace

TEST_CASE("weights: Keras's files give Keras's outputs") {
  const std::filesystem::path folder = source_dir() / "tests" / "interop" / "keras";
  const WeightFile golden = read_weights(folder / "net.npz");
  const Tensor x = tensor_of(golden, "x"), expected = tensor_of(golden, "y");
  for (const char* name : {"net.weights.h5", "net.keras", "keras2.h5", "paths.npz"}) {
    CAPTURE(std::string(name));
    const ModulePtr net = keras_net();
    const Transfer t = transfer_weights(read_weights(folder / name), *trace(net, x));
    CHECK(t.headline() == "transferred 19 of 19 tensors");
    CHECK(t.unused.empty());
    Context ctx;
    const EvaluationMode evaluation(*net);
    Tape tape(ctx, GradMode::off);
    const Tensor y = (*net)(tape.input(x)).value();
    REQUIRE(y.shape() == expected.shape());
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      CHECK(double{y.r()[i]} == doctest::Approx(double{expected.r()[i]}).epsilon(1e-5));
    }
  }
}

TEST_CASE("weights: damaged HDF5 inside an archive is refused or read, never more") {
  const std::filesystem::path folder = source_dir() / "tests" / "interop" / "keras";
  const std::vector<char> bytes = read_file(folder / "net.weights.h5");
  for (const double share : {0.0, 0.01, 0.3, 0.9, 0.999}) {
    const auto cut = static_cast<std::ptrdiff_t>(share * static_cast<double>(bytes.size()));
    const std::string h5(bytes.begin(), bytes.begin() + cut);
    const TempDir dir;
    const std::string file = zip({{.name = "model.weights.h5", .data = h5}});
    write_file(dir / "x.keras", {file.begin(), file.end()});
    CHECK(refusal([&] { read_weights(dir / "x.keras"); }) != "nothing was thrown");
  }
}

TEST_CASE("weights: what save_weights writes is read back to the same bits") {
  const auto check = [](const ModulePtr& net, const Shape& input) {
    const TempDir dir;
    const auto graph = trace(net, Tensor::zeros(input));
    Init init(4);
    for (NamedTensor& t : graph->state()) {  // biases and statistics, too
      std::ranges::copy(init.uniform(t.value.shape(), 1).span<real>(), t.value.r());
    }
    save_weights(dir / "w.safetensors", *graph);
    const WeightFile file = read_weights(dir / "w.safetensors");
    CHECK(file.kind == "safetensors");
    const auto other = graph->clone();
    for (NamedTensor& t : other->state()) std::ranges::fill(t.value.span<real>(), real(7));
    const Transfer t = transfer_weights(file, *other);
    CHECK(t.fresh.empty());
    CHECK(t.unused.empty());
    for (const NamedTensor& n : graph->state()) {
      CHECK_MESSAGE(values(*other, n.name) == values(*graph, n.name), n.name);
    }
  };
  check(small_net(), {1, 3, 3, 2});
  check(zoo::mobilenet_v3_small({.classes = 3, .in_h = 32, .in_w = 32, .width = 0.25}),
        {1, 32, 32, 3});
  Init init(3);
  const auto up = std::make_shared<Sequential>();
  up->add("up",
          std::make_shared<ConvTranspose2d>(
              ConvTranspose2dOptions{.in_channels = 2, .out_channels = 3, .kernel = 2}, init));
  up->add("flatten", std::make_shared<Flatten>());
  up->add("bn", std::make_shared<BatchNorm2d>(BatchNorm2dOptions{.channels = 48}));
  check(up, {1, 3, 3, 2});

  // Names of Keras: their tensors have its axes.
  struct Keras final : Module {
    ParameterPtr conv = register_parameter("conv/kernel", Tensor::zeros({3, 2, 2, 2})),
                 depthwise = register_parameter("dw/kernel", Tensor::zeros({6, 2, 2, 1})),
                 dense = register_parameter("dense/kernel", Tensor::zeros({5, 6}));
    Var forward(Var x) override {
      const Window2d window{2, 2, 1, 1, 1, 1, {}};
      const Var y = conv2d(x, x.tape->param(conv), window);
      return linear(flatten(conv2d(y, x.tape->param(depthwise), window, 3)), x.tape->param(dense));
    }
  };
  check(std::make_shared<Keras>(), {1, 3, 3, 2});
}

TEST_CASE("weights: save_weights has PyTorch's axes") {
  const auto net = traced(small_net());
  transfer_weights(torch_file().file, *net);
  const TempDir dir;
  save_weights(dir / "w.safetensors", *net);
  const WeightFile file = read_weights(dir / "w.safetensors");
  const File expected = torch_file();
  for (const StoredTensor& t : file.tensors) {
    const auto& all = expected.file.tensors;
    const auto it =
        std::find_if(all.begin(), all.end(), [&](const auto& e) { return e.name == t.name; });
    REQUIRE(it != all.end());
    CHECK(t.shape == it->shape);
    CHECK(std::equal(t.data.begin(), t.data.end(), it->data.begin(), it->data.end()));
  }
  CHECK(file.tensors.size() == expected.file.tensors.size() - 1);  // num_batches_tracked
  CHECK(refusal([&] {
          save_weights(dir / "none" / "w.safetensors", *net);
        }).find("cannot write ") == 0);
}
