#include "apps/trainer/initial_weights.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/trainer/run_dir.h"
#include "base/error.h"
#include "interop/weights/read_weights.h"
#include "interop/weights/transfer.h"

namespace octet::trainer {
namespace fs = std::filesystem;
namespace {

bool is_done(const Checkpoint& c) {
  return c.integer("phase") == static_cast<std::int64_t>(Phase::done);
}

/// The checkpoint that a run starts from which is to replace the run it belongs to: where it was
/// put when that began, if it has been.
fs::path own_checkpoint(const RunFiles& files) {
  const std::vector<fs::path> earlier = overwritten_runs(files);
  const fs::path aside = earlier.empty() ? fs::path() : RunFiles(earlier.front()).checkpoint;
  return fs::exists(aside) ? aside : files.checkpoint;
}

InitialWeights of_checkpoint(const fs::path& file) {
  const std::vector<NamedTensor> state = read_checkpoint(file).group("model");
  return {weights_of(state, file.string()), state_hash(state)};
}

WeightFile read_import(const config::Config& c) {
  try {
    return read_weights(c.init->import.path);
  } catch (const Error& e) {
    fail(c.where("/init/import"), ": ", e.what());
  }
}

Transfer transfer(Session& s, const WeightFile& file) {
  const config::InitConfig& init = *s.config.init;
  try {
    return transfer_weights(file, *s.graph(), {.skip = init.skip, .rename = init.rename});
  } catch (const Error& e) {
    fail(s.config.where("/init"), ": ", e.what());
  }
}

}  // namespace

std::string init_name(const config::Config& c) {
  const config::InitConfig& i = *c.init;
  if (!i.import.text.empty()) return "init.import " + i.import.text;
  return i.config.text.empty() ? "init.checkpoint " + i.checkpoint.text
                               : "init.config " + i.config.text;
}

std::optional<InitialWeights> initial_weights(const config::Config& c, bool begun,
                                              const RunOptions& run_options, Progress& progress) {
  if (!c.init->import.text.empty()) {
    return begun ? InitialWeights{} : InitialWeights{read_import(c), {}};
  }
  if (c.init->config.text.empty()) {
    fs::path file = c.init->checkpoint.path;
    const RunFiles files(c.run_dir());
    const bool own = fs::weakly_canonical(file) == fs::weakly_canonical(files.checkpoint);
    if (begun && (own || !fs::exists(file))) return InitialWeights{};
    if (own) file = own_checkpoint(files);
    return of_checkpoint(file);
  }
  config::Config first = config::read_config(c.init->config.path, {});
  first.out = c.out;
  first.threads = c.threads;
  RunOptions options{.resume = true,
                     .weights = {},
                     .fail_below = {},
                     .fail_above = {},
                     .ancestors = run_options.ancestors,
                     .team = run_options.team};
  options.ancestors.push_back(fs::weakly_canonical(c.file));
  const auto& open = options.ancestors;
  OCTET_CHECK(std::find(open.begin(), open.end(), fs::weakly_canonical(first.file)) == open.end(),
              c.file.string(), ": /init/config: ", first.file.string(),
              " starts from this configuration itself");
  OCTET_CHECK(first.name != c.name, c.file.string(), ": /init/config: ", first.file.string(),
              " has the same name '", c.name, "', so both would write to ", c.run_dir().string());
  const RunFiles files(first.run_dir());
  const bool there = fs::exists(files.checkpoint) && is_done(read_checkpoint(files.checkpoint));
  if (begun && !there) return InitialWeights{};
  if (!there) {
    progress.say(c.name + " starts from " + first.name + ", which is not finished in " +
                 files.dir.string() + " and is run first");
  }
  if (run(first, options, progress) == Outcome::interrupted) return std::nullopt;
  return of_checkpoint(files.checkpoint);
}

void check_same_import(const config::Config& c, const Checkpoint& checkpoint) {
  const auto it = checkpoint.texts.find("init_file");
  const std::string was = it == checkpoint.texts.end() ? "" : it->second;
  OCTET_CHECK(was == import_name(c), c.run_dir().string(), " holds a run that started from ",
              was.empty() ? "other weights" : one_line(was), ", not from ",
              c.init ? init_name(c) : "random ones",
              ": choose another name or --out, or start over with --overwrite");
}

void load_initial_weights(Session& s, const InitialWeights& weights) {
  const config::Config& c = s.config;
  Transfer t = transfer(s, weights.file);
  std::vector<std::string> kept;  // have the weights of model.import
  if (!s.network.import_hash.empty()) {
    const std::vector<std::string>& random = s.network.fresh;
    const auto first = std::stable_partition(t.fresh.begin(), t.fresh.end(), [&](const auto& name) {
      return std::find(random.begin(), random.end(), name) != random.end();
    });
    kept.assign(first, t.fresh.end());
    t.fresh.erase(first, t.fresh.end());
  }
  const bool trains = c.train || c.qat();
  OCTET_CHECK(trains || t.fresh.empty(), c.where("/init"), ": ", t.headline(),
              "; but mode ptq trains nothing: expected all of them");
  s.progress.say(init_name(c) + ": " + t.headline());
  for (const std::string& line : t.details()) s.progress.say("  " + line);
  if (!kept.empty()) {
    s.progress.say("  as in model.import: " + kept[0] +
                   (kept.size() == 1 ? "" : " and " + std::to_string(kept.size() - 1) + " more"));
  }
  s.init_hash = weights.hash.empty() ? state_hash(s.model->state()) : weights.hash;
  s.init_report = nlohmann::ordered_json({{"tensors", t.tensors},
                                          {"transferred", t.transferred.size()},
                                          {"new", t.fresh},
                                          {"unused", t.unused}})
                      .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace octet::trainer
