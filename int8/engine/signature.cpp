// One number that says what a model computes.
#include "base/error.h"
#include "base/fnv1a.h"
#include "int8/engine/random_inputs.h"

namespace octet::int8 {

std::uint64_t signature(const Model& model, int samples, std::size_t memory_limit) {
  OCTET_CHECK(samples >= 1, "signature: expected at least 1 sample, got ", samples);
  RandomInputs random(model.inputs());
  ExecutionContext context(model, {.memory_limit = memory_limit});
  Fnv1a hash;
  for (int s = 0; s < samples; ++s) {
    for (std::size_t i = 0; i < model.inputs().size(); ++i) {
      random.fill(model.inputs()[i], context.input(static_cast<int>(i)));
    }
    context.run();
    for (std::size_t i = 0; i < model.outputs().size(); ++i) {
      hash.add(context.output(static_cast<int>(i)));
    }
  }
  return hash.value();
}

std::string signature_text(std::uint64_t signature) {
  return hash_text(signature);
}

}  // namespace octet::int8
