// Figures of a run, epoch by epoch.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace octet::report {

/// The figures of one epoch.
struct EpochFigures {
  std::int64_t epoch = 0;  ///< from 1, of its phase
  double time = 0;         ///< seconds since 1970; 0: unknown
  /// By name: "train_loss", "val_accuracy", "lr".
  std::vector<std::pair<std::string, double>> figures = {};
};

/// The epochs of one phase of a run.
struct PhaseCurves {
  std::string phase;  ///< "float", "qat"
  std::vector<EpochFigures> epochs = {};
};

/// Names of all figures, in the order they first appear.
std::vector<std::string> figure_names(const std::vector<PhaseCurves>& phases);

/// A header and a line for each epoch: phase, epoch, then every figure (empty where it has none),
/// by RFC 4180.
std::string curves_csv(const std::vector<PhaseCurves>& phases);

/// The bytes of a TensorBoard event file: a scalar "<phase>/<figure>" for each, its step the epoch.
/// TensorBoard finds files whose name contains "tfevents".
std::string event_file(const std::vector<PhaseCurves>& phases);

}  // namespace octet::report
