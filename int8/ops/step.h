// One executable operation of a compiled model. Everything is checked and derived when a Step is
// created; run() only moves integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/parallel.h"
#include "int8/graph/range.h"

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

/// Elements that a task of an op without weights handles (some 5 to 10 microseconds): of one that
/// computes, and of one that does little more than move bytes.
inline constexpr std::int64_t elements_per_task = 1 << 15;
inline constexpr std::int64_t bytes_per_task = 1 << 17;
/// Of an op that knows no rows: the least that is worth a call of its kernel.
inline constexpr std::int64_t elements_per_unit = 1 << 10;
/// Of `n` elements, those of units of so many.
inline Range unit_elements(Range units, std::int64_t n) noexcept {
  const std::int64_t end = units.end * elements_per_unit;
  return {units.begin * elements_per_unit, end < n ? end : n};
}
/// So many tasks are worth waking other threads.
inline constexpr std::int64_t least_shared_tasks = 4;

/// Cuts `n` elements into chunks of a fixed size and calls f(begin, end) for each. The cut does not
/// depend on the number of threads.
template <class F>
void for_chunks(ThreadPool& threads, std::int64_t n, std::int64_t chunk, const F& f) noexcept {
  const std::int64_t tasks = (n + chunk - 1) / chunk;
  const auto run = [&](std::int64_t task, int) {
    const std::int64_t begin = task * chunk;
    f(begin, begin + chunk < n ? begin + chunk : n);
  };
  if (tasks >= least_shared_tasks) {
    threads.run(tasks, run);
    return;
  }
  for (std::int64_t task = 0; task < tasks; ++task) run(task, 0);
}

/// The same for `batch` samples of `units` each: f(sample, begin, end), in tasks of about
/// `units_per_task` units, of one or several samples.
template <class F>
void for_sample_chunks(ThreadPool& threads, std::int64_t batch, std::int64_t units,
                       std::int64_t units_per_task, const F& f) noexcept {
  const std::int64_t cut = units_per_task < 1 ? 1 : units_per_task;
  const std::int64_t pieces = (units + cut - 1) / cut;
  const std::int64_t pieces_per_task = units < cut ? cut / units : 1;
  for_chunks(threads, batch * pieces, pieces_per_task, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t piece = first; piece < last; ++piece) {
      const std::int64_t begin = piece % pieces * cut;
      f(piece / pieces, begin, begin + cut < units ? begin + cut : units);
    }
  });
}

}  // namespace octet::int8
