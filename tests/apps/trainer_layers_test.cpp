// model.layers: a network of the configuration's own.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/address_sanitizer.h"
#include "tests/apps/trainer_fixture.h"

using namespace octet;
using namespace octet::test;

namespace {

Json layer(const std::string& type, Json keys = Json::object()) {
  Json l{{"type", type}};
  l.update(keys);
  return l;
}

/// A residual block between a convolution and a head, for the fixture's pictures of 20 x 20.
Json residual() {
  return Json::array(
      {layer("conv2d", {{"name", "stem"},
                        {"out", 8},
                        {"kernel", 3},
                        {"stride", 2},
                        {"padding", "same"},
                        {"bias", false}}),
       layer("batch_norm"), layer("relu", {{"name", "x"}}),
       layer("conv2d", {{"out", 8}, {"kernel", {3, 3}}, {"padding", 1}, {"bias", false}}),
       layer("batch_norm"), layer("add", {{"from", {-1, "x"}}}), layer("relu"),
       layer("max_pool2d", {{"kernel", 2}}),
       layer("depthwise_conv2d", {{"name", "depthwise"}, {"kernel", 3}, {"padding", "same"}}),
       layer("global_avg_pool"), layer("flatten"), layer("linear", {{"name", "head"}})});
}

struct LayersFixture : TrainerFixture {
  Json with_layers(const Json& layers) const {
    Json c = config();
    c["model"] = {{"layers", layers}};
    c["train"]["epochs"] = 1;
    return c;
  }
  /// What --dry-run says.
  std::string error(const Json& layers) const {
    write(with_layers(layers));
    const TrainerRun r = run({"--dry-run"});
    return r.code == 1 ? r.output : "no error: " + r.output;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE_FIXTURE(LayersFixture, "trainer: layers of the configuration, in floats and int8") {
  Json c = with_layers(residual());
  c["train"]["parameters"] = {{{"pattern", "stem.*"}, {"freeze", true}}};
  write(c);
  const TrainerRun r = run();
  CAPTURE(r.output);
  REQUIRE(r.code == 0);
  CHECK(r.says("a network of 12 layers on "));
  CHECK(summary()["int8"]["codes_different"] == 0);
  CHECK(summary()["config"]["model"]["layers"][0]["padding"] == "same");
  CHECK(summary()["config"]["model"]["layers"][3]["kernel"] == Json::array({3, 3}));
  CHECK(summary()["config"]["model"]["layers"][5]["from"] == Json::array({-1, "x"}));
  const Checkpoint saved = checkpoint();
  for (const char* name : {"stem.weight", "batch_norm_1.running_mean", "conv2d_1.weight",
                           "batch_norm_2.bias", "depthwise.bias", "head.weight"}) {
    CAPTURE(name);
    CHECK(saved.tensor(std::string("model/") + name).defined());
  }
  CHECK(saved.tensor("model/head.weight").shape() == Shape{10, 8});

  // The same weights again, but for the head, in a network with another one.
  Json other = residual();
  other.back()["name"] = "other";
  Json next = with_layers(other);
  next["name"] = "next";
  next["init"] = {{"checkpoint", run_dir() / "checkpoint.h5"}};
  next.erase("train");
  next["quant"] = {{"mode", "qat"},
                   {"stages", {{"train_bn", 1}, {"frozen_bn", 0}, {"frozen_observers", 0}}},
                   {"calibrate_batches", 2}};
  write(next);
  const TrainerRun second = run({}, "next");
  CAPTURE(second.output);
  CHECK(second.code == 0);
  CHECK(second.says("new: other.*"));
}

TEST_CASE_FIXTURE(LayersFixture, "trainer: every kind of layer") {
  write(with_layers(residual()));
  const TrainerRun schema = run_raw({"--print-schema"});
  const Json types = Json::parse(schema.output)["properties"]["model"]["properties"]["layers"]
                                               ["items"]["properties"]["type"]["enum"];
  REQUIRE(types.size() > 40);
  const Json keys = {
      {"conv2d",
       {{"out", 4}, {"kernel", 3}, {"groups", 2}, {"dilation", 2}, {"padding", {2, 2, 2, 2}}}},
      {"depthwise_conv2d", {{"kernel", 1}}},
      {"conv_transpose2d", {{"out", 4}, {"kernel", 2}, {"stride", 2}}},
      {"linear", {{"out", 4}}},
      {"max_pool2d", {{"kernel", 2}}},
      {"avg_pool2d", {{"kernel", 3}, {"stride", 1}, {"padding", 1}, {"count_include_pad", true}}},
      {"power", {{"exponent", 3}}},
      {"slice", {{"axis", 1}, {"begin", 1}}},
      {"reshape", {{"shape", {-1, 4}}}},
      {"transpose", {{"order", {0, 2, 1, 3}}}},
      {"pad2d", {{"padding", {0, 1}}, {"value", 1}}},
      {"upsample", {{"scale", {2, 1}}, {"mode", "bilinear"}}},
  };
  for (const Json& type : types) {
    const std::string name = type;
    CAPTURE(name);
    Json layers =
        Json::array({layer("conv2d", {{"name", "a"}, {"out", 4}, {"kernel", 5}, {"stride", 4}})});
    Json tested = layer(name, {{"name", "tested"}});
    if (keys.contains(name)) tested.update(keys[name]);
    const bool joins = name == "add" || name == "sub" || name == "mul" || name == "div" ||
                       name == "minimum" || name == "maximum" || name == "concat" ||
                       name == "matmul";
    if (joins) tested["from"] = {"a", -1};
    layers.push_back(tested);
    layers.push_back(layer("flatten"));
    layers.push_back(layer("linear"));
    Json c = with_layers(layers);
    c.erase("quant");
    write(c);
    const TrainerRun r = run({"--dry-run"});
    // The file has float operators of nearly all; that of the others is refused by name.
    const bool known = r.code == 0 || r.says("have no float operators");
    CHECK_MESSAGE(known, r.output);
  }
}

TEST_CASE_FIXTURE(LayersFixture, "trainer: what does not fit in a list of layers") {
  const Json conv = layer("conv2d", {{"name", "c"}, {"out", 4}, {"kernel", 3}});
  const Json flat = layer("flatten"), head = layer("linear");
  struct Case {
    Json layers;
    std::string part;
  };
  const Json image_head = Json::array({conv, layer("linear")});
  std::vector<Case> cases{
      {Json::array({layer("conv2d", {{"kernel", 3}})}),
       "/model/layers/0: layer 'conv2d_1' (conv2d), the last: expected [1, 10], a number for each "
       "class, got [1, 18, 18, 10] for one sample"},
      {Json::array({conv, flat, layer("batch_norm"), layer("conv2d", {{"kernel", 1}})}),
       "/model/layers/3: layer 'conv2d_1' (conv2d) of [1, 1296]: expected an image [N, H, W, C], "
       "got [1, 1296] for one sample"},
      {Json::array({layer("linear"), flat, head}),
       "/model/layers/0: layer 'linear_1' (linear) of [1, 20, 20, 1]: the key 'out' is required"},
      {Json::array({conv, layer("conv2d", {{"out", 4}, {"kernel", 30}}), flat, head}),
       "/model/layers/1: layer 'conv2d_1' (conv2d) of [1, 18, 18, 4]: "},
      {Json::array({conv, layer("add", {{"from", {"c", "input"}}}), flat, head}),
       "/model/layers/1: layer 'add_1' (add) of [1, 18, 18, 4] and [1, 20, 20, 1]: "},
      {Json::array({conv, layer("add"), flat, head}),
       "layer 'add_1' (add) of [1, 18, 18, 4]: from: expected 2 or more values, got 1"},
      {Json::array({conv, layer("relu", {{"from", "d"}}), flat, head}),
       "/model/layers/1/from: no layer before this one is called 'd'; did you mean 'c'?"},
      {Json::array({conv, layer("relu", {{"from", -3}}), flat, head}),
       "/model/layers/1/from: -3 lies before the input; layer 1 reaches back to -2 at most"},
      {Json::array({conv, layer("relu", {{"name", "c"}}), flat, head}),
       "/model/layers/1: the name 'c' is another layer's"},
      {Json::array({conv, layer("relu", {{"from", "input"}}), flat, head}),
       "/model/layers/0: nothing reads the result of layer 'c' (conv2d)"},
      {Json::array({layer("conv2d", {{"out", 4}}), flat, head}),
       "/model/layers/0: the key 'kernel' is required"},
      {Json::array({layer("relu", {{"out", 4}}), flat, head}),
       "/model/layers/0/out: this key is for type = conv2d conv_transpose2d linear, but "
       "/model/layers/0/type is relu"},
      {Json::array({layer("cnov2d"), flat, head}), "did you mean 'conv2d'?"},
      {Json::array(
           {flat, layer("linear", {{"out", 1 << 14}}), layer("linear", {{"out", 1 << 20}}), head}),
       "/model/layers/2: "},
  };
  if (octet::test::address_sanitizer)
    cases.pop_back();  // its allocator does not give 64 GB to look at
  for (const Case& c : cases) {
    const std::string message = error(c.layers);
    CAPTURE(c.layers.dump());
    CHECK_MESSAGE(contains(message, c.part), message);
  }
  CHECK(error(residual()).starts_with("no error"));
}

TEST_CASE_FIXTURE(LayersFixture, "trainer: a softmax at the end of a list is left out") {
  Json layers = residual();
  layers.push_back(layer("softmax"));
  write(with_layers(layers));
  const TrainerRun r = run();
  CAPTURE(r.output);
  CHECK(r.code == 0);
  CHECK(r.says("model.layers: it ends in softmax, which is left out"));
}
