// Context: the arena, and the loop that runs a model's steps in it.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>

#include "core/error.h"
#include "core/parallel.h"
#include "quant/int8/model.h"
#include "quant/int8/model_impl.h"
#include "quant/int8/node_view.h"
#include "quant/int8/storage.h"

namespace octet::int8 {
namespace {

/// Zeroed, 64-byte aligned memory.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size) {
    if (size == 0) return;
    void* memory = ::operator new (size, std::align_val_t{64}, std::nothrow);
    if (!memory) throw MemoryError(text_of("memory for values: ", size, " bytes are not there"));
    bytes_.reset(static_cast<std::byte*>(memory));
    std::memset(memory, 0, size);
  }
  std::byte* get() const noexcept { return bytes_.get(); }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept { ::operator delete (p, std::align_val_t{64}); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
};

/// A step with the addresses of its operands.
struct BoundStep {
  const Step* step = nullptr;
  std::vector<const std::byte*> in;
  std::vector<std::byte*> out;
};

MemoryPlan separate_plan(std::span<const MemoryBlock> blocks) {
  MemoryPlan plan;
  for (const MemoryBlock& b : blocks) {
    plan.offsets.push_back(plan.total);
    plan.total += (b.bytes + 63) / 64 * 64;
  }
  return plan;
}

std::size_t scratch_size(const Model::Impl& model, int threads) {
  std::size_t size = 0;
  for (const auto& step : model.steps) size = std::max(size, step->scratch_bytes(threads));
  return size;
}

/// Throws MemoryError, naming the step that needs most at once, if it is more than the limit.
void check_limit(const Model::Impl& model, const ContextOptions& options, const Storage& storage,
                 std::size_t arena) {
  const std::size_t scratch = scratch_size(model, options.threads);
  if (arena <= options.memory_limit && scratch <= options.memory_limit - arena) return;
  std::size_t worst = 0, most = 0;
  for (std::size_t i = 0; i < model.steps.size(); ++i) {
    std::size_t needed = model.steps[i]->scratch_bytes(options.threads);
    for (const MemoryBlock& b : storage.blocks) {
      const int time = static_cast<int>(i) + 1;
      if (b.first <= time && time <= b.last) needed += b.bytes;
    }
    if (needed <= most) continue;
    most = needed;
    worst = i;
  }
  throw MemoryError(text_of(
      "memory for batch ", options.batch, " on ", options.threads, " threads: ", arena,
      " bytes of values and ", scratch, " of scratch, more than the limit of ",
      options.memory_limit, "; most is needed at ",
      model.steps.empty() ? "the inputs" : node_text(model.graph, model.steps[worst]->node_index),
      ": ", most,
      " bytes at once. A higher limit (ContextOptions::memory_limit, octet --memory-limit) allows "
      "it."));
}

MemoryPlan make_plan(const Model::Impl& model, const ContextOptions& options,
                     const Storage& storage) {
  MemoryPlan plan =
      options.keep_values ? separate_plan(storage.blocks) : plan_memory(storage.blocks);
  check_limit(model, options, storage, plan.total);
  return plan;
}

ContextOptions checked(const ContextOptions& options) {
  OCTET_CHECK(options.batch >= 1, "batch: expected at least 1, got ", options.batch);
  return options;
}

}  // namespace

struct Context::Impl {
  Impl(const Model::Impl& compiled, const ContextOptions& wanted)
      : model(compiled),
        options(checked(wanted)),
        threads(options.threads, options.spin_us),
        storage(assign_storage(model, options.batch, !options.keep_values)),
        plan(make_plan(model, options, storage)),
        lower_bound(memory_lower_bound(storage.blocks)),
        arena(plan.total),
        scratch_bytes(scratch_size(model, options.threads)),
        scratch(scratch_bytes) {
    for (const auto& step : model.steps) {
      BoundStep& bound = steps.emplace_back();
      bound.step = step.get();
      for (const int t : step->inputs) bound.in.push_back(address(t));
      for (const int t : step->outputs) bound.out.push_back(address(t));
    }
  }

  bool stored(int tensor) const noexcept {
    return storage.block_of[static_cast<std::size_t>(tensor)] >= 0;
  }
  std::byte* address(int tensor) const noexcept {
    const int block = storage.block_of[static_cast<std::size_t>(tensor)];
    return arena.get() + plan.offsets[static_cast<std::size_t>(block)];
  }
  std::size_t bytes(int tensor) const noexcept {
    return model.bytes[static_cast<std::size_t>(tensor)] * static_cast<std::size_t>(options.batch);
  }

  void run(const BoundStep& s) noexcept {
    s.step->run({.in = s.in.data(),
                 .out = s.out.data(),
                 .batch = options.batch,
                 .threads = threads,
                 .scratch = scratch.get()});
  }

  const Model::Impl& model;
  const ContextOptions options;
  ThreadPool threads;
  const Storage storage;
  const MemoryPlan plan;
  const std::size_t lower_bound;
  AlignedBytes arena;
  const std::size_t scratch_bytes;
  AlignedBytes scratch;
  std::vector<BoundStep> steps;
};

Context::Context(const Model& model, const ContextOptions& options)
    : impl_(std::make_unique<Impl>(model.impl(), options)) {}
Context::~Context() = default;
Context::Context(Context&&) noexcept = default;

std::span<std::byte> Context::input(int i) noexcept {
  const int t = impl_->model.graph.inputs[static_cast<std::size_t>(i)];
  return {impl_->address(t), impl_->bytes(t)};
}

std::span<const std::byte> Context::output(int i) const noexcept {
  const int t = impl_->model.graph.outputs[static_cast<std::size_t>(i)];
  return {impl_->address(t), impl_->bytes(t)};
}

std::span<const std::byte> Context::value(int tensor) const {
  const auto& tensors = impl_->model.graph.tensors;
  OCTET_CHECK(impl_->options.keep_values, "value(): the context was made without keep_values");
  OCTET_CHECK(tensor >= 0 && static_cast<std::size_t>(tensor) < tensors.size(),
              "value(): expected a tensor index below ", tensors.size(), ", got ", tensor);
  const TensorDef& t = tensors[static_cast<std::size_t>(tensor)];
  if (t.constant) return {t.constant.data, t.constant.size};
  OCTET_CHECK(impl_->stored(tensor), "value(): tensor '", t.name,
              "' is never computed (unused, or fused away: see ModelOptions::fuse)");
  return {impl_->address(tensor), impl_->bytes(tensor)};
}

void Context::run() noexcept {
  for (const BoundStep& s : impl_->steps) impl_->run(s);
}

void Context::run_profiled(std::span<double> seconds) noexcept {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < impl_->steps.size(); ++i) {
    const Clock::time_point begin = Clock::now();
    impl_->run(impl_->steps[i]);
    seconds[i] += std::chrono::duration<double>(Clock::now() - begin).count();
  }
}

int Context::batch() const noexcept {
  return impl_->options.batch;
}
std::size_t Context::arena_bytes() const noexcept {
  return impl_->plan.total;
}
std::size_t Context::arena_lower_bound() const noexcept {
  return impl_->lower_bound;
}
std::size_t Context::scratch_bytes() const noexcept {
  return impl_->scratch_bytes;
}

}  // namespace octet::int8
