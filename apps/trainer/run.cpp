#include "apps/trainer/run.h"

#include "apps/common/setup/data.h"
#include "apps/trainer/initial_weights.h"
#include "apps/trainer/phases.h"
#include "apps/trainer/preflight.h"
#include "apps/trainer/run_dir.h"
#include "apps/trainer/score.h"
#include "apps/trainer/summary.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "data/dataset_report.h"
#include "eval/figure_limit.h"
#include "interop/weights/save_weights.h"

namespace octet::trainer {
namespace fs = std::filesystem;
namespace {

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

/// What the run in the folder has come to, if one has begun. Throws Error if there is something
/// that a new run would replace, but no whole checkpoint.
std::optional<Checkpoint> earlier_run(const RunFiles& files) {
  if (!fs::exists(files.checkpoint)) {
    const std::string output = output_there(files);
    OCTET_CHECK(output.empty(), files.dir.string(), " holds ", output, " without the checkpoint ",
                "of its run: choose another name or --out, or start over with --overwrite");
    return std::nullopt;
  }
  try {
    return read_checkpoint(files.checkpoint);
  } catch (const Error& e) {
    fail(e.what(), "; start over with --overwrite");
  }
}

/// Throws Error if the run in the folder is not the one of this configuration.
void check_same_run(const Checkpoint& c, const std::string& key, const fs::path& dir) {
  const std::string difference = key_difference(c.text("run_key"), key);
  OCTET_CHECK(difference.empty(), dir.string(), " holds the run of another configuration (",
              difference, "): choose another name or --out, or start over with --overwrite; to go ",
              "on from its weights, choose another name and init.checkpoint=",
              (dir / "checkpoint.h5").string());
}

/// Throws Error if the finished run of this configuration waits in a folder that was put aside for
/// another one, which was never finished.
void check_not_aside(const RunFiles& files, const std::string& key) {
  for (const fs::path& folder : overwritten_runs(files)) {
    const RunFiles aside(folder);
    if (!fs::exists(aside.checkpoint)) continue;
    const Checkpoint c = read_checkpoint(aside.checkpoint);
    OCTET_CHECK(c.integer("phase") != static_cast<int>(Phase::done) ||
                    !key_difference(c.text("run_key"), key).empty(),
                folder.string(),
                " holds the finished run of this configuration, put aside for one ",
                "that was not finished: move its files back to ", files.dir.string(),
                ", or start over with --overwrite");
  }
}

/// The closing table; of a run that others start from, one line.
void report(const config::Config& c, const RunOptions& options, const Summary& summary,
            Progress& progress) {
  if (!options.ancestors.empty()) {
    progress.say(c.run_dir().string() + ": float test " +
                 figures_text(figures_in(summary), summary["float"]));
    return;
  }
  std::string lines = c.name + "\n" + table(summary, c.run_dir());
  lines.pop_back();
  progress.say(lines);
}

}  // namespace

Outcome run_phases(Session& s) {
  while (s.phase != Phase::done && (s.leads() || s.phase != Phase::finish)) {
    const Outcome outcome = s.phase == Phase::train      ? run_train_phase(s)
                            : s.phase == Phase::quantize ? run_quantize_phase(s)
                                                         : run_finish_phase(s);
    if (outcome == Outcome::interrupted) return outcome;
  }
  return Outcome::finished;
}

DataSource open_run_data(config::Config& c, Progress& progress) {
  DataSource data =
      setup::open_data(c, [&](const ReadProgress& p) { progress.busy(p.what, p.done, p.total); });
  progress.clear();
  return setup::prepare_data(c, std::move(data));
}

/// What to add where there are several members.
std::string team_text(const Session& s) {
  if (!s.team) return {};
  const int ranks = s.team->processes;
  return (ranks == 1 ? " on 1 rank, " : " each on " + std::to_string(ranks) + " ranks, ") +
         std::to_string(s.team->member.communicator.size()) + " shards";
}

void say_data(const Session& s) {
  s.progress.say("data: " + describe_dataset(s.data.train));
  if (s.task() != Task::classification) s.progress.say("task: " + s.config.task);
  const config::Normalize& c = s.config.data.normalize;
  const std::string text = normalization_warning(s.data.train, {c.mean, c.std});
  if (!text.empty()) s.progress.say("warning: " + text);
  if (s.task() == Task::multi_task) return;  // some are classes
  if (const std::string targets = targets_warning(s.data.train); !targets.empty())
    s.progress.say("warning: " + targets);
}

namespace {

/// Where there is nothing to choose an epoch by.
void say_what_is_kept(const Session& s) {
  const config::Config& c = s.config;
  const bool wanted =
      (c.train && c.train->steps.keep == "best") || (c.qat() && c.quant->steps.keep == "best");
  if (s.has_validation() || !wanted) return;
  s.progress.say("no validation split (data.val_fraction): the last epoch is kept");
}

/// Throws Error if the model that ships, or without one the float network, is too bad.
void check_figures(std::span<const FigureLimit> limits, const Summary& summary) {
  check_limits(limits, shipping_score(summary), summary.contains("int8") ? "int8" : "float");
}

void save_float_weights(const Session& s, const fs::path& file) {
  if (file.empty()) return;
  save_weights(file, *s.graph());
  s.progress.say("weights of the float network: " + file.string());
}

/// Throws Error if the weights would replace a file that the run reads or writes.
void check_weights_file(const config::Config& c, const fs::path& file) {
  const RunFiles files(c.run_dir());
  std::vector<fs::path> own{c.file,        c.data.path.path, c.model.import.path, files.checkpoint,
                            files.metrics, files.model,      files.labels,        files.summary,
                            files.report,  files.curves,     files.events};
  for (const FloatFile& output : float_files()) own.push_back(files.path_of(output));
  if (c.init) {
    for (const config::Path& p : {c.init->config, c.init->checkpoint, c.init->import})
      own.push_back(p.path);
  }
  for (const fs::path& other : own) {
    OCTET_CHECK(other.empty() || fs::weakly_canonical(other) != fs::weakly_canonical(file),
                "--weights: ", file.string(), " is a file of this run: choose another");
  }
}

}  // namespace

Outcome run(const config::Config& given, const RunOptions& options, Progress& progress) {
  config::Config c = given;  // with what is measured in the data
  if (!options.weights.empty()) {
    check_weights_file(c, options.weights);
    const AtomicFile writable(options.weights);  // or an error now, not after the training
  }
  DataSource data =
      options.team ? options.team->data.open(c, progress) : open_run_data(c, progress);
  Session s(c, std::move(data), progress, c.thread_count(), options.team);
  const auto limits = parse_limits(s.figures, options.fail_below, options.fail_above);
  s.brief = !options.ancestors.empty();
  check_phases(s);
  const RunFiles& files = s.files;
  const RunDirLock lock(files.dir);

  std::optional<Checkpoint> checkpoint;
  if (!options.overwrite) checkpoint = earlier_run(files);
  if (checkpoint) check_same_run(*checkpoint, s.run_key, files.dir);
  if (!checkpoint && !options.overwrite) check_not_aside(files, s.run_key);
  const bool done = checkpoint && checkpoint->integer("phase") == static_cast<int>(Phase::done);
  OCTET_CHECK(!checkpoint || done || options.resume, files.dir.string(),
              " holds an unfinished run (", state_of(*checkpoint),
              "): continue it with --resume, or start over with --overwrite");

  if (checkpoint) check_same_import(c, *checkpoint);
  std::optional<InitialWeights> weights;
  if (c.init) {
    weights = initial_weights(c, checkpoint.has_value(), options, progress);
    if (!weights) return Outcome::interrupted;
    OCTET_CHECK(
        !checkpoint || weights->hash.empty() || weights->hash == checkpoint->text("init_hash"),
        files.dir.string(), " holds a run that started from other weights than ", init_name(c),
        " has now: choose another name or --out, or start over with --overwrite");
  }

  // Everything the run needs is there: from here on the folder changes.
  remove_leftovers(files);
  if (checkpoint) {
    const auto summary = done ? finished_summary(*checkpoint, files, c.outputs) : std::nullopt;
    if (summary) {
      remove_overwritten(files);
      if (options.ancestors.empty()) progress.say(files.dir.string() + " is finished already");
      report(c, options, *summary, progress);
      if (!options.weights.empty()) s.model->load_state(checkpoint->group("model"));
      save_float_weights(s, options.weights);
      check_figures(limits, *summary);
      return Outcome::finished;
    }
    progress.say(files.dir.string() +
                 (done ? ": files of the finished run are missing or changed: making them again"
                       : ": continuing " + state_of(*checkpoint)));
    s.restore(std::move(*checkpoint));
    s.outputs_only = done;
    if (s.outputs_only) s.phase = Phase::finish;
  } else {
    if (weights) load_initial_weights(s, *weights);
    weights.reset();  // a mapped file, or a second copy of the weights
    put_aside(files);
    for (const fs::path& folder : overwritten_runs(files)) {
      progress.say("an earlier run is kept in " + folder.string() + " until this one is finished");
    }
    for (const std::string& note : s.network.notes) {
      progress.say(
          (c.model.layers.empty() ? "model.import " + c.model.import.text : "model.layers") + ": " +
          note);
    }
    progress.say(files.dir.string() + ": starting " + s.network.name + " on " + s.data.train.name +
                 " with " + std::to_string(s.ctx.threads.size()) +
                 (s.ctx.threads.size() == 1 ? " thread" : " threads") + team_text(s));
    say_data(s);
    say_what_is_kept(s);
    s.metrics.emplace(files.metrics, "");
  }
  call_team(s);
  if (run_phases(s) == Outcome::interrupted) return Outcome::interrupted;
  remove_overwritten(files);
  report(c, options, Summary::parse(s.summary), progress);
  save_float_weights(s, options.weights);
  check_figures(limits, Summary::parse(s.summary));
  return Outcome::finished;
}

}  // namespace octet::trainer
