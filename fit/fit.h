// Training as a library: epochs of any Module on any Loader, with progress, metrics, checkpoints
// that go on to the bit, the best epoch and early stopping. What apps/trainer runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "data/loader.h"
#include "fit/figure.h"
#include "fit/loss.h"
#include "fit/progress.h"
#include "interop/checkpoint/checkpoint.h"
#include "layers/module.h"
#include "optim/ema.h"
#include "optim/lr_schedule.h"
#include "optim/optimizer.h"

namespace octet {

/// How far training has come, with the sums of the epoch in progress.
struct FitPosition {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;  ///< the next one of this epoch
  std::int64_t step = 0;   ///< updates so far
  double loss_sum = 0;     ///< over the epoch's samples
  std::int64_t correct = 0, images = 0;
  double epoch_seconds = 0;  ///< training time of this epoch so far
  double phase_seconds = 0;  ///< of the finished epochs
};

/// What an evaluation between epochs found.
struct EpochScore {
  double value = 0;      ///< larger is better: an accuracy, or a loss with a minus
  std::string text;      ///< for a person: "val 98.10 %"
  Figures figures = {};  ///< for the metrics
  /// Decides between equal values; larger is better: beside an accuracy, a loss with a minus.
  double tie_break = 0;
};

/// The weights that training ends with.
enum class Keep : std::uint8_t {
  last,  ///< of the last epoch
  best,  ///< of the epoch with the largest EpochScore::value, of equals by tie_break, then the
         ///< first
};

/// What training calls; each may be unset.
struct FitHooks {
  /// Before each epoch's first batch, and when a run goes on. Returns what to call the epoch;
  /// unset: "epoch 2/5".
  std::function<std::string(std::int64_t epoch)> begin_epoch = {};
  /// After each epoch, on the averaged weights if there is an average. Nothing: the user asked to
  /// stop before it was done. Unset: only the training loss is shown.
  std::function<std::optional<EpochScore>()> evaluate = {};
  /// Takes the line of metrics of a finished epoch.
  std::function<void(const Figures& line)> record = {};
  /// After each batch that does not end an epoch.
  std::function<void()> batch_done = {};
  /// After each epoch, and when the user asked to stop: the time to write Fit::save's state.
  std::function<void()> save = {};
  /// Asked between batches: true ends training, to be continued.
  std::function<bool()> stop = {};
};

/// How Fit trains.
struct FitOptions {
  std::string name = "float";  ///< in metrics ("phase") and messages
  std::int64_t epochs = 1;
  /// Of each update. Unset: the optimizer's rate, as it is.
  std::optional<optim::LrSchedule> schedule = {};
  FitLoss loss = cross_entropy_loss();
  /// A batch's tensors for a network of several inputs; unset: its x.
  std::function<std::vector<Tensor>(const Batch&)> inputs = {};
  /// The output whose largest value is compared with the labels, for the accuracy of training; -1:
  /// none.
  int logits = 0;
  int accumulate_steps = 1;   ///< batches whose gradients are averaged for one update
  double clip_grad_norm = 0;  ///< largest norm of all gradients together; 0: no limit
  double ema_decay = 0;       ///< evaluate and keep a moving average of the weights; 0: none
  Keep keep = Keep::last;
  /// Training ends after so many epochs without a better score; 0: never.
  std::int64_t patience = 0;
  /// Epochs of other training that follow: only for the time left that is shown.
  std::int64_t epochs_after = 0;
  Progress* progress = nullptr;  ///< must outlive the training; null: silent
  FitHooks hooks = {};
};

/// How training ended: done, or stopped to be continued.
enum class Outcome : std::uint8_t { finished, interrupted };

/// Training in progress. With Context::communicator each member has one of the same options, a
/// module, an optimizer and a loader of its own, of LoaderOptions::part: FitHooks::evaluate, record
/// and save are called for the leader only, and the others take its score. The module, the
/// optimizer (of its parameters), the loader and the context must outlive it.
class Fit {
 public:
  /// Throws Error for options that make no sense, and for Keep::best or patience without
  /// FitHooks::evaluate.
  Fit(Module& model, optim::Optimizer& optimizer, Loader& loader, Context& ctx, FitOptions options);
  ~Fit();

  /// Offers the weights as they are, before any training, as a candidate of Keep::best; counted as
  /// epoch 0.
  void offer(const EpochScore& score);
  /// Trains from wherever it stands. finished: the module has the weights that FitOptions::keep
  /// asks for. Throws Error naming epoch, step and, if it can be told, the layer where the loss is
  /// not finite.
  Outcome run();

  const FitPosition& position() const noexcept { return at_; }
  /// The epoch, counted from 1, with the best score so far; -1: none was scored.
  std::int64_t best_epoch() const noexcept { return best_ ? best_->epoch : -1; }
  /// best_epoch() where its weights are what training ends with; else -1.
  std::int64_t kept_epoch() const noexcept {
    return options_.keep == Keep::best ? best_epoch() : -1;
  }
  /// Requires best_epoch() >= 0.
  double best_score() const noexcept { return best_->value; }

  /// Adds what a checkpoint needs besides the model: optimizer/, ema/, best/ and position/.
  void save(Checkpoint& checkpoint) const;
  /// Takes that state. Throws Error if it is not of these options.
  void load(const Checkpoint& checkpoint);

 private:
  struct Best {
    std::int64_t epoch;
    double value, tie_break;
    std::string text;
    std::vector<NamedTensor> state;
  };

  std::int64_t total_steps() const;
  double lr(std::int64_t step) const;
  bool leads() const;
  bool stopped() const;
  bool out_of_patience() const;
  void offer(const EpochScore& score, std::int64_t epoch);
  std::string begin_epoch();
  /// Of one update, over all members.
  struct StepSums {
    double loss = 0, correct = 0, images = 0;
  };
  void add_gradients(const Batch& batch, double divisor, StepSums& sums);
  void sum_over_members(StepSums& sums);
  void step();
  void show(const std::string& label) const;
  bool finish_epoch(const std::string& label);
  void keep_weights();
  template <class F>
  auto placed(const F& f);

  Module& model_;
  optim::Optimizer& optimizer_;
  Loader& loader_;
  Context& ctx_;
  FitOptions options_;
  std::optional<optim::Ema> ema_;
  FitPosition at_;
  std::optional<Best> best_;
  /// Of each batch of the epoch: its weight. Empty where every update is made from one batch that
  /// is here as a whole.
  std::vector<double> batch_weights_;
  bool stop_agreed_ = false;  ///< by the members
};

}  // namespace octet
