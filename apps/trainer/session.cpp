#include "apps/trainer/session.h"

#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "apps/common/setup/data.h"
#include "apps/common/setup/task_setup.h"
#include "base/fnv1a.h"

namespace octet::trainer {
namespace {

/// Only matters where no phase says how many pictures a batch has.
constexpr int default_batch = 64;

std::string make_run_key(const config::Config& c, const DataSource& data,
                         const setup::FloatNetwork& network) {
  auto key = nlohmann::ordered_json::parse(config::to_json(c, /*results_only=*/true));
  key["data"]["train_hash"] = hash_text(content_hash(data.train));
  key["data"]["test_hash"] = hash_text(content_hash(data.test));
  if (data.val.size() > 0) key["data"]["val_hash"] = hash_text(content_hash(data.val));
  if (!network.import_hash.empty()) key["model"]["import_hash"] = network.import_hash;
  return key.dump();
}

/// In the data set's order, not augmented.
Loader plain_loader(const config::Config& c, const Dataset& data, int batch) {
  LoaderOptions options;
  options.batch = batch;
  options.transform = setup::make_transform(c.data, /*augmented=*/false);
  options.threads = setup::loader_threads(c, data);
  return Loader(data, options);
}

}  // namespace

Session::Session(const config::Config& c, DataSource source, Progress& p, int threads,
                 Team* of_members)
    : config(c),
      files(c.run_dir()),
      progress(p),
      team(of_members),
      ctx(threads, static_cast<std::uint64_t>(c.seed)),
      data(std::move(source)),
      network(setup::make_network(c, data.train, input_shape())),
      model(network.module),
      phase(c.train ? Phase::train : Phase::quantize),
      run_key(leads() ? make_run_key(c, data, network) : std::string()),
      figures(measure().figures()) {
  if (team) {
    member_ctx_.emplace(team->member.threads, static_cast<std::uint64_t>(c.seed),
                        &team->member.communicator);
  }
}

Shape Session::input_shape() const {
  return setup::input_shape(config, data.train);
}

TaskMeasure Session::measure() const {
  return setup::task_measure(config, outputs());
}

int Session::outputs() const {
  return setup::output_count(config, data.train);
}

Loader Session::train_loader(int batch, bool drop_last) const {
  return setup::train_loader(config, data.train, batch, drop_last);
}

Loader Session::member_loader(int batch, bool drop_last) const {
  if (!team) return train_loader(batch, drop_last);
  const Communicator& c = team->member.communicator;
  return setup::train_loader(config, data.train, batch, drop_last, {c.rank(), c.size()});
}

Loader Session::test_loader(int batch) const {
  return plain_loader(config, data.test, batch);
}

Loader Session::normal_loader(int batch) const {
  return plain_loader(config, has_validation() ? data.val : data.train, batch);
}

Loader Session::watch_loader(int batch, std::int64_t most) const {
  const Dataset& all = has_validation() ? data.val : data.test;
  if (most == 0 || most >= all.size()) return plain_loader(config, all, batch);
  std::vector<std::int64_t> first(static_cast<std::size_t>(most));
  std::iota(first.begin(), first.end(), std::int64_t{0});
  return plain_loader(config, subset(all, first), batch);
}

int Session::batch_size() const {
  if (config.quantized() && phase != Phase::train) return config.quant->batch;
  return config.train ? config.train->batch : default_batch;
}

void Session::enter(Phase next) {
  phase = next;
  fit.reset();  // it refers to the optimizer
  optimizer.reset();
}

std::string import_name(const config::Config& c) {
  return c.init ? c.init->import.path.filename().string() : std::string();
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
