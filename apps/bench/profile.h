// Where the time of training steps goes: by phase and by op.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/bench/training_step.h"
#include "core/tape.h"

namespace octet::bench {

/// Attach to Context::observer and to TrainingStep::run, and call next_step() after each step.
/// CPU time; every figure is the smallest of all steps.
class Profile final : public TapeObserver, public TrainingStep::PhaseWatcher {
 public:
  void begin() override;
  void forward_done(Tape& tape, int id) override;
  void backward_done(Tape&, int id, Grads dx) override;
  void ended(std::string_view phase) override;
  void next_step();

  struct OpTime {
    std::string op, scope, shape;  ///< shape: of the result
    double macs = 0;               ///< of the forward, whole batch
    double backward_macs = 0;      ///< of the products that are done: none for a gradient that
                                   ///< nobody wants
    bool integer = false;          ///< the forward multiplies int8 codes
    double forward_ms = 0, backward_ms = 0;
  };
  struct PhaseTime {
    std::string phase;
    double ms;
  };
  std::vector<OpTime> ops() const;
  const std::vector<PhaseTime>& phases() const { return phases_; }

 private:
  std::map<int, OpTime> ops_;   // by node
  std::map<int, bool> folded_;  // by node: a frozen batch norm
  std::vector<PhaseTime> phases_;
  std::size_t phase_ = 0;
  double op_start_ = 0, phase_start_ = -1;
  bool first_ = true;
};

}  // namespace octet::bench
