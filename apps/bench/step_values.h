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
  void forward_done(int id, const Op& op, const std::string& scope, In x, const Tensor& y) override;
  void backward_done(int, Grads) override {}

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

/// The results of all ops of a float forward, in order.
class RealValues final : public TapeObserver {
 public:
  void begin() override {}
  void forward_done(int id, const Op& op, const std::string& scope, In x, const Tensor& y) override;
  void backward_done(int, Grads) override {}

  /// Without that of the last op, the loss. Point into this object.
  std::vector<ReferenceValue> values() const;

 private:
  std::deque<std::vector<float>> reals_;
};

/// The reals that weights are in the forward: by the parameter's name, scale times code.
std::map<std::string, std::vector<float>> quantized_weights(Context& ctx,
                                                            const quant::QatModel& model);

}  // namespace octet::bench
