// Observers: what range of reals a value takes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/tensor.h"
#include "quant/observers/real_range.h"

namespace octet::quant {

/// Watches the batches of one value. What it knows is one tensor, which lives in the model's state
/// dict.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  /// Adds a batch of reals. Unless overridden, its range. Throws Error if one is not finite.
  virtual void observe(const Tensor& reals);
  /// Adds a batch of which a pass over integers knows the range only. Throws Error if that is not
  /// finite or empty.
  virtual void observe(const RealRange& range) = 0;
  /// As if many batches had had this range. Throws as observe().
  virtual void start(const RealRange& range) = 0;
  /// Whether any batch was seen (since construction or the state loaded).
  virtual bool seen() const = 0;
  /// Of the reals to cover. Requires seen().
  virtual RealRange range() const = 0;
  /// Shared handle.
  virtual Tensor state() const = 0;
};
/// How observers are held.
using ObserverPtr = std::unique_ptr<Observer>;

/// The smallest and the largest value. Throws Error if one is not finite.
RealRange range_of(const Tensor& reals);

/// Ranges over all batches, or averaged over them.
enum class ObserverKind : std::uint8_t { min_max, moving_average };

/// What kinds of observers are told.
struct ObserverOptions {
  double averaging = 0.01;  ///< of moving_average, in (0, 1]
};

/// A kind, its name and how to make one.
struct ObserverEntry {
  ObserverKind kind;
  std::string_view name;
  ObserverPtr (*make)(const ObserverOptions&);
};
/// All kinds, the default one first.
std::span<const ObserverEntry> observers() noexcept;
/// Its name in configurations.
std::string_view observer_name(ObserverKind kind) noexcept;
/// Throws Error naming the known kinds.
ObserverKind parse_observer(std::string_view name);
/// Throws Error if an option is out of its range.
ObserverPtr make_observer(ObserverKind kind, const ObserverOptions& options = {});

}  // namespace octet::quant
