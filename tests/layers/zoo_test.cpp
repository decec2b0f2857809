// The reference networks: shapes, sizes, the registry, and that they learn.
#include <doctest/doctest.h>

#include <cstring>
#include <random>

#include "layers/graph/graph_module.h"
#include "layers/zoo/blocks.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/address_sanitizer.h"

using namespace octet;

namespace {

struct Batch {
  Tensor x, labels;
};

Batch random_batch(const Shape& shape, int classes, std::uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::normal_distribution<double> normal;
  Batch b{Tensor::empty(shape), Tensor::empty({shape[0]}, ElementType::i32)};
  for (real& v : b.x.span<real>()) v = static_cast<real>(normal(rng));
  for (std::int32_t& v : b.labels.span<std::int32_t>()) {
    v = static_cast<std::int32_t>(rng() % static_cast<std::uint64_t>(classes));
  }
  return b;
}

double train_step(Context& ctx, Module& net, optim::Optimizer& optimizer, const Batch& b) {
  Tape tape(ctx);
  const Var loss = cross_entropy(net(tape.input(b.x)), b.labels);
  optimizer.zero_grad();
  tape.backward(loss);
  optimizer.step(ctx);
  return static_cast<double>(loss.value().item());
}

}  // namespace

TEST_CASE("parameter counts equal the published models'") {
  // Counted with PyTorch on the same networks, those with ImageNet weights as torchvision's pages
  // give them, the autoencoder as Keras reports it; batch norm counts weight and bias.
  struct Case {
    const char* name;
    zoo::NetworkOptions options;
    std::int64_t parameters;
  };
  const Case cases[] = {
      {"lenet", {}, 1663466},
      {"resnet8", {}, 77946},
      {"resnet20", {}, 272474},
      {"resnet18", {}, 11689512},
      {"resnet34", {}, 21797672},
      {"resnet50", {}, 25557032},
      {"mobilenet_v1", {.classes = 2, .in_h = 96, .in_w = 96, .width = 0.25}, 213586},
      {"mobilenet_v2", {}, 3504872},
      {"mobilenet_v3_small", {}, 2542856},
      {"mobilenet_v3_large", {}, 5483032},
      {"squeezenet1_1", {}, 1235496},
      {"vgg11_bn", {}, 132868840},
      {"ds_cnn", {}, 23180},
      {"mlp", {}, (16 + 1) * 64 + (64 + 1) * 64 + (64 + 1) * 2 + 4 * 64},
      {"unet", {}, 117378},
      {"autoencoder", {}, 267928},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(zoo::make_model(c.name, c.options)->parameter_count() == c.parameters);
  }
}

TEST_CASE("every model maps its own image size to logits, and smaller ones where it can") {
  for (const std::string& name : zoo::model_names()) {
    CAPTURE(name);
    const zoo::OutputKind kind = zoo::output_kind(name);
    zoo::NetworkOptions o = zoo::resolve_options(
        name, {.classes = kind == zoo::OutputKind::input ? 0 : 7, .width = 0.125});
    ModulePtr net = zoo::make_model(name, o);
    net->eval();
    Context ctx;
    Tape tape(ctx, GradMode::off);
    CHECK((*net)(tape.input(Tensor::zeros({2, o.in_h, o.in_w, o.in_c}))).shape() ==
          (kind == zoo::OutputKind::row      ? Shape{2, 7}
           : kind == zoo::OutputKind::pixels ? Shape{2, o.in_h, o.in_w, 7}
                                             : Shape{2, 640}));
  }
  ModulePtr digits = zoo::lenet({.in_h = 20, .in_w = 20, .width = 0.25});
  Context ctx;
  Tape tape(ctx, GradMode::off);
  CHECK((*digits)(tape.input(Tensor::zeros({2, 20, 20, 1}))).shape() == Shape{2, 10});
}

TEST_CASE("layers of the reference networks have the peers' shapes") {
  auto shape_at = [](const GraphModule& g, const std::string& name) {
    for (const GraphNode& n : g.nodes()) {
      if (n.name == name) return n.shape;
    }
    FAIL("no node ", name);
    return Shape{};
  };
  auto resnet8 = trace(zoo::resnet8(), Tensor::zeros({1, 32, 32, 3}));
  CHECK(shape_at(*resnet8, "layer1.0.add") == Shape{1, 32, 32, 16});
  CHECK(shape_at(*resnet8, "layer2.0.downsample.0") == Shape{1, 16, 16, 32});
  CHECK(shape_at(*resnet8, "layer3.0.add") == Shape{1, 8, 8, 64});
  auto ds_cnn = trace(zoo::ds_cnn(), Tensor::zeros({1, 49, 10, 1}));
  CHECK(shape_at(*ds_cnn, "features.0.0") == Shape{1, 25, 5, 64});
  CHECK(shape_at(*ds_cnn, "features.4.1.2") == Shape{1, 25, 5, 64});
  auto mbv1 =
      trace(zoo::mobilenet_v1({.classes = 2, .width = 0.25}), Tensor::zeros({1, 96, 96, 3}));
  CHECK(shape_at(*mbv1, "features.0.0") == Shape{1, 48, 48, 8});
  CHECK(shape_at(*mbv1, "features.13.1.2") == Shape{1, 3, 3, 256});
  auto mbv2 = trace(zoo::mobilenet_v2({.width = 0.25}), Tensor::zeros({1, 32, 32, 3}));
  CHECK(shape_at(*mbv2, "features.3.add") == Shape{1, 8, 8, 8});
  CHECK(shape_at(*mbv2, "features.18.2") == Shape{1, 1, 1, 1280});
}

TEST_CASE("the last feature map is output_stride times smaller than the picture") {
  const auto last_map = [](const GraphModule& graph) {
    Shape map;
    for (const GraphNode& node : graph.nodes()) {
      if (node.shape.rank() == 4 && node.shape[1] > 1) map = node.shape;
    }
    return map;
  };
  for (const char* name : {"resnet18", "resnet34", "resnet50", "mobilenet_v1", "mobilenet_v2",
                           "mobilenet_v3_small", "mobilenet_v3_large"}) {
    for (const int output_stride : {0, 2, 4, 8, 16, 32}) {
      if (octet::test::address_sanitizer && output_stride > 0 && output_stride < 16)
        continue;  // slow
      CAPTURE(name);
      CAPTURE(output_stride);
      const zoo::NetworkOptions options{.classes = 2,
                                        .in_h = 64,
                                        .in_w = 64,
                                        .width = 0.125,
                                        .output_stride = output_stride,
                                        .draw = false};
      const auto graph = trace(zoo::make_model(name, options), Tensor::zeros({1, 64, 64, 3}));
      CHECK(last_map(*graph)[1] == 64 / (output_stride == 0 ? 32 : output_stride));
    }
  }
  CHECK_THROWS_WITH_AS(zoo::make_model("mobilenet_v2", {.output_stride = 12}),
                       doctest::Contains("a power of two up to 32, got 12"), Error);
  CHECK_THROWS_WITH_AS(zoo::make_model("resnet20", {.output_stride = 4}),
                       doctest::Contains("expected output_stride 0 (its own), got 4"), Error);
}

TEST_CASE("the registry refuses unknown names, naming the nearest, and bad options") {
  CHECK_THROWS_WITH_AS(zoo::make_model("resnet81"), doctest::Contains("did you mean 'resnet8'"),
                       Error);
  CHECK_THROWS_WITH_AS(zoo::make_model("mobilenetv2"),
                       doctest::Contains("did you mean 'mobilenet_v2'"), Error);
  CHECK_THROWS_AS(zoo::make_model("lenet", {.classes = -1}), Error);
  CHECK_THROWS_AS(zoo::make_model("lenet", {.in_h = 3}), Error);
  CHECK_THROWS_AS(zoo::make_model("lenet", {.width = 0}), Error);
  CHECK_THROWS_WITH_AS(zoo::make_model("unet", {.in_h = 30}),
                       doctest::Contains("multiples of 4, got 30 x 64"), Error);
  for (const char* name : {"squeezenet1_1", "vgg11_bn"}) {
    const int least = std::string(name) == "vgg11_bn" ? 32 : 31;
    CHECK_THROWS_WITH_AS(zoo::make_model(name, {.classes = 2, .in_w = least - 1, .width = 0.125}),
                         doctest::Contains("expected an image of at least"), Error);
    const auto net =
        zoo::make_model(name, {.classes = 2, .in_h = least, .in_w = least, .width = 0.125});
    net->eval();
    Tape tape;
    CHECK((*net)(tape.input(Tensor::zeros({1, least, least, 3}))).shape() == Shape{1, 2});
  }
  CHECK(zoo::model_names().size() == 16);
  CHECK_THROWS_WITH_AS(zoo::make_model("autoencoder", {.classes = 2}),
                       doctest::Contains("has no classes, got 2"), Error);
  CHECK(zoo::resolve_options("ds_cnn").in_w == 10);
  CHECK(zoo::resolve_options("ds_cnn", {.in_w = 12}).in_w == 12);
}

TEST_CASE("scaled channels are multiples of 8, at least 8 and at least 90 % of the exact number") {
  CHECK(zoo::scale_channels(3, 1) == 3);
  CHECK(zoo::scale_channels(16, 0.1) == 8);
  CHECK(zoo::scale_channels(64, 0.35) == 24);  // 22.4
  CHECK(zoo::scale_channels(96, 0.35) == 32);  // 33.6
  CHECK(zoo::scale_channels(32, 0.35) == 16);  // 11.2: 8 would be too few
  CHECK(zoo::scale_channels(32, 1.4) == 48);   // 44.8
  CHECK(zoo::scale_channels(174, 0.5) == 88);  // 87
}

TEST_CASE("the seed decides the initial weights") {
  auto first = [](std::uint64_t seed) {
    return zoo::resnet8({.seed = seed})->state()[0].value.clone();
  };
  const Tensor a = first(1), b = first(1), c = first(2);
  CHECK(std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
  CHECK(std::memcmp(a.raw(), c.raw(), a.bytes()) != 0);
}

TEST_CASE("32 samples with random labels are learnt by heart") {
  for (const char* name : {"lenet", "resnet8"}) {
    CAPTURE(name);
    ModulePtr net =
        zoo::make_model(name, {.in_h = 12, .in_w = 12, .in_c = 1, .width = 0.5, .seed = 1});
    const Batch batch = random_batch({32, 12, 12, 1}, 10, 2);
    Context ctx(2);
    optim::Adam adam(net->parameters(), {.lr = 5e-3});
    const double first = train_step(ctx, *net, adam, batch);
    CHECK(first > 1);
    double loss = first;
    for (int step = 0; step < 60; ++step) loss = train_step(ctx, *net, adam, batch);
    CHECK(loss < 0.05);
  }
}

TEST_CASE("training steps have the same bits at 1, 2 and 5 threads") {
  for (const char* name : {"lenet", "resnet8", "mobilenet_v2"}) {
    CAPTURE(name);
    std::vector<NamedTensor> reference;
    std::vector<double> losses;
    for (int threads : {1, 2, 5}) {
      CAPTURE(threads);
      ModulePtr net = zoo::make_model(
          name, {.classes = 4, .in_h = 16, .in_w = 16, .in_c = 3, .width = 0.5, .seed = 1});
      optim::Sgd sgd(net->parameters(), {.lr = 0.01, .momentum = 0.9, .weight_decay = 1e-4});
      Context ctx(threads);
      std::vector<double> seen;
      for (std::uint64_t step = 0; step < 2; ++step) {
        seen.push_back(train_step(ctx, *net, sgd, random_batch({6, 16, 16, 3}, 4, step)));
      }
      if (threads == 1) {
        losses = seen;
        reference = net->state();
        continue;
      }
      CHECK(losses == seen);
      const std::vector<NamedTensor> state = net->state();
      for (std::size_t i = 0; i < state.size(); ++i) {
        CAPTURE(state[i].name);
        CHECK(std::memcmp(state[i].value.raw(), reference[i].value.raw(), state[i].value.bytes()) ==
              0);
      }
    }
  }
}
