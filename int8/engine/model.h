// An int8 network ready to run: validated once, weights packed, immutable, shareable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/export.h"
#include "int8/graph/graph.h"
#include "int8/graph/op_set.h"
#include "int8/kernels/engine_isa.h"

namespace octet::int8 {

/// How a Model is made.
struct ModelOptions {
  /// Overrides the graph's recorded rounding.
  std::optional<Rounding> rounding = std::nullopt;
  /// Kernels to use; default best_isa(). Throws Error if the machine lacks it.
  std::optional<Isa> isa = std::nullopt;
  /// Fuse pads into convolutions and the like. Off: every node runs as written.
  bool fuse = true;
  /// Most bytes of packed weights and tables.
  std::size_t memory_limit = std::size_t{1} << 30;
  /// The operators that the model may have; null: cnn_ops().
  const OpSet* ops = nullptr;
};

/// An input or output of a model.
struct ValueInfo {
  std::string name;  ///< the signature's, else the tensor's
  DType type = DType::i8;
  std::vector<std::int32_t> shape;  ///< of one sample as the file has it, dimension 0 included
  float scale = 0.0f;               ///< 0: not quantized
  std::int32_t zero_point = 0;
  std::size_t bytes = 0;  ///< of one sample
};

/// One executable operation; fused and removed nodes have none.
struct StepInfo {
  int node = -1;            ///< index of the graph's node
  const char* kernel = "";  ///< name of the kernel that runs
  std::int64_t macs = 0;    ///< multiply-accumulates of one sample
};

/// Immutable after construction; may be used by any number of Contexts and threads.
class OCTET_API Model {
 public:
  /// Validates everything and packs the weights. Throws Error naming op, tensor, expected and got;
  /// MemoryError beyond the limit. Constants that kernels can use as they are stay where they are:
  /// in the graph, that is in the mapped file.
  explicit Model(Graph graph, const ModelOptions& options = {});
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  const Graph& graph() const noexcept;
  Rounding rounding() const noexcept;
  Isa isa() const noexcept;
  std::span<const ValueInfo> inputs() const noexcept;
  std::span<const ValueInfo> outputs() const noexcept;
  std::int64_t macs() const noexcept;  ///< multiply-accumulates of one sample, unpadded
  /// What a run costs, before it is run: multiply-accumulates, codes in the windows of pools, and
  /// bytes that operators read and write, of one sample. A core does 10^8 to 10^11 of them a
  /// second.
  std::int64_t work() const noexcept;
  std::vector<StepInfo> steps() const;  ///< in execution order
  /// Bytes of packed weights and tables, beside the graph's constants.
  std::size_t packed_bytes() const noexcept;
  /// Bytes of one sample that a context keeps from run to run; 0: its runs do not depend on
  /// another.
  std::size_t state_bytes() const noexcept;

  struct Impl;
  const Impl& impl() const noexcept { return *impl_; }

 private:
  std::unique_ptr<const Impl> impl_;
};

/// How an ExecutionContext works.
struct ContextOptions {
  /// Samples per run, back to back in inputs and outputs. A batch with a sample for every thread is
  /// cut into slices small enough for the cache, each run by one thread; a single sample of a large
  /// network is run in bands of rows, for which values live longer; else all threads share each
  /// step (with keep_values always).
  int batch = 1;
  int threads = 1;
  /// Microseconds for which a waiting thread polls before it sleeps. Worth it for several threads,
  /// small batches and cores of one's own.
  int spin_us = 0;
  /// Give every value memory of its own, so that value() works after a run.
  bool keep_values = false;
  /// Most bytes of arena and scratch.
  std::size_t memory_limit = std::size_t{1} << 30;
};

/// One execution state: arena, scratch, threads. Use by one thread at a time; several contexts of
/// one model run at once.
class OCTET_API ExecutionContext {
 public:
  /// `model` must outlive the context. Throws Error on bad options; MemoryError, naming the op that
  /// needs most, beyond the limit or if memory does not suffice.
  explicit ExecutionContext(const Model& model, const ContextOptions& options = {});
  ~ExecutionContext();
  ExecutionContext(ExecutionContext&&) noexcept;

  /// `batch` samples back to back. Inputs must be written before each run: a run may reuse their
  /// memory (not with keep_values).
  std::span<std::byte> input(int i) noexcept;
  std::span<const std::byte> output(int i) const noexcept;
  /// Value of tensor `tensor` of the graph. Requires keep_values.
  std::span<const std::byte> value(int tensor) const;

  /// No checks, no allocation, no float (but QUANTIZE, DEQUANTIZE and what a model of
  /// all_ops() computes between them). A model with
  /// states takes a step in each of `batch` streams, which are the samples' places.
  void run() noexcept;
  /// All streams, or one of them, begin anew, as in a new context. 0 <= stream < batch.
  void reset() noexcept;
  void reset(int stream) noexcept;
  /// As run(), and adds the seconds that each of the model's steps took to `seconds`: where threads
  /// run different steps at once, the sum of theirs over their number.
  /// Requires: as many entries as Model::steps().
  void run_profiled(std::span<double> seconds) noexcept;

  int batch() const noexcept;
  std::size_t arena_bytes() const noexcept;
  /// The largest sum of values that must be alive at one op: no plan can be smaller.
  std::size_t arena_lower_bound() const noexcept;
  /// Working memory of the kernels, beside the arena.
  std::size_t scratch_bytes() const noexcept;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

/// Samples that a signature runs.
inline constexpr int signature_samples = 16;
/// FNV-1a hash of all outputs on `samples` pseudo-random inputs, one run after the other (seeded by
/// the model's input sizes alone): the same on every ISA, thread count and build. `memory_limit` as
/// of a context.
OCTET_API std::uint64_t signature(const Model& model, int samples = signature_samples,
                                  std::size_t memory_limit = ContextOptions().memory_limit);
/// 16 hexadecimal digits.
OCTET_API std::string signature_text(std::uint64_t signature);

/// Its name in programs written before it was called so.
using Context = ExecutionContext;

}  // namespace octet::int8
