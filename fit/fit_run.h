// Training in one call, with files: progress on the console, a checkpoint that goes on to the bit,
// metrics.jsonl and a summary.
#pragma once

#include <filesystem>

#include "fit/fit.h"

namespace octet {

/// What fit() writes.
struct FitFiles {
  /// Written after each epoch, every `every_seconds` and when training is stopped; if it is there,
  /// training goes on from it. Empty: none.
  std::filesystem::path checkpoint = {};
  std::filesystem::path metrics = {};  ///< a JSON object a line, an epoch each; empty: none
  std::filesystem::path summary = {};  ///< JSON, written at the end: FitResult; empty: none
  double every_seconds = 60;
};

/// What fit() came to.
struct FitResult {
  Outcome outcome = Outcome::finished;
  std::int64_t epochs = 0;       ///< that were trained, those before a resume included
  std::int64_t steps = 0;        ///< updates
  std::int64_t best_epoch = -1;  ///< see Fit::best_epoch
  double best_score = 0;         ///< its EpochScore::value, if there is one
  double seconds = 0;            ///< of training, evaluation apart
};

/// Trains `model` on `train`. With `validation`, each epoch is evaluated on it (octet::evaluate
/// with the loss, inputs and logits of the options): the score is its accuracy, or without logits
/// its loss with a minus; FitHooks::evaluate replaces that. Hooks that are set are called; save,
/// record and batch_done before the files are written. Where FitHooks::stop is unset and
/// watch_interrupts() was called, Ctrl-C stops training.
/// Throws Error as Fit does, for a checkpoint of another model, optimizer or options, and if a file
/// cannot be written.
FitResult fit(Module& model, optim::Optimizer& optimizer, Loader& train, Loader* validation,
              Context& ctx, FitOptions options = {}, const FitFiles& files = {});

}  // namespace octet
