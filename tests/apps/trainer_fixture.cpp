#include "tests/apps/trainer_fixture.h"

#include "data/readers.h"
#include "data/source.h"

namespace octet::test {
namespace {

Dataset first(const Dataset& d, std::int64_t n) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
  return subset(d, indices);
}

}  // namespace

TrainerFixture::TrainerFixture() {
  const DataSource digits = open_data_source(DataFormat::hdf5, source_dir() / "data" / "digits.h5");
  write_hdf5(dir / "digits.h5",
             {{"train", first(digits.train, 200)}, {"test", first(digits.test, 50)}});
}

Json TrainerFixture::config() const {
  return Json::parse(R"({
    "name": "tiny",
    "seed": 3,
    "threads": 1,
    "data": {
      "path": "digits.h5",
      "normalize": {"mean": [128], "std": [128]},
      "augment": {"shift": 1}
    },
    "model": {"zoo": "lenet", "width": 0.25},
    "train": {"epochs": 2, "batch": 16, "optimizer": {"type": "adam", "lr": 0.003}},
    "quant": {
      "mode": "qat",
      "calibrate_batches": 4,
      "batch": 16,
      "stages": {"train_bn": 1, "frozen_bn": 1, "frozen_observers": 1},
      "optimizer": {"type": "sgd", "lr": 0.001}
    }
  })");
}

void TrainerFixture::write(const Json& config) const {
  const std::string text = config.dump(2);
  write_file(dir / (config.at("name").get<std::string>() + ".json"), {text.begin(), text.end()});
}

std::unique_ptr<Process> TrainerFixture::start(const std::vector<std::string>& arguments,
                                               const std::string& name) const {
  std::vector<std::string> command{OCTET_TRAINER, "--config", name + ".json"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return std::make_unique<Process>(command, dir.path());
}

TrainerRun TrainerFixture::run(const std::vector<std::string>& arguments,
                               const std::string& name) const {
  const auto process = start(arguments, name);
  TrainerRun r;
  r.code = process->wait();
  r.output = process->output();
  return r;
}

TrainerRun TrainerFixture::run_raw(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{OCTET_TRAINER};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command);
}

TrainerRun TrainerFixture::run_command(const std::vector<std::string>& command) const {
  Process process(command, dir.path());
  TrainerRun r;
  r.code = process.wait();
  r.output = process.output();
  return r;
}

Json TrainerFixture::summary(const std::string& name) const {
  const auto bytes = read_file(run_dir(name) / "summary.json");
  return Json::parse(bytes.begin(), bytes.end());
}

std::string TrainerFixture::metrics(const std::string& name) const {
  const auto bytes = read_file(run_dir(name) / "metrics.jsonl");
  std::string out, line;
  for (char c : bytes) {
    if (c != '\n') {
      line += c;
      continue;
    }
    Json j = Json::parse(line);
    j.erase("seconds");
    j.erase("images_per_second");
    j.erase("time");
    out += j.dump() + "\n";
    line.clear();
  }
  CHECK_MESSAGE(line.empty(), "metrics.jsonl ends in the middle of a line");
  return out;
}

}  // namespace octet::test
