// What the layers of a step computed, for the reference in double precision.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "apps/bench/reference_step.h"
#include "core/tape.h"
#include "quant/qat_model.h"

namespace octet::bench {

/// Attach to Context::observer for one forward.
class QuantizedValues final : public TapeObserver {
 public:
  void begin() override {}
  void forward_done(Tape& tape, int id) override;
  void backward_done(Tape&, int, Grads) override {}

  /// Point into this object.
  const std::vector<ReferenceValue>& values() const { return values_; }
  /// The input's reals.
  const std::vector<float>& input() const { return input_; }

 private:
  std::vector<float> input_;
  std::deque<std::vector<float>> reals_;
  std::deque<std::string> layers_;
  std::vector<ReferenceValue> values_;
};

/// The results of all ops of a float step's forward, in order. They are read when it is over: what
/// the tape puts off is put off here too.
class RealValues final : public TapeObserver {
 public:
  void begin() override {}
  void forward_done(Tape&, int) override {}
  void backward_done(Tape& tape, int, Grads) override;

  /// Without that of the last op, the loss. Point into this object.
  std::vector<ReferenceValue> values() const;

 private:
  std::deque<std::vector<float>> reals_;
};

/// The reals that weights are in the forward: by the parameter's name, scale times code.
std::map<std::string, std::vector<float>> quantized_weights(Context& ctx,
                                                            const quant::QatModel& model);

}  // namespace octet::bench
