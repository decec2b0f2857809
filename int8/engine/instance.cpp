#include "int8/engine/instance.h"

#include <algorithm>
#include <chrono>

namespace octet::int8 {
namespace {

MemoryPlan separate_plan(std::span<const MemoryBlock> blocks) {
  MemoryPlan plan;
  for (const MemoryBlock& b : blocks) {
    plan.offsets.push_back(plan.total);
    plan.total += (b.bytes + 63) / 64 * 64;
  }
  return plan;
}

std::size_t scratch_size(const Model::Impl& model, int threads, int samples) {
  std::size_t size = 0;
  for (const auto& step : model.steps) size = std::max(size, step->scratch_bytes(threads, samples));
  return size;
}

}  // namespace

InstancePlan::InstancePlan(const Model::Impl& model, int instance_samples, int threads, bool keep)
    : samples(instance_samples),
      storage(assign_storage(model, samples, !keep)),
      memory(keep ? separate_plan(storage.blocks) : plan_memory(storage.blocks)),
      lower_bound(memory_lower_bound(storage.blocks)),
      scratch_bytes(scratch_size(model, threads, samples)),
      worker_bytes(0) {}

InstancePlan::InstancePlan(const Model::Impl& model, const BandPlan& bands, int threads)
    : samples(1),
      storage(assign_storage(model, 1, true, bands.overlaps())),
      memory(plan_memory(storage.blocks)),
      lower_bound(memory_lower_bound(storage.blocks)),
      scratch_bytes(0),
      worker_bytes((scratch_size(model, 1, 1) + 63) / 64 * 64) {
  scratch_bytes = worker_bytes * static_cast<std::size_t>(threads);
}

Instance::Instance(const Model::Impl& model, const InstancePlan& plan)
    : plan_(plan), arena_(plan.memory.total), scratch_(plan.scratch_bytes) {
  for (const auto& step : model.steps) {
    BoundStep& bound = steps_.emplace_back();
    bound.step = step.get();
    for (const int t : step->inputs) bound.in.push_back(address(t));
    for (const int t : step->outputs) bound.out.push_back(address(t));
  }
}

void Instance::run(int samples, ThreadPool& threads, std::span<double> seconds) noexcept {
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const BoundStep& s = steps_[i];
    const RunArgs args{.in = s.in.data(),
                       .out = s.out.data(),
                       .batch = samples,
                       .threads = threads,
                       .scratch = scratch_.get()};
    if (seconds.empty()) {
      s.step->run(args);
      continue;
    }
    const Clock::time_point begin = Clock::now();
    s.step->run(args);
    seconds[i] += std::chrono::duration<double>(Clock::now() - begin).count();
  }
}

void Instance::run_units(int i, Range units, int worker, ThreadPool& alone) noexcept {
  const BoundStep& s = steps_[static_cast<std::size_t>(i)];
  const RunArgs args{
      .in = s.in.data(),
      .out = s.out.data(),
      .batch = 1,
      .threads = alone,
      .scratch = scratch_.get() + plan_.worker_bytes * static_cast<std::size_t>(worker)};
  if (s.step->unit_bytes() == 0) {
    s.step->run(args);
  } else {
    s.step->run_units(args, units);
  }
}

}  // namespace octet::int8
