// ExecutionContext: how a batch is cut, the memory of its inputs and outputs, and the instances
// that run it.
#include <algorithm>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "int8/engine/band_run.h"
#include "int8/engine/instance.h"
#include "int8/engine/model.h"
#include "int8/engine/streams.h"
#include "int8/kernels/work_split.h"
#include "int8/ops/node_view.h"

namespace octet::int8 {
namespace {

/// Bytes of values that an instance aims for: few enough to stay in a core's cache, enough to make
/// up for reading all weights again with each slice.
std::size_t instance_target(const Model::Impl& model) {
  return std::max<std::size_t>(512 * 1024, model.packed_bytes / 3);
}

ContextOptions checked(const ContextOptions& options) {
  OCTET_CHECK(options.batch >= 1, "batch: expected at least 1, got ", options.batch);
  OCTET_CHECK(options.threads >= 1 && options.threads <= ThreadPool::max_threads,
              "thread count: expected 1 to ", ThreadPool::max_threads, ", got ", options.threads);
  return options;
}

/// How a batch is run: by one instance, all threads sharing the work of each step; or, if there is
/// a sample for every thread, cut into slices of a few samples which each thread runs in an
/// instance of its own: no thread waits for another between the steps, and values stay in the
/// cache.
struct Cut {
  Cut(const Model::Impl& model, const ContextOptions& o) {
    samples = o.batch;
    if (o.keep_values || o.batch == 1 || o.batch < o.threads) return;
    const std::size_t sample_bytes = InstancePlan(model, 1, 1, false).memory.total;
    const auto batch = static_cast<std::int64_t>(o.batch);
    const std::int64_t fits = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(instance_target(model) / std::max<std::size_t>(sample_bytes, 1)),
        1, batch);
    // As many slices for every thread.
    const std::int64_t rounds = ceil_div(batch, fits * o.threads);
    samples = static_cast<int>(ceil_div(batch, rounds * o.threads));
    slices = static_cast<int>(ceil_div(batch, samples));
    if (slices > 1) instances = std::min(o.threads, slices);
  }
  bool sliced() const noexcept { return slices > 1; }

  int samples;  ///< of a slice
  int slices = 1, instances = 1;
};

/// Bytes of `batch` samples of all inputs and outputs, each rounded up to 64.
std::size_t door_bytes(const Model::Impl& model, int batch) {
  constexpr std::size_t most = std::size_t{1} << 60;  // far above any limit, and sums do not wrap
  std::size_t sum = 0;
  for (const auto* doors : {&model.graph.inputs, &model.graph.outputs}) {
    for (const int t : *doors) {
      sum += (model.bytes[static_cast<std::size_t>(t)] * static_cast<std::size_t>(batch) + 63) /
             64 * 64;
      if (sum > most) throw MemoryError(text_of("inputs and outputs of ", batch, " samples"));
    }
  }
  return sum;
}

/// How the steps of a batch of one are shared, if they are.
std::optional<BandPlan> plan_bands(const Model::Impl& model, const ContextOptions& o) {
  if (o.batch > 1 || o.threads == 1 || o.keep_values) return std::nullopt;
  BandPlan plan(model, o.threads);
  if (!plan.worthwhile(o.threads, o.spin_us > 0)) return std::nullopt;
  return plan;
}

/// The plan of every instance; without `bands` if it does not fit the limit with them. `beside`:
/// bytes of values that are in no instance. Throws MemoryError, naming the step that needs most at
/// once, if all together need more than the limit.
InstancePlan make_plan(const Model::Impl& model, const ContextOptions& options, const Cut& cut,
                       std::size_t beside, std::optional<BandPlan>& bands) {
  const auto fits = [&](std::size_t arena, std::size_t scratch) {
    return arena <= options.memory_limit && scratch <= options.memory_limit - arena;
  };
  if (bands) {
    InstancePlan plan(model, *bands, options.threads);
    if (fits(plan.memory.total + beside, plan.scratch_bytes)) return plan;
    bands.reset();
  }
  InstancePlan plan(model, cut.samples, cut.sliced() ? 1 : options.threads, options.keep_values);
  const bool one_fits = plan.memory.total <= options.memory_limit;
  const auto instances = static_cast<std::size_t>(one_fits ? cut.instances : 1);
  const std::size_t arena = instances * plan.memory.total + beside;
  const std::size_t scratch = instances * plan.scratch_bytes;
  if (fits(arena, scratch)) return plan;
  std::size_t worst = 0, most = 0;
  for (std::size_t i = 0; i < model.steps.size(); ++i) {
    std::size_t needed = model.steps[i]->scratch_bytes(options.threads, plan.samples);
    for (const MemoryBlock& b : plan.storage.blocks) {
      const int time = plan.storage.times[i];
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

}  // namespace

struct ExecutionContext::Impl {
  Impl(const Model::Impl& compiled, const ContextOptions& wanted)
      : model(compiled),
        options(checked(wanted)),
        cut(model, options),
        doors_size(cut.sliced() ? door_bytes(model, options.batch) : 0),
        bands(plan_bands(model, options)),
        plan(make_plan(model, options, cut, doors_size + Streams::bytes(model, options.batch),
                       bands)),
        threads(bands          ? 1
                : cut.sliced() ? cut.instances
                               : options.threads,
                options.spin_us),
        doors(doors_size),
        streams(model, options.batch) {
    for (int i = 0; i < cut.instances; ++i) instances.emplace_back(model, plan);
    if (bands) {
      band_run = std::make_unique<BandRun>(*bands, instances[0], options.threads, options.spin_us);
    }
    instance_seconds.assign(static_cast<std::size_t>(cut.instances),
                            std::vector<double>(model.steps.size(), 0.0));
    std::byte* door = doors.get();
    const auto add_door = [&](int tensor, std::vector<std::byte*>& addresses) {
      addresses.push_back(cut.sliced() ? door : instances[0].address(tensor));
      if (cut.sliced()) door += (bytes(tensor) + 63) / 64 * 64;
    };
    for (const int t : model.graph.inputs) add_door(t, inputs);
    for (const int t : model.graph.outputs) add_door(t, outputs);
  }

  std::size_t sample_bytes(int tensor) const noexcept {
    return model.bytes[static_cast<std::size_t>(tensor)];
  }
  std::size_t bytes(int tensor) const noexcept {
    return sample_bytes(tensor) * static_cast<std::size_t>(options.batch);
  }

  std::size_t beside() const noexcept { return doors_size + Streams::bytes(model, options.batch); }

  /// The samples of one slice: in, through the steps, out.
  void run_slice(int slice, Instance& instance, std::span<double> seconds) noexcept {
    const int first = slice * cut.samples, n = std::min(cut.samples, options.batch - first);
    const auto at = [&](int tensor) {
      return sample_bytes(tensor) * static_cast<std::size_t>(first);
    };
    const auto size = [&](int tensor) {
      return sample_bytes(tensor) * static_cast<std::size_t>(n);
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const int t = model.graph.inputs[i];
      std::memcpy(instance.address(t), inputs[i] + at(t), size(t));
    }
    streams.load(instance, first, n);
    instance.run(n, alone, seconds);
    streams.store(instance, first, n);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const int t = model.graph.outputs[i];
      std::memcpy(outputs[i] + at(t), instance.address(t), size(t));
    }
  }

  void run(std::span<double> seconds) noexcept {
    if (!cut.sliced()) {
      streams.load(instances[0], 0, options.batch);
      band_run ? band_run->run(seconds) : instances[0].run(options.batch, threads, seconds);
      streams.store(instances[0], 0, options.batch);
      return;
    }
    threads.run(cut.slices, [&](std::int64_t slice, int worker) {
      const auto w = static_cast<std::size_t>(worker);
      run_slice(static_cast<int>(slice), instances[w],
                seconds.empty() ? std::span<double>() : std::span<double>(instance_seconds[w]));
    });
    if (seconds.empty()) return;
    for (std::vector<double>& instance : instance_seconds) {  // instances run side by side
      for (std::size_t i = 0; i < instance.size(); ++i) {
        seconds[i] += instance[i] / static_cast<double>(instance_seconds.size());
        instance[i] = 0;
      }
    }
  }

  const Model::Impl& model;
  const ContextOptions options;
  const Cut cut;
  const std::size_t doors_size;
  std::optional<BandPlan> bands;
  const InstancePlan plan;
  ThreadPool threads;
  ThreadPool alone{1};
  AlignedBuffer doors;  ///< inputs and outputs of the whole batch, if it is cut
  Streams streams;
  std::vector<Instance> instances;
  std::vector<std::byte*> inputs, outputs;
  std::vector<std::vector<double>> instance_seconds;  ///< for run_profiled
  std::unique_ptr<BandRun> band_run;                  ///< of instances[0], instead of `threads`
};

ExecutionContext::ExecutionContext(const Model& model, const ContextOptions& options)
    : impl_(std::make_unique<Impl>(model.impl(), options)) {}
ExecutionContext::~ExecutionContext() = default;
ExecutionContext::ExecutionContext(ExecutionContext&&) noexcept = default;

std::span<std::byte> ExecutionContext::input(int i) noexcept {
  const auto index = static_cast<std::size_t>(i);
  return {impl_->inputs[index], impl_->bytes(impl_->model.graph.inputs[index])};
}

std::span<const std::byte> ExecutionContext::output(int i) const noexcept {
  const auto index = static_cast<std::size_t>(i);
  return {impl_->outputs[index], impl_->bytes(impl_->model.graph.outputs[index])};
}

std::span<const std::byte> ExecutionContext::value(int tensor) const {
  const auto& tensors = impl_->model.graph.tensors;
  OCTET_CHECK(impl_->options.keep_values, "value(): the context was made without keep_values");
  OCTET_CHECK(tensor >= 0 && static_cast<std::size_t>(tensor) < tensors.size(),
              "value(): expected a tensor index below ", tensors.size(), ", got ", tensor);
  const TensorDef& t = tensors[static_cast<std::size_t>(tensor)];
  if (t.constant) return {t.constant.data, t.constant.size};
  const Instance& instance = impl_->instances[0];
  OCTET_CHECK(instance.stored(tensor), "value(): ", quoted(t),
              " is never computed (unused, or fused away: see ModelOptions::fuse)");
  return {instance.address(tensor), impl_->bytes(tensor)};
}

void ExecutionContext::run() noexcept {
  impl_->run({});
}

void ExecutionContext::run_profiled(std::span<double> seconds) noexcept {
  impl_->run(seconds);
}

void ExecutionContext::reset() noexcept {
  impl_->streams.reset(0, impl_->options.batch);
}

void ExecutionContext::reset(int stream) noexcept {
  impl_->streams.reset(stream, 1);
}

int ExecutionContext::batch() const noexcept {
  return impl_->options.batch;
}
std::size_t ExecutionContext::arena_bytes() const noexcept {
  return impl_->instances.size() * impl_->plan.memory.total + impl_->beside();
}
std::size_t ExecutionContext::arena_lower_bound() const noexcept {
  return impl_->instances.size() * impl_->plan.lower_bound + impl_->beside();
}
std::size_t ExecutionContext::scratch_bytes() const noexcept {
  return impl_->instances.size() * impl_->plan.scratch_bytes;
}

}  // namespace octet::int8
