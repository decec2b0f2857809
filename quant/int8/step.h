// One executable operation of a compiled model. Everything is checked and derived when a Step is
// created; run() only moves integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/parallel.h"

namespace octet::int8 {

/// What a Step runs on. Pointers follow Step::inputs and Step::outputs.
struct RunArgs {
  const std::byte* const* in = nullptr;
  std::byte* const* out = nullptr;
  std::int64_t batch = 1;
  ThreadPool& threads;
  std::byte* scratch = nullptr;  ///< 64-byte aligned, scratch_bytes(threads) of them

  const std::int8_t* in_i8(std::size_t i) const noexcept {
    return reinterpret_cast<const std::int8_t*>(in[i]);
  }
  std::int8_t* out_i8(std::size_t i = 0) const noexcept {
    return reinterpret_cast<std::int8_t*>(out[i]);
  }
};

class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;

  /// Every value holds args.batch samples back to back. No checks, no allocation.
  virtual void run(const RunArgs& args) const noexcept = 0;

  /// Bytes of scratch that a run on `threads` threads needs, whatever the batch.
  virtual std::size_t scratch_bytes(int threads) const noexcept {
    static_cast<void>(threads);
    return 0;
  }

  /// Bytes of packed weights and tables that the step holds, beside the model's constants.
  virtual std::size_t packed_bytes() const noexcept { return 0; }

  /// Name for profiles: the kernel that runs.
  virtual const char* kernel_name() const noexcept { return "portable"; }

  std::vector<int> inputs;   ///< tensors read at run time (constants are inside the step)
  std::vector<int> outputs;  ///< tensors written
  /// Positions in `inputs` whose memory output 0 may take over: the step reads element i of such an
  /// input only before or while it writes element i of the output.
  std::vector<int> in_place;
  /// The output is the input's bytes: nothing runs if both get the same memory.
  bool alias = false;
  std::int64_t macs = 0;  ///< multiply-accumulates of one sample
  int node_index = -1;    ///< index of the graph's node
};

/// Cuts `n` elements into chunks of a fixed size and calls f(begin, end) for each. The cut does not
/// depend on the number of threads.
template <class F>
void for_chunks(ThreadPool& threads, std::int64_t n, std::int64_t chunk, const F& f) noexcept {
  threads.run((n + chunk - 1) / chunk, [&](std::int64_t task, int) {
    const std::int64_t begin = task * chunk;
    f(begin, begin + chunk < n ? begin + chunk : n);
  });
}

/// Elements that a task of an elementwise op handles, one that computes and one that does little
/// more than move bytes.
inline constexpr std::int64_t elements_per_task = 1 << 15;
inline constexpr std::int64_t bytes_per_task = 1 << 17;

}  // namespace octet::int8
