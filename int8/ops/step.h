// One executable operation of a compiled model. Everything is checked and derived when a Step is
// created; run() only moves integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/parallel.h"
#include "int8/graph/range.h"
#include "int8/kernels/tasks.h"

namespace octet::int8 {

/// What a Step runs on. Pointers follow Step::inputs and Step::outputs.
struct RunArgs {
  const std::byte* const* in = nullptr;
  std::byte* const* out = nullptr;
  std::int64_t batch = 1;
  ThreadPool& threads;
  std::byte* scratch = nullptr;  ///< 64-byte aligned, Step::scratch_bytes of them

  const std::int8_t* in_i8(std::size_t i) const noexcept {
    return reinterpret_cast<const std::int8_t*>(in[i]);
  }
  /// Input i as memory to write: a state that the step's op updates (State in int8/graph/graph.h).
  std::byte* state(std::size_t i) const noexcept { return const_cast<std::byte*>(in[i]); }
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

  /// Bytes of scratch that a run of at most `batch` samples on at most `threads` threads needs.
  virtual std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept {
    static_cast<void>(threads);
    static_cast<void>(batch);
    return 0;
  }

  /// A step may be cut: unit u is bytes [u * unit_bytes(), (u + 1) * unit_bytes()) of the only
  /// output of one sample, as far as it has so many. 0: it runs as a whole.
  virtual std::int64_t unit_bytes() const noexcept { return 0; }
  /// The bytes of inputs[i] of one sample that these units are computed from. Requires a step that
  /// can be cut, as do the next two.
  virtual Range bytes_read(std::size_t i, Range units) const noexcept {
    static_cast<void>(i);
    return units;
  }
  /// Computes these units of a batch of one; different units at once on different scratch, of
  /// scratch_bytes(1, 1) each.
  virtual void run_units(const RunArgs& args, Range units) const noexcept {
    static_cast<void>(args);
    static_cast<void>(units);
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
  std::int64_t macs = 0;          ///< multiply-accumulates of one sample
  std::int64_t window_codes = 0;  ///< of one sample, that a pool's windows hold in all
  int node_index = -1;            ///< index of the graph's node
};

/// Of an op that knows no rows: the least that is worth a call of its kernel.
inline constexpr std::int64_t elements_per_unit = 1 << 10;
/// Of `n` elements, those of units of so many.
inline Range unit_elements(Range units, std::int64_t n) noexcept {
  const std::int64_t end = units.end * elements_per_unit;
  return {units.begin * elements_per_unit, end < n ? end : n};
}
}  // namespace octet::int8
