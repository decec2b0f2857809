// Random batches, and a training step on one, for tests of whole networks.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ops/ops.h"
#include "core/random.h"
#include "optim/adam.h"
#include "quant/qat_model.h"

namespace octet::test {

inline Tensor random_input(std::uint64_t seed, const Shape& shape) {
  Tensor t = Tensor::empty(shape);
  Random random(seed);
  for (real& v : t.span<real>()) v = static_cast<real>(random.uniform());
  return t;
}

/// Reals that are exact codes, `least` to 127.
inline Tensor exact_codes(std::uint64_t seed, const Shape& shape, quant::QuantParams params,
                          int least = -128) {
  Tensor t = Tensor::empty(shape);
  Random random(seed);
  for (real& v : t.span<real>()) {
    const auto code =
        least + static_cast<int>(random.below(static_cast<std::uint64_t>(128 - least)));
    v = params.scale * static_cast<real>(code - params.zero_point);
  }
  return t;
}

inline Tensor random_labels(std::uint64_t seed, std::int64_t n, std::uint64_t classes) {
  Tensor t = Tensor::empty({n}, ElementType::i32);
  Random random(seed, 1);
  for (auto& v : t.span<std::int32_t>()) v = static_cast<std::int32_t>(random.below(classes));
  return t;
}

struct Batch {
  Tensor x, y;
};
inline std::vector<Batch> random_batches(const Shape& shape, int n, std::uint64_t classes) {
  std::vector<Batch> batches;
  for (int i = 0; i < n; ++i) {
    const auto seed = static_cast<std::uint64_t>(i);
    batches.push_back({random_input(seed, shape), random_labels(seed, shape[0], classes)});
  }
  return batches;
}

inline void train_step(quant::QatModel& qat, Context& ctx, optim::Adam& adam, const Batch& batch) {
  qat.train();
  Tape tape(ctx);
  const Var loss = cross_entropy(qat(tape.input(batch.x)), batch.y);
  adam.zero_grad();
  tape.backward(loss);
  adam.step(ctx);
}

}  // namespace octet::test
