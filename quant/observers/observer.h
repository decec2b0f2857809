// Observers: what range of reals a value takes.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/tensor.h"

namespace octet::quant {

enum class ObserverKind : std::uint8_t { min_max, moving_average };
std::string_view observer_name(ObserverKind kind) noexcept;
/// Throws Error naming the known kinds.
ObserverKind parse_observer(std::string_view name);

/// Keeps a range over batches. Its state is one tensor, so that it lives in the model's state dict.
///  - min_max: the smallest and the largest value ever seen.
///  - moving_average: of each batch's minimum and maximum; the plain mean of the first
///    1 / averaging batches, then an exponential average with weight `averaging` for the newest.
class Observer {
 public:
  explicit Observer(ObserverKind kind, double averaging = 0.01);

  /// Adds a batch's range. Throws Error if it is not finite or min > max.
  void observe(double min, double max);
  /// Whether any batch was seen (since construction or the state loaded).
  bool seen() const { return batches() > 0; }
  double min() const { return double(state_.r()[0]); }
  double max() const { return double(state_.r()[1]); }
  std::int64_t batches() const { return std::int64_t(state_.r()[2]); }
  ObserverKind kind() const noexcept { return kind_; }

  /// real [3]: min, max, number of batches (which stops counting at 2^20). Shared handle.
  Tensor state() const { return state_; }

 private:
  ObserverKind kind_;
  double averaging_;
  Tensor state_;
};

}  // namespace octet::quant
