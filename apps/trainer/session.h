// A run in progress: what its phases share and what a checkpoint keeps.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "apps/common/config/config.h"
#include "apps/common/setup/network.h"
#include "apps/trainer/float_files.h"
#include "apps/trainer/team.h"
#include "core/context.h"
#include "data/loader.h"
#include "data/source.h"
#include "eval/task_score.h"
#include "fit/fit.h"
#include "fit/metrics_file.h"
#include "interop/checkpoint/checkpoint.h"
#include "layers/module.h"
#include "optim/optimizer.h"
#include "quant/qat_model.h"

namespace octet::trainer {

/// The parts of a run, in order; a run leaves out those its configuration does not ask for.
enum class Phase : std::int64_t { train, quantize, finish, done };

struct RunFiles {
  explicit RunFiles(std::filesystem::path run_dir)
      : dir(std::move(run_dir)),
        checkpoint(dir / "checkpoint.h5"),
        metrics(dir / "metrics.jsonl"),
        model(dir / "model.tflite"),
        labels(dir / "labels.txt"),
        report(dir / "report.html"),
        curves(dir / "curves.csv"),
        events(dir / "events.out.tfevents.octet"),
        summary(dir / "summary.json") {}
  std::filesystem::path dir, checkpoint, metrics, model, labels, report, curves, events, summary;
  std::filesystem::path path_of(const FloatFile& file) const { return dir / file.name; }
};

class Session {
 public:
  /// Makes the network, with random weights or those of model.import. `config` and `progress` must
  /// outlive the session.
  /// With a `team` this is one of its members' session.
  Session(const config::Config& config, DataSource data, Progress& progress, int threads,
          Team* team = nullptr);

  const config::Config& config;
  RunFiles files;
  Progress& progress;
  Team* const team;  ///< null: this process alone, with one member
  Context ctx;       ///< of what one member does alone
  DataSource data;
  const setup::FloatNetwork network;
  ModulePtr model;                              ///< the float network's
  quant::QatModelPtr qat;                       ///< from phase quantize on
  std::unique_ptr<optim::Optimizer> optimizer;  ///< while a phase trains
  std::unique_ptr<Fit> fit;                     ///< while a phase trains
  std::optional<MetricsFile> metrics;

  Phase phase = Phase::train;
  std::map<std::string, double> results;  ///< so far, by their names in summary.json
  std::string summary;                    ///< of a finished run: summary.json's text
  std::string init_hash;                  ///< of the weights it started from; empty: random ones
  std::string init_report;                ///< what was transferred, as in summary.json; or none
  /// What must stay the same while a run goes on: the configuration (what can change results) and
  /// the contents of the data and of model.import, as JSON.
  const std::string run_key;
  bool brief = false;         ///< others start from this run: its matrix is not said
  bool outputs_only = false;  ///< the run was finished: only make its files again

  /// [1, H, W, C] of the network's input.
  Shape input_shape() const;
  /// The float network's ops; parameters and statistics are shared.
  std::shared_ptr<GraphModule> graph() const { return setup::graph_of(model, input_shape()); }
  /// Writes files and talks; evaluates, where the others wait for what comes of it.
  bool leads() const { return !team || team->leads(); }
  /// The leader's answer.
  bool agreed(bool answer) { return team ? team->member.communicator.agreed(answer) : answer; }
  /// Of steps that all members make together.
  Context& step_ctx() { return member_ctx_ ? *member_ctx_ : ctx; }
  Task task() const { return parse_task(config.task); }
  /// Of the task; the first chooses between networks.
  const std::vector<FigureKind> figures;
  const FigureKind& main_figure() const { return figures[0]; }
  TaskMeasure measure() const;
  /// Numbers that the network returns for a sample, or for a pixel; of an autoencoder 0.
  int outputs() const;
  /// Batches of the training split, shuffled and augmented as the configuration says.
  Loader train_loader(int batch, bool drop_last) const;
  /// This member's part of them.
  Loader member_loader(int batch, bool drop_last) const;
  /// The test split as it is.
  Loader test_loader(int batch) const;
  bool has_validation() const { return data.val.size() > 0; }
  /// What an autoencoder's threshold is found on: the validation split, or without one the training
  /// split, not augmented.
  Loader normal_loader(int batch) const;
  /// What training is watched on: the validation split, or without one the test split.
  /// `most`: samples, the first; 0: all.
  Loader watch_loader(int batch, std::int64_t most = 0) const;
  /// "val" or "test".
  std::string watch_name() const { return has_validation() ? "val" : "test"; }
  /// A batch that fits the present phase.
  int batch_size() const;

  void enter(Phase next);

  /// What a checkpoint holds.
  Checkpoint snapshot() const;
  /// Writes checkpoint.h5, then the metrics' new lines; the leader does.
  void save();
  /// save() if the configuration says it is time; to be called after each batch.
  void save_if_due();
  /// Restores what save() wrote, but for the quantized model and the optimizer: whoever makes them
  /// takes their state from `restored`.
  void restore(Checkpoint checkpoint);
  std::optional<Checkpoint> restored;
  /// Whether what was restored is of a training that had begun.
  bool restored_training() const {
    return restored && restored->numbers.contains("position/loss_sum");
  }

 private:
  std::optional<Context> member_ctx_;
  std::chrono::steady_clock::time_point saved_at_ = std::chrono::steady_clock::now();
  std::int64_t batches_since_save_ = 0;
};

/// The file name of init.import; empty: none.
std::string import_name(const config::Config& c);

/// FNV-1a of names and contents.
std::string state_hash(const std::vector<NamedTensor>& state);

}  // namespace octet::trainer
