// Observers that keep two numbers: the ends of a range.
#pragma once

#include "quant/observers/observer.h"

namespace octet::quant {

class RangeObserver : public Observer {
 public:
  using Observer::observe;
  void observe(const RealRange& range) final;
  void start(const RealRange& range) final;
  bool seen() const final { return batches() > 0; }
  RealRange range() const final { return {double(state_.r()[0]), double(state_.r()[1])}; }
  /// real [3]: min, max, number of batches (which stops counting at most_batches).
  Tensor state() const final { return state_; }
  std::int64_t batches() const { return std::int64_t(state_.r()[2]); }
  static constexpr double most_batches = 0x1p20;

 private:
  /// The range known after `batches` >= 1 and one more batch.
  virtual RealRange joined(const RealRange& known, const RealRange& batch,
                           double batches) const = 0;

  Tensor state_ = Tensor::zeros({3});
};

/// The smallest and the largest value ever seen.
class MinMaxObserver final : public RangeObserver {
  RealRange joined(const RealRange& known, const RealRange& batch, double batches) const override;
};

/// Of each batch's minimum and maximum: the plain mean of the first 1 / averaging batches, then an
/// exponential average with weight `averaging` for the newest.
class MovingAverageObserver final : public RangeObserver {
 public:
  /// Throws Error unless averaging is in (0, 1].
  explicit MovingAverageObserver(double averaging);

 private:
  RealRange joined(const RealRange& known, const RealRange& batch, double batches) const override;
  double averaging_;
};

}  // namespace octet::quant
