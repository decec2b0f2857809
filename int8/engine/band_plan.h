// How several threads run a batch of one without waiting for each other at every step: steps are
// cut into bands, and a band waits for those bands only that it reads from, and for steps far
// enough back that it cannot overwrite what they still read.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "int8/engine/model_impl.h"

namespace octet::int8 {

/// Some units of a step (Step::unit_bytes), all of them if it cannot be cut.
struct Band {
  static constexpr int reach = 8;  ///< steps in a row of which bands may run at once

  Range units;
  /// needs[d]: bands of the step d + 1 places earlier that must be done, one bit each.
  std::array<std::uint64_t, reach - 1> needs{};
};

/// A step of the model that does something: reshapes that move nothing are left out.
struct BandStep {
  static constexpr int max_bands = 64;

  int step = 0;        ///< of the model
  int first_band = 0;  ///< in BandPlan::bands
  int bands = 1;
  int horizon = 0;             ///< BandPlan::steps before this one must be done as a whole
  std::int64_t work_left = 0;  ///< of this and all later steps
  std::uint64_t all() const noexcept { return ~std::uint64_t{0} >> (max_bands - bands); }
};

struct BandPlan {
  /// `finest`: as many bands as there are units, whatever that costs (for tests).
  BandPlan(const Model::Impl& model, int threads, bool finest = false);

  /// Saves more time than it takes to wake the threads, or to keep them polling.
  bool worthwhile(int threads, bool spins) const noexcept;
  /// Of all steps, as multiply-accumulates of a convolution: 200 to 300 a nanosecond.
  std::int64_t work() const noexcept { return steps.empty() ? 0 : steps[0].work_left; }
  /// The last time (Storage) at which a step may run while that of time `t` is not done: so long
  /// must its inputs live.
  std::vector<int> overlaps() const;

  std::vector<BandStep> steps;
  std::vector<Band> bands;
};

}  // namespace octet::int8
