#include "apps/trainer/run.h"

#include <thread>

#include "apps/setup/data.h"
#include "apps/trainer/door.h"
#include "apps/trainer/initial_weights.h"
#include "apps/trainer/phases.h"
#include "apps/trainer/run_dir.h"
#include "apps/trainer/summary.h"
#include "core/error.h"

namespace octet::trainer {
namespace fs = std::filesystem;
namespace {

int thread_count(const config::Config& c) {
  if (c.threads > 0) return c.threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string state_of(const Checkpoint& c) {
  switch (static_cast<Phase>(c.integer("phase"))) {
    case Phase::train:
      return "in epoch " + std::to_string(c.integer("position/epoch") + 1) + " of float training";
    case Phase::quantize:
      return "in epoch " + std::to_string(c.integer("position/epoch") + 1) + " of quantization";
    case Phase::finish:
      return "before its last evaluation";
    case Phase::done:
      break;
  }
  return "finished";
}

/// Throws Error if the run in the folder is not the one of this configuration.
void check_same_run(const Checkpoint& c, const std::string& key, const fs::path& dir) {
  const std::string difference = key_difference(c.text("run_key"), key);
  OCTET_CHECK(difference.empty(), dir.string(), " holds the run of another configuration (",
              difference, "): choose another name or --out, or start over with --overwrite");
}

Outcome run_phases(Session& s) {
  while (s.phase != Phase::done) {
    const Outcome outcome = s.phase == Phase::train      ? run_train_phase(s)
                            : s.phase == Phase::quantize ? run_quantize_phase(s)
                                                         : run_finish_phase(s);
    if (outcome == Outcome::interrupted) return outcome;
  }
  return Outcome::finished;
}

/// The closing table; of a run that others start from, one line.
void report(const config::Config& c, const RunOptions& options, const Summary& summary,
            Progress& progress) {
  if (!options.ancestors.empty()) {
    progress.say(c.run_dir().string() + ": float test " + percent(summary["float"]["accuracy"]));
    return;
  }
  std::string lines = c.name + "\n" + table(summary, c.run_dir());
  lines.pop_back();
  progress.say(lines);
}

}  // namespace

Outcome run(const config::Config& c, const RunOptions& options, Progress& progress) {
  Session s(c, setup::open_data(c), progress, thread_count(c));
  check_phases(s);
  const RunFiles& files = s.files;
  const RunDirLock lock(files.dir);
  remove_leftovers(files.dir);
  if (options.overwrite) remove_outputs(files);

  std::optional<Checkpoint> checkpoint;
  if (fs::exists(files.checkpoint)) {
    try {
      checkpoint = read_checkpoint(files.checkpoint);
    } catch (const Error& e) {
      fail(e.what(), "; start over with --overwrite");
    }
  }
  if (checkpoint) check_same_run(*checkpoint, s.run_key, files.dir);
  const bool done = checkpoint && checkpoint->integer("phase") == static_cast<int>(Phase::done);
  OCTET_CHECK(!checkpoint || done || options.resume, files.dir.string(),
              " holds an unfinished run (", state_of(*checkpoint),
              "): continue it with --resume, or start over with --overwrite");

  std::optional<std::vector<NamedTensor>> weights;
  if (c.init) {
    const auto initial = initial_weights(c, checkpoint.has_value(), options.ancestors, progress);
    if (!initial) return Outcome::interrupted;
    if (checkpoint && !initial->empty()) {
      OCTET_CHECK(state_hash(*initial) == checkpoint->text("init_hash"), files.dir.string(),
                  " holds a run that started from other weights than ", init_name(c),
                  " has now: choose another name or --out, or start over with --overwrite");
    }
    weights = *initial;
  }

  if (checkpoint) {
    const auto summary = read_summary(files.summary);
    if (done && summary && files_exist(*summary, files.dir)) {
      if (options.ancestors.empty()) progress.say(files.dir.string() + " is finished already");
      report(c, options, *summary, progress);
      return Outcome::finished;
    }
    progress.say(files.dir.string() + ": continuing " + state_of(*checkpoint));
    s.restore(std::move(*checkpoint));
    s.outputs_only = s.phase == Phase::done;  // one of them is missing
    if (s.outputs_only) s.phase = Phase::finish;
  } else {
    progress.say(files.dir.string() + ": starting " + c.model.zoo + " on " + s.data.train.name +
                 " with " + std::to_string(s.ctx.threads.size()) +
                 (s.ctx.threads.size() == 1 ? " thread" : " threads"));
    if (weights) load_initial_weights(s, *weights);
    remove_outputs(files);
    s.metrics.emplace(files.metrics, "");
  }
  if (run_phases(s) == Outcome::interrupted) return Outcome::interrupted;
  report(c, options, read_summary(files.summary).value(), progress);
  return Outcome::finished;
}

}  // namespace octet::trainer
