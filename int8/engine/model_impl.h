// A compiled model: the steps that contexts run.
#pragma once

#include <memory>
#include <vector>

#include "int8/engine/model.h"
#include "int8/ops/step.h"

namespace octet::int8 {

struct Model::Impl {
  Graph graph;
  Rounding rounding = Rounding::double_rounding;
  Isa isa = Isa::portable;
  std::vector<std::unique_ptr<const Step>> steps;  ///< in execution order
  std::vector<std::size_t> bytes;                  ///< of one sample of each tensor
  std::vector<ValueInfo> inputs, outputs;
  std::int64_t macs = 0, work = 0;
  std::size_t packed_bytes = 0, state_bytes = 0;
};

}  // namespace octet::int8
