// One sample of a model on several threads in the finest bands there are, however small the model.
#pragma once

#include <cstring>
#include <vector>

#include "int8/engine/band_run.h"

namespace octet::test {

class Banded {
 public:
  Banded(const int8::Model& model, int threads, int spin_us = 0)
      : model_(model.impl()),
        plan(model_, threads, true),
        memory(model_, plan, threads),
        instance(model_, memory),
        run_(plan, instance, threads, spin_us) {}

  /// All outputs, one after the other.
  std::vector<std::byte> run(const std::vector<std::vector<std::byte>>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::memcpy(instance.address(model_.graph.inputs[i]), inputs[i].data(), inputs[i].size());
    }
    run_.run({});
    std::vector<std::byte> all;
    for (const int t : model_.graph.outputs) {
      const std::byte* y = instance.address(t);
      all.insert(all.end(), y, y + model_.bytes[static_cast<std::size_t>(t)]);
    }
    return all;
  }

 private:
  const int8::Model::Impl& model_;

 public:
  const int8::BandPlan plan;
  const int8::InstancePlan memory;
  int8::Instance instance;

 private:
  int8::BandRun run_;
};

/// Bytes that are the same for the same seed: codes, or floats of moderate size.
inline std::vector<std::vector<std::byte>> input_bytes(const int8::Model& model, unsigned seed) {
  std::vector<std::vector<std::byte>> inputs;
  for (const int8::ValueInfo& info : model.inputs()) {
    std::vector<std::byte>& x = inputs.emplace_back(info.bytes);
    const bool codes = info.type == int8::DType::i8;
    for (std::size_t k = 0; k < x.size(); ++k) {
      x[k] = static_cast<std::byte>(codes || k % 4 < 3 ? (seed + k) * 2654435761U >> 13 : 0x3e);
    }
  }
  return inputs;
}

/// What the model gives on one thread.
inline std::vector<std::byte> run_alone(const int8::Model& model,
                                        const std::vector<std::vector<std::byte>>& inputs,
                                        const int8::ContextOptions& options = {}) {
  int8::ExecutionContext context(model, options);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(context.input(static_cast<int>(i)).data(), inputs[i].data(), inputs[i].size());
  }
  context.run();
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto y = context.output(static_cast<int>(i));
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

}  // namespace octet::test
