#include "apps/trainer/initial_weights.h"

#include <algorithm>

#include "apps/trainer/run.h"
#include "apps/trainer/run_dir.h"
#include "base/error.h"

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

}  // namespace

std::string init_name(const config::Config& c) {
  return c.init->config.text.empty() ? "init.checkpoint " + c.init->checkpoint.text
                                     : "init.config " + c.init->config.text;
}

std::optional<std::vector<NamedTensor>> initial_weights(const config::Config& c, bool begun,
                                                        const std::vector<fs::path>& ancestors,
                                                        Progress& progress) {
  if (c.init->config.text.empty()) {
    fs::path file = c.init->checkpoint.path;
    const RunFiles files(c.run_dir());
    const bool own = fs::weakly_canonical(file) == fs::weakly_canonical(files.checkpoint);
    if (begun && (own || !fs::exists(file))) return std::vector<NamedTensor>{};
    if (own) file = own_checkpoint(files);
    return read_checkpoint(file).group("model");
  }
  config::Config first = config::read_config(c.init->config.path, {});
  first.out = c.out;
  first.threads = c.threads;
  RunOptions options{.resume = true, .ancestors = ancestors};
  options.ancestors.push_back(fs::weakly_canonical(c.file));
  const auto& open = options.ancestors;
  OCTET_CHECK(std::find(open.begin(), open.end(), fs::weakly_canonical(first.file)) == open.end(),
              c.file.string(), ": /init/config: ", first.file.string(),
              " starts from this configuration itself");
  OCTET_CHECK(first.name != c.name, c.file.string(), ": /init/config: ", first.file.string(),
              " has the same name '", c.name, "', so both would write to ", c.run_dir().string());
  const RunFiles files(first.run_dir());
  const bool there = fs::exists(files.checkpoint) && is_done(read_checkpoint(files.checkpoint));
  if (begun && !there) return std::vector<NamedTensor>{};
  if (!there) progress.say(c.name + " starts from " + first.name + ", which is run first");
  if (run(first, options, progress) == Outcome::interrupted) return std::nullopt;
  return read_checkpoint(files.checkpoint).group("model");
}

void load_initial_weights(Session& s, const std::vector<NamedTensor>& weights) {
  try {
    s.model->load_state(weights);
  } catch (const Error& e) {
    fail(s.config.file.string(), ": /init: the weights do not fit this network: ", e.what());
  }
  s.init_hash = state_hash(weights);
}

}  // namespace octet::trainer
