// The memory of a model's values and the loop that runs its steps in it, for a number of samples
// fixed when it is made. An ExecutionContext has one or several.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/parallel.h"
#include "int8/engine/band_plan.h"
#include "int8/engine/model_impl.h"
#include "int8/engine/storage.h"
#include "int8/kernels/aligned_buffer.h"

namespace octet::int8 {

/// Where an instance's values lie.
struct InstancePlan {
  /// With `keep`, every value has memory of its own. Scratch is for `threads` threads.
  InstancePlan(const Model::Impl& model, int samples, int threads, bool keep);
  /// For one sample whose steps are run in bands.
  InstancePlan(const Model::Impl& model, const BandPlan& bands, int threads);

  int samples;
  Storage storage;
  MemoryPlan memory;
  std::size_t lower_bound;    ///< no plan for `storage` can be smaller
  std::size_t scratch_bytes;  ///< of the kernels, beside the values
  std::size_t worker_bytes;   ///< of scratch, of each thread that runs bands
};

class Instance {
 public:
  /// Both must outlive the instance. Throws MemoryError if memory does not suffice.
  Instance(const Model::Impl& model, const InstancePlan& plan);

  bool stored(int tensor) const noexcept {
    return plan_.storage.block_of[static_cast<std::size_t>(tensor)] >= 0;
  }
  /// Of a stored tensor: room for the plan's samples, back to back.
  std::byte* address(int tensor) const noexcept {
    const int block = plan_.storage.block_of[static_cast<std::size_t>(tensor)];
    return arena_.get() + plan_.memory.offsets[static_cast<std::size_t>(block)];
  }

  /// Runs every step on the first `samples` (at most the plan's) of each value. `threads` has at
  /// most as many threads as the plan was made for. If `seconds` is not empty, adds the time that
  /// step i took to entry i.
  void run(int samples, ThreadPool& threads, std::span<double> seconds) noexcept;

  /// Some units of step i of one sample, all if it cannot be cut, in the scratch of `worker`.
  /// `alone`: a pool of one. Requires a plan for bands.
  void run_units(int i, Range units, int worker, ThreadPool& alone) noexcept;

 private:
  struct BoundStep {  // a step with the addresses of its operands
    const Step* step = nullptr;
    std::vector<const std::byte*> in;
    std::vector<std::byte*> out;
  };

  const InstancePlan& plan_;
  AlignedBuffer arena_, scratch_;
  std::vector<BoundStep> steps_;
};

}  // namespace octet::int8
