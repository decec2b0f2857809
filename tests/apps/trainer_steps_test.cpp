// What a step of the trainer can do besides: groups of parameters, accumulated gradients, averaged
// weights, clipping, losses.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/apps/trainer_fixture.h"

using namespace octet;
using octet::test::Json;
using octet::test::TrainerFixture;
using octet::test::TrainerRun;

namespace {

struct StepsFixture : TrainerFixture {
  /// Runs `c` under a name; the tensors of its checkpoint.
  std::map<std::string, Tensor> result(Json c, const std::string& name) {
    c["name"] = name;
    write(c);
    const TrainerRun r = run({}, name);
    CAPTURE(r.output);
    REQUIRE(r.code == 0);
    return checkpoint(name).tensors;
  }
};

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::equal(a.r(), a.r() + a.numel(), b.r());
}

double distance(const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    largest = std::max(largest, std::fabs(double(a.r()[i]) - double(b.r()[i])));
  }
  return largest;
}

}  // namespace

TEST_CASE_FIXTURE(StepsFixture, "trainer: frozen parameters stay, factors scale learning rates") {
  Json c = config();
  c.erase("quant");
  c["train"]["epochs"] = 1;
  auto plain = result(c, "plain");
  c["train"]["parameters"] = {{{"pattern", "conv1.*"}, {"freeze", true}},
                              {{"pattern", "fc*.bias"}, {"lr_factor", 0.0}}};
  auto one = result(c, "one");
  c["train"]["epochs"] = 2;
  auto two = result(c, "two");
  for (const char* name : {"model/conv1.weight", "model/fc1.bias", "model/fc2.bias"}) {
    CAPTURE(std::string(name));
    CHECK(same_bits(one.at(name), two.at(name)));
    CHECK_FALSE(same_bits(one.at(name), plain.at(name)));
  }
  CHECK_FALSE(same_bits(one.at("model/conv2.weight"), two.at("model/conv2.weight")));

  c["train"]["parameters"] = {{{"pattern", "conv9.*"}, {"freeze", true}}};
  write(c);
  const TrainerRun wrong = run();
  CHECK(wrong.code == 1);
  CHECK(wrong.says("no parameter matches 'conv9.*'"));
  c["train"]["parameters"] = {{{"pattern", "*"}, {"freeze", true}}};
  write(c);
  const TrainerRun all = run({"--overwrite"});
  CHECK(all.code == 1);
  CHECK(all.says("every parameter of the network is frozen"));
}

TEST_CASE_FIXTURE(StepsFixture, "trainer: accumulated gradients are those of the large batch") {
  // With fixed statistics and ranges a sample's gradient does not depend on its batch.
  Json c = config();
  c["train"]["epochs"] = 1;
  c["quant"]["observer"] = "min_max";
  c["quant"]["drop_last"] = false;
  c["quant"]["stages"] = {{"train_bn", 0}, {"frozen_bn", 0}, {"frozen_observers", 1}};
  c["quant"]["optimizer"]["lr"] = 0.01;
  auto large = result(c, "large");
  c["quant"]["batch"] = 8;
  c["quant"]["calibrate_batches"] = 8;
  auto without = result(c, "without");
  c["quant"]["accumulate_steps"] = 2;
  auto small = result(c, "small");
  for (const char* name : {"qat/conv1.weight", "qat/conv2.weight", "qat/fc2.weight"}) {
    CAPTURE(std::string(name));
    const double moved = distance(large.at(name), without.at(name));
    CHECK(moved > 0);
    CHECK(distance(large.at(name), small.at(name)) < 0.02 * moved);
  }
}

TEST_CASE_FIXTURE(StepsFixture,
                  "trainer: the same with class weights, also where parts weigh nothing") {
  Json c = config();
  c["train"]["epochs"] = 1;
  c["quant"]["observer"] = "min_max";
  c["quant"]["drop_last"] = false;
  c["quant"]["stages"] = {{"train_bn", 0}, {"frozen_bn", 0}, {"frozen_observers", 1}};
  c["quant"]["optimizer"]["lr"] = 0.01;
  c["quant"]["batch"] = 40;
  c["quant"]["calibrate_batches"] = 1;
  c["quant"]["loss"] = {{"class_weights", {0, 9, 0, 5, 0, 1, 0, 0.1, 0, 0}},
                        {"label_smoothing", 0.1}};
  auto large = result(c, "large");
  const std::string lines = metrics("large");
  // Single pictures: many have a label of weight 0.
  c["quant"]["batch"] = 1;
  c["quant"]["calibrate_batches"] = 40;
  c["quant"]["accumulate_steps"] = 40;
  auto small = result(c, "small");
  c["quant"]["loss"]["class_weights"] = {1};
  auto unweighted = result(c, "unweighted");
  for (const char* name : {"qat/conv1.weight", "qat/conv2.weight", "qat/fc2.weight"}) {
    CAPTURE(std::string(name));
    const double moved = distance(large.at(name), unweighted.at(name));
    CHECK(moved > 0);
    CHECK(distance(large.at(name), small.at(name)) < 0.02 * moved);
  }
  const auto loss = [&](const std::string& name) {
    const std::string text = metrics(name);
    const auto at = text.find("\"phase\":\"qat\"");
    return Json::parse(text.substr(text.rfind('\n', at) + 1,
                                   text.find('\n', at) - text.rfind('\n', at) - 1))
        .at("train_loss")
        .get<double>();
  };
  CHECK(loss("small") == doctest::Approx(loss("large")).epsilon(1e-3));
}

TEST_CASE_FIXTURE(StepsFixture, "trainer: an average does not change frozen parameters") {
  Json c = config();
  c.erase("quant");
  c["train"]["epochs"] = 1;
  c["train"]["parameters"] = {{{"pattern", "conv1.*"}, {"freeze", true}}};
  auto plain = result(c, "plain");
  c["train"]["ema_decay"] = 0.95;
  auto averaged = result(c, "averaged");
  CHECK(same_bits(plain.at("model/conv1.weight"), averaged.at("model/conv1.weight")));
  CHECK_FALSE(same_bits(plain.at("model/conv2.weight"), averaged.at("model/conv2.weight")));
}

TEST_CASE_FIXTURE(StepsFixture, "trainer: averaged weights, clipping and the loss take effect") {
  Json c = config();
  c.erase("quant");
  c["train"]["epochs"] = 1;
  const auto plain = result(c, "plain");
  for (const auto& change : std::vector<std::pair<std::string, Json>>{
           {"ema_decay", 0.9},
           {"loss", {{"label_smoothing", 0.2}}},
           {"loss", {{"class_weights", {1, 1, 1, 1, 1, 1, 1, 1, 1, 5}}}}}) {
    const std::string& key = change.first;
    const Json& value = change.second;
    CAPTURE(key);
    Json changed = c;
    changed["train"][key] = value;
    const std::string name = key + std::to_string(value.dump().size());
    const auto tensors = result(changed, name);
    CHECK_FALSE(same_bits(tensors.at("model/fc2.weight"), plain.at("model/fc2.weight")));
    CHECK(summary(name)["float"]["accuracy"].get<double>() > 0.1);
  }
  // A limit above every norm changes nothing, one below them does.
  Json sgd = c;
  sgd["train"]["optimizer"] = {{"type", "sgd"}, {"lr", 0.01}};
  const auto unlimited = result(sgd, "unlimited");
  sgd["train"]["clip_grad_norm"] = 1e6;
  const auto wide = result(sgd, "wide");
  sgd["train"]["clip_grad_norm"] = 0.1;
  const auto narrow = result(sgd, "narrow");
  const char* weight = "model/conv1.weight";
  CHECK(same_bits(unlimited.at(weight), wide.at(weight)));
  CHECK_FALSE(same_bits(unlimited.at(weight), narrow.at(weight)));
  Json wrong = c;
  wrong["train"]["loss"] = {{"class_weights", {1, 2}}};
  write(wrong);
  const TrainerRun r = run();
  CHECK(r.code == 1);
  CHECK(r.says("error: tiny.json: /train/loss/class_weights: expected 1 or 10 numbers, got 2"));
  wrong["train"].erase("loss");
  wrong["model"] = {{"zoo", "autoencoder"}};
  write(wrong);
  // The network says what it is for.
  const TrainerRun reconstructs = run({"--overwrite"});
  CHECK(reconstructs.code == 0);
  CHECK(reconstructs.says("task: autoencoder"));
  wrong["task"] = "classification";
  write(wrong);
  CHECK(run({"--overwrite"})
            .says("/model/zoo: autoencoder returns its input again, which classification is not "
                  "trained on"));
}
