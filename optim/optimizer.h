// What all optimizers share: the parameters, the learning rate, threads and state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/named_tensor.h"
#include "core/parameter.h"
#include "optim/chunks.h"

namespace octet::optim {

/// Updates parameters from their gradients. A step skips parameters whose gradient is empty or
/// whose requires_grad is off; such steps do not count for them. The results do not depend on the
/// number of threads.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update on ctx.threads. Throws Error for a gradient of another shape than its parameter.
  void step(Context& ctx) { step(ctx.threads); }
  /// The same on the calling thread.
  void step();
  /// Clears every gradient; buffers are kept.
  void zero_grad();

  double lr() const noexcept { return lr_; }
  /// Throws Error unless lr is finite and >= 0.
  void set_lr(double lr);
  /// The learning rate of these parameters is lr() times `factor` from now on; weight decay that is
  /// part of the step scales with it. Not part of the state. Throws Error unless factor is finite
  /// and >= 0 and all of them are this optimizer's.
  void set_lr_factor(const std::vector<ParameterPtr>& parameters, double factor);
  const std::vector<ParameterPtr>& parameters() const noexcept { return parameters_; }

  /// What a checkpoint needs besides the parameters: "<i>.<what>" for the i-th parameter and
  /// "steps" (i32, one per parameter). Shares storage. The learning rate is not part of it.
  std::vector<NamedTensor> state() const;
  /// Copies values by name. Throws Error naming every missing, unexpected or misshapen entry, and
  /// then changes nothing.
  void load_state(const std::vector<NamedTensor>& state);

 protected:
  /// Throws Error for null, repeated or undefined parameters and for a bad learning rate. Makes a
  /// zeroed buffer per parameter and name in `buffers`.
  Optimizer(std::vector<ParameterPtr> parameters, double lr, std::vector<std::string> buffers);

  /// Updates one chunk of parameter chunk.index. The parameter's step count includes this step.
  virtual void update(const Chunk& chunk) noexcept = 0;

  real* value(const Chunk& c) const { return at(c).value.r() + c.begin; }
  const real* grad(const Chunk& c) const { return at(c).grad.value().r() + c.begin; }
  real* buffer(int which, const Chunk& c);
  /// The chunk's learning rate.
  double lr(const Chunk& c) const { return lr_ * lr_factors_[c.index]; }
  /// Updates of this parameter so far.
  std::int64_t steps(const Chunk& c) const;
  /// `decay` if the parameter takes part in weight decay, else 0.
  double decay_of(const Chunk& c, double decay) const { return at(c).decay ? decay : 0; }

 private:
  void step(ThreadPool& threads);
  Parameter& at(const Chunk& c) const { return *parameters_[c.index]; }

  std::vector<ParameterPtr> parameters_;
  double lr_;
  std::vector<double> lr_factors_;  // [parameter]
  std::vector<std::string> buffer_names_;
  std::vector<std::vector<Tensor>> buffers_;  // [which][parameter]
  Tensor steps_;                              // i32 [parameters]
  std::vector<Chunk> chunks_;                 // of the present step
};

}  // namespace octet::optim
