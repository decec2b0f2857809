// The learning rate as a pure function of the step number, so that a resumed run goes on exactly.
#pragma once

#include <cstdint>
#include <vector>

namespace octet::optim {

/// Linear warm-up from warmup_factor lr to lr over warmup_steps, then
///   constant: lr
///   step:     lr gamma^(number of milestones <= step); the milestones are a list, or the multiples
///             of step_size, each rounded to a whole step
///   cosine:   min_lr + (lr - min_lr) (1 + cos(pi t)) / 2, t from 0 at the end of the warm-up to 1
///             at total_steps (Loshchilov & Hutter 2017, one cycle); min_lr afterwards.
struct LrSchedule {
  /// How the rate goes on after the warm-up.
  enum class Kind { constant, step, cosine };
  Kind kind = Kind::constant;
  double lr = 0.1;
  std::int64_t warmup_steps = 0;
  double warmup_factor = 0;                   ///< of the step before the first: step 0 is above it
  std::vector<std::int64_t> milestones = {};  ///< step: rising step numbers, the warm-up included
  double step_size = 0;                       ///< step: steps between milestones; 0: the list
  double gamma = 0.1;                         ///< step
  double min_lr = 0;                          ///< cosine
  std::int64_t total_steps = 0;               ///< cosine: the whole run's, the warm-up included

  /// Throws Error for numbers that make no sense, naming them.
  void validate() const;
  /// The learning rate of step `step`, counted from 0. Requires validate() to pass.
  double at(std::int64_t step) const;
};

}  // namespace octet::optim
