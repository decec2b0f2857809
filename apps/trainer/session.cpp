#include "apps/trainer/session.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/fnv1a.h"
#include "layers/zoo/zoo.h"

namespace octet::trainer {
namespace {

/// Only matters where no phase says how many pictures a batch has.
constexpr int default_batch = 64;

ModulePtr make_network(const config::Config& c, const Dataset& data, const Shape& input) {
  OCTET_CHECK(zoo::is_classifier(c.model.zoo), c.file.string(), ": /model/zoo: ", c.model.zoo,
              " is no classifier, which this trainer is for; train it in a loop of your own "
              "(examples/custom_loop.cpp)");
  OCTET_CHECK(c.model.classes == 0 || c.model.classes >= data.classes, c.file.string(),
              ": /model/classes: expected at least the ", data.classes, " classes of ", data.name,
              ", got ", c.model.classes);
  zoo::ModelOptions options;
  options.classes = c.model.classes ? c.model.classes : data.classes;
  options.in_h = static_cast<int>(input[1]);
  options.in_w = static_cast<int>(input[2]);
  options.in_c = static_cast<int>(input[3]);
  options.width = c.model.width;
  options.seed = static_cast<std::uint64_t>(c.seed);
  return zoo::make_model(c.model.zoo, options);
}

std::string make_run_key(const config::Config& c, const DataSource& data) {
  auto key = nlohmann::ordered_json::parse(config::to_json(c, /*results_only=*/true));
  key["data"]["train_hash"] = hash_text(content_hash(data.train));
  key["data"]["test_hash"] = hash_text(content_hash(data.test));
  return key.dump();
}

}  // namespace

Session::Session(const config::Config& c, DataSource source, Progress& p, int threads)
    : config(c),
      files(c.run_dir()),
      progress(p),
      ctx(threads, static_cast<std::uint64_t>(c.seed)),
      data(std::move(source)),
      model(make_network(c, data.train, input_shape())),
      phase(c.train ? Phase::train : Phase::quantize),
      run_key(make_run_key(c, data)) {}

TransformOptions Session::transform(bool augmented) const {
  TransformOptions t;
  t.normalize.mean = config.data.normalize.mean;
  t.normalize.std = config.data.normalize.std;
  t.crop_h = config.data.crop_h;
  t.crop_w = config.data.crop_w;
  if (augmented) {
    const config::Augment& a = config.data.augment;
    t.augment.shift = a.shift;
    t.augment.flip = a.flip;
    t.augment.random_crop = a.random_crop;
    t.augment.padding = a.padding;
    t.augment.fill = static_cast<std::uint8_t>(a.fill);
  }
  return t;
}

Shape Session::input_shape() const {
  const Shape image =
      Transform(data.train.image_shape(), transform(/*augmented=*/true)).output_shape();
  return {1, image[0], image[1], image[2]};
}

Loader Session::train_loader(int batch, bool drop_last) const {
  LoaderOptions options;
  options.batch = batch;
  options.shuffle = true;
  options.seed = static_cast<std::uint64_t>(config.seed);
  options.drop_last = drop_last;
  options.transform = transform(/*augmented=*/true);
  return Loader(data.train, options);
}

Loader Session::test_loader(int batch) const {
  LoaderOptions options;
  options.batch = batch;
  options.transform = transform(/*augmented=*/false);
  return Loader(data.test, options);
}

int Session::batch_size() const {
  if (config.quantized() && phase != Phase::train) return config.quant->batch;
  return config.train ? config.train->batch : default_batch;
}

void Session::enter(Phase next) {
  phase = next;
  at = {};
  optimizer.reset();
  ema.reset();
}

std::string state_hash(const std::vector<NamedTensor>& state) {
  Fnv1a hash;
  for (const NamedTensor& t : state) {
    hash.add(std::as_bytes(std::span(t.name))).add(t.value.bytes());
    hash.add({t.value.raw(), t.value.bytes()});
  }
  return hash_text(hash.value());
}

}  // namespace octet::trainer
