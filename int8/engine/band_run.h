// Which thread of a team runs which band, and when it may.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "int8/engine/band_plan.h"
#include "int8/engine/instance.h"
#include "int8/engine/worker_team.h"

namespace octet::int8 {

/// Every thread prefers its own part of the bands, the same in each step, whose rows are in its
/// cache; with none of them ready it takes others'. Any thread may take any band that is ready: one
/// that gets no core is waited for only if it is within a band.
class BandRun final : private WorkerTeam::Work {
 public:
  /// `plan` and `instance` must outlive it. `threads` >= 2, as the instance's plan was made for;
  /// `spin_us` and errors as of a WorkerTeam.
  BandRun(const BandPlan& plan, Instance& instance, int threads, int spin_us);

  /// All steps. If `seconds` is not empty, adds to entry i the time of step i's bands, over the
  /// number of threads.
  void run(std::span<double> seconds) noexcept;

 private:
  /// One bit for each band.
  struct alignas(64) State {
    std::atomic<std::uint64_t> taken{0}, done{0};
  };
  struct alignas(64) Worker {
    int first = 0;  ///< steps before are done
    std::vector<double> seconds;
  };
  struct Task {
    int step = -1;  ///< position in the plan; -1: none
    int band = 0;
    std::uint64_t bit() const noexcept { return std::uint64_t{1} << band; }
  };

  bool work(int worker) noexcept override;
  Task find(int worker, int first, bool own) const noexcept;
  Task take(int worker, int first, bool own_only) noexcept;
  bool ready(Task task, int first) const noexcept;
  void compute(Task task, int worker) noexcept;
  const BandStep& step(int position) const noexcept {
    return plan_.steps[static_cast<std::size_t>(position)];
  }
  State& state(int position) const noexcept { return states_[static_cast<std::size_t>(position)]; }

  const BandPlan& plan_;
  Instance& instance_;
  const int threads_;
  ThreadPool alone_{1};
  mutable std::vector<State> states_;
  std::vector<Worker> workers_;
  bool timed_ = false;
  ThreadOwnerPtr<WorkerTeam> team_;
};

}  // namespace octet::int8
