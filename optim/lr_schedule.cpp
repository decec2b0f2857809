#include "optim/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace octet::optim {

namespace {

/// How many whole steps in [1, step] are a rounded multiple of `size` >= 0.5.
std::int64_t multiples_until(std::int64_t step, double size) {
  if (size <= 1) return step;  // each is
  const auto rounded = [&](std::int64_t k) { return std::llround(static_cast<double>(k) * size); };
  auto k = static_cast<std::int64_t>((static_cast<double>(step) + 0.5) / size);
  // The quotient is rounded too, and a multiple exactly between two steps belongs to the later one.
  if (rounded(k) > step) --k;
  if (rounded(k + 1) <= step) ++k;
  return k;
}

}  // namespace

void LrSchedule::validate() const {
  auto at_least_zero = [](double v, const char* what) {
    OCTET_CHECK(std::isfinite(v) && v >= 0, "lr schedule: expected ", what, " >= 0, got ", v);
  };
  at_least_zero(lr, "lr");
  at_least_zero(warmup_factor, "warmup_factor");
  at_least_zero(gamma, "gamma");
  at_least_zero(min_lr, "min_lr");
  OCTET_CHECK(warmup_steps >= 0, "lr schedule: expected warmup_steps >= 0, got ", warmup_steps);
  OCTET_CHECK(kind != Kind::cosine || total_steps > warmup_steps,
              "lr schedule: cosine: expected total_steps > warmup_steps = ", warmup_steps, ", got ",
              total_steps);
  OCTET_CHECK(kind != Kind::cosine || min_lr <= lr,
              "lr schedule: cosine: expected min_lr <= lr = ", lr, ", got ", min_lr);
  at_least_zero(step_size, "step_size");
  OCTET_CHECK(step_size == 0 || (step_size >= 0.5 && milestones.empty()),
              "lr schedule: expected a step_size of at least half a step without milestones, got ",
              step_size, " and ", milestones.size(), " milestones");
  for (std::size_t i = 1; i < milestones.size(); ++i) {
    OCTET_CHECK(milestones[i - 1] < milestones[i], "lr schedule: expected rising milestones, got ",
                milestones[i - 1], " before ", milestones[i]);
  }
}

double LrSchedule::at(std::int64_t step) const {
  if (step < warmup_steps) {
    const double t = static_cast<double>(step + 1) / static_cast<double>(warmup_steps + 1);
    return lr * (warmup_factor + (1 - warmup_factor) * t);
  }
  switch (kind) {
    case Kind::constant:
      break;
    case Kind::step: {
      const auto passed =
          step_size > 0
              ? multiples_until(step, step_size)
              : std::upper_bound(milestones.begin(), milestones.end(), step) - milestones.begin();
      return lr * std::pow(gamma, static_cast<double>(passed));
    }
    case Kind::cosine: {
      const double t = std::min(1.0, static_cast<double>(step - warmup_steps) /
                                         static_cast<double>(total_steps - warmup_steps));
      return min_lr + (lr - min_lr) * (1 + std::cos(std::numbers::pi * t)) / 2;
    }
  }
  return lr;
}

}  // namespace octet::optim
