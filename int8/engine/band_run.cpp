#include "int8/engine/band_run.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace octet::int8 {
namespace {

/// Waking a thread takes the waker 10 to 30 microseconds and the woken as long again: not worth it
/// for less work.
constexpr std::int64_t wake_work = 30'000'000;
/// So much work at the end is not taken from the caller: it would sleep and have to be woken.
constexpr std::int64_t keep_work = 60'000'000;

/// The bands that are a thread's own; of a single one, thread 0's.
std::uint64_t own_bands(const BandStep& step, int worker, int threads) noexcept {
  const int begin = (step.bands * worker + threads - 1) / threads;
  const int end = (step.bands * (worker + 1) + threads - 1) / threads;
  if (begin == end) return 0;
  return (~std::uint64_t{0} >> (BandStep::max_bands - (end - begin))) << begin;
}

}  // namespace

BandRun::BandRun(const BandPlan& plan, Instance& instance, int threads, int spin_us)
    : plan_(plan),
      instance_(instance),
      threads_(threads),
      states_(plan.steps.size()),
      workers_(static_cast<std::size_t>(threads)),
      team_(new WorkerTeam(*this, threads, spin_us)) {
  for (Worker& w : workers_) w.seconds.assign(plan.steps.size(), 0.0);
}

void BandRun::run(std::span<double> seconds) noexcept {
  for (State& s : states_) {
    s.taken.store(0, std::memory_order_relaxed);
    s.done.store(0, std::memory_order_relaxed);
  }
  for (Worker& w : workers_) w.first = 0;
  timed_ = !seconds.empty();
  team_->run();
  if (!timed_) return;
  for (Worker& w : workers_) {
    for (std::size_t i = 0; i < w.seconds.size(); ++i) {
      seconds[static_cast<std::size_t>(plan_.steps[i].step)] += w.seconds[i] / threads_;
      w.seconds[i] = 0;
    }
  }
}

bool BandRun::work(int worker) noexcept {
  int& first = workers_[static_cast<std::size_t>(worker)].first;
  const auto steps = static_cast<int>(plan_.steps.size());
  for (;;) {
    while (first < steps &&
           state(first).done.load(std::memory_order_acquire) == step(first).all()) {
      ++first;
    }
    if (first == steps) return true;
    const std::int64_t left = step(first).work_left;
    const Task task = take(worker, first, left < keep_work && worker > 0 && !team_->asleep());
    if (task.step < 0) return false;
    if (left >= wake_work && team_->asleep() &&
        (find(worker, first, true).step >= 0 || find(worker, first, false).step >= 0)) {
      team_->wake_one();
    }
    compute(task, worker);
    state(task.step).done.fetch_or(task.bit(), std::memory_order_release);
    team_->progress();
  }
}

/// The steps before `first` are done.
bool BandRun::ready(Task task, int first) const noexcept {
  const Band& band = plan_.bands[static_cast<std::size_t>(step(task.step).first_band + task.band)];
  for (int back = 1; back <= task.step - first; ++back) {
    const std::uint64_t needs = band.needs[static_cast<std::size_t>(back - 1)];
    if (needs == 0) continue;
    const std::uint64_t done = state(task.step - back).done.load(std::memory_order_acquire);
    if ((done & needs) != needs) return false;
  }
  return true;
}

/// A band that is ready and not taken, of the lowest step, among one's own or among others'.
/// Neighbours begin with the bands that lie between them, since the next step's need both; who
/// helps another takes what that would do last.
BandRun::Task BandRun::find(int worker, int first, bool own) const noexcept {
  const auto steps = static_cast<int>(plan_.steps.size());
  for (int s = first; s < steps && step(s).horizon <= first; ++s) {
    std::uint64_t free = step(s).all() & ~state(s).taken.load(std::memory_order_relaxed);
    if (free == 0) continue;
    const std::uint64_t mine = own_bands(step(s), worker, threads_);
    free &= own ? mine : ~mine;
    while (free != 0) {
      const Task task{s, worker % 2 == 0 ? 63 - std::countl_zero(free) : std::countr_zero(free)};
      if (ready(task, first)) return task;
      free &= ~task.bit();
    }
  }
  return {};
}

BandRun::Task BandRun::take(int worker, int first, bool own_only) noexcept {
  for (const bool own : {true, false}) {
    if (own_only && !own) break;
    for (Task task = find(worker, first, own); task.step >= 0; task = find(worker, first, own)) {
      const std::uint64_t before =
          state(task.step).taken.fetch_or(task.bit(), std::memory_order_relaxed);
      if ((before & task.bit()) == 0) return task;
    }
  }
  return {};
}

void BandRun::compute(Task task, int worker) noexcept {
  using Clock = std::chrono::steady_clock;
  Worker& w = workers_[static_cast<std::size_t>(worker)];
  const BandStep& s = step(task.step);
  const Clock::time_point begin = timed_ ? Clock::now() : Clock::time_point();
  instance_.run_units(s.step, plan_.bands[static_cast<std::size_t>(s.first_band + task.band)].units,
                      worker, alone_);
  if (!timed_) return;
  w.seconds[static_cast<std::size_t>(task.step)] +=
      std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace octet::int8
