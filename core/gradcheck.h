// Numeric check of gradients, for the double build (octet_core_f64).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/tape.h"

namespace octet {

struct GradCheckOptions {
  double step = 1e-6;       ///< of the central difference, times max(1, |x|)
  std::int64_t most = 400;  ///< elements checked per input; a seeded sample of larger ones
  std::uint64_t seed = 1;   ///< of the projection and the sample
};

struct GradCheckResult {
  /// |backward - numeric| / max(|backward|, |numeric|, a tenth of the input's largest gradient,
  /// 1e-3), the largest of all elements checked.
  double worst = 0;
  std::string where;  ///< "input 1 [3]: backward 0.5, numeric 0.25"
  std::int64_t checked = 0;
};

/// Records a function of `inputs` on the tape and returns its value, of any shape.
using TapeFunction = std::function<Var(Tape&, std::span<const Var>)>;

/// Compares backward with differences of L = sum_i r_i (y_i + y_i^2 / 2), r seeded random: a
/// nonlinear, asymmetric reduction, so that no gradient of y hides. Every real input is checked;
/// others are passed on. f must be smooth at `inputs` (no kink within a step) and free of state.
GradCheckResult check_gradients(Context& ctx, const TapeFunction& f,
                                const std::vector<Tensor>& inputs,
                                const GradCheckOptions& options = {});

}  // namespace octet
