#include "int8/engine/band_plan.h"

#include <algorithm>

#include "int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

/// Work of a band, some 15 microseconds, where that gives each thread 2 to 4 of them; and the
/// least, half a microsecond: a thread that finds nothing to do sleeps, which costs it some 50.
constexpr std::int64_t band_work = 2'000'000, least_work = 150'000;
/// What a byte of input costs that is read once more, because neighbours share a halo.
constexpr std::int64_t input_cost = 16;
/// Bytes of weights that are still in a core's cache when it takes the next band.
constexpr std::int64_t cached_weights = 1 << 20;
/// What it costs to put a thread to sleep and to wake it, or to keep it busy that long.
constexpr std::int64_t sleep_work = 12'000'000, poll_work = 4'000'000;

/// As multiply-accumulates of a convolution, 200 to 300 a nanosecond.
std::int64_t work_of(const Model::Impl& model, const Step& step) {
  std::int64_t bytes = 0;
  for (const int t : step.outputs) {
    bytes += static_cast<std::int64_t>(model.bytes[static_cast<std::size_t>(t)]);
  }
  return step.macs + (step.macs > 0 ? 32 : 64) * bytes +
         8 * static_cast<std::int64_t>(step.packed_bytes());
}

Range part(std::int64_t units, std::int64_t b, std::int64_t n) {
  return {ceil_div(units * b, n), ceil_div(units * (b + 1), n)};
}

/// Bits begin .. end - 1.
std::uint64_t bits(std::int64_t begin, std::int64_t end) {
  if (begin >= end) return 0;
  return (~std::uint64_t{0} >> (BandStep::max_bands - (end - begin))) << begin;
}

class Planner {
 public:
  Planner(const Model::Impl& model, int threads, bool finest, BandPlan& plan)
      : model_(model),
        plan_(plan),
        finest_(finest),
        threads_(std::min(threads, BandStep::max_bands / 4)),
        written_by_(model.graph.tensors.size(), -1) {
    for (const auto& step : model.steps) {
      std::int64_t sum = 0;
      for (const int t : step->inputs) sum += bytes(t);
      for (const int t : step->outputs) sum += bytes(t);
      most_in_reach_ = std::max(most_in_reach_, sum);
    }
  }

  void add(int index) {
    const Step& step = *model_.steps[static_cast<std::size_t>(index)];
    if (step.alias) {
      written_by_[static_cast<std::size_t>(step.outputs[0])] = writer(step.inputs[0]);
      return;
    }
    const auto position = static_cast<int>(plan_.steps.size());
    BandStep s{.step = index, .first_band = static_cast<int>(plan_.bands.size())};
    const std::int64_t unit = step.unit_bytes(), work = work_of(model_, step);
    const std::int64_t units = unit > 0 ? ceil_div(bytes(step.outputs[0]), unit) : 1;
    s.bands = static_cast<int>(bands_of(step, units, work));
    s.horizon = horizon(position, step);
    s.work_left = work;
    for (std::int64_t b = 0; b < s.bands; ++b) {
      Band band{.units = part(units, b, s.bands)};
      for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        const int from = writer(step.inputs[i]);
        if (from < s.horizon) continue;  // done by then; also the inputs of the graph
        band.needs[static_cast<std::size_t>(position - from - 1)] |=
            unit > 0 ? writers(from, step.bytes_read(i, band.units))
                     : plan_.steps[static_cast<std::size_t>(from)].all();
      }
      plan_.bands.push_back(band);
    }
    for (const int t : step.outputs) written_by_[static_cast<std::size_t>(t)] = position;
    plan_.steps.push_back(s);
  }

 private:
  std::int64_t bytes(int tensor) const {
    return static_cast<std::int64_t>(model_.bytes[static_cast<std::size_t>(tensor)]);
  }
  /// As far back as `reach` and memory allow: what the steps in between write is alive at once.
  int horizon(int position, const Step& step) {
    written_.push_back(0);
    for (const int t : step.outputs) written_.back() += bytes(t);
    in_reach_ += written_.back();
    const auto size = [&](int h) { return written_[static_cast<std::size_t>(h)]; };
    while (horizon_ < position - 1 &&
           (position - horizon_ >= Band::reach || in_reach_ > most_in_reach_)) {
      in_reach_ -= size(horizon_++);
    }
    return horizon_;
  }
  std::int64_t bands_of(const Step& step, std::int64_t units, std::int64_t work) const {
    if (finest_) return std::min<std::int64_t>(units, BandStep::max_bands);
    std::int64_t n = std::clamp(work / band_work, 2 * threads_, 4 * threads_);
    n = std::min({n, units, std::max<std::int64_t>(work / least_work, 1)});
    // As many for every thread, so that all steps are cut at the same rows; of two units or more.
    if (n > threads_) n = n / threads_ * threads_;
    n = std::min(n, threads_ * ceil_div(units, 2 * threads_));
    const std::int64_t whole = read(step, units, 1);
    const auto halo = [&] { return (read(step, units, n) - whole) * input_cost; };
    while (n > 2 * threads_ && halo() > work / 8) n -= threads_;
    const auto packed = static_cast<std::int64_t>(step.packed_bytes());
    if (packed > cached_weights) n = std::min(n, threads_);
    return n;
  }
  /// Bytes of inputs that n bands read.
  static std::int64_t read(const Step& step, std::int64_t units, std::int64_t n) {
    std::int64_t sum = 0;
    for (std::int64_t b = 0; b < n; ++b) {
      for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        sum += step.bytes_read(i, part(units, b, n)).size();
      }
    }
    return sum;
  }
  int writer(int tensor) const { return written_by_[static_cast<std::size_t>(tensor)]; }

  /// The bands of step `from` that write these bytes of its output.
  std::uint64_t writers(int from, Range bytes) const {
    const BandStep& s = plan_.steps[static_cast<std::size_t>(from)];
    const std::int64_t unit = model_.steps[static_cast<std::size_t>(s.step)]->unit_bytes();
    if (unit == 0) return s.all();
    const Band* bands = &plan_.bands[static_cast<std::size_t>(s.first_band)];
    int first = 0, last = s.bands;
    while (first < last && bands[first].units.end * unit <= bytes.begin) ++first;
    while (first < last && bands[last - 1].units.begin * unit >= bytes.end) --last;
    return bits(first, last);
  }

  const Model::Impl& model_;
  BandPlan& plan_;
  const bool finest_;
  const std::int64_t threads_;
  std::vector<std::int64_t> written_;  ///< bytes, by each step of the plan
  int horizon_ = 0;
  std::int64_t in_reach_ = 0, most_in_reach_ = 0;
  std::vector<int> written_by_;  ///< of each tensor, the position of the step; -1: none
};

}  // namespace

BandPlan::BandPlan(const Model::Impl& model, int threads, bool finest) {
  Planner planner(model, threads, finest, *this);
  for (std::size_t i = 0; i < model.steps.size(); ++i) planner.add(static_cast<int>(i));
  for (std::size_t i = steps.size(); i-- > 1;) steps[i - 1].work_left += steps[i].work_left;
}

bool BandPlan::worthwhile(int threads, bool spins) const noexcept {
  // Threads meet, and all but one wait, at the start and where a step that is not cut follows
  // others.
  std::int64_t shared = 0, meetings = 1;
  bool cut = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int64_t next = i + 1 < steps.size() ? steps[i + 1].work_left : 0;
    if (steps[i].bands > 1) shared += steps[i].work_left - next;
    if (cut && steps[i].bands == 1) ++meetings;
    cut = steps[i].bands > 1;
  }
  const std::int64_t saved = shared * (threads - 1) / threads;
  return saved - meetings * (spins ? poll_work : sleep_work) > work() / 8;
}

std::vector<int> BandPlan::overlaps() const {
  // Times: 0 inputs, i + 1 step i, then outputs.
  std::vector<int> until(steps.size() + 2);
  for (std::size_t t = 0; t < until.size(); ++t) until[t] = static_cast<int>(t);
  for (std::size_t s = 0; s < steps.size(); ++s) {
    until[static_cast<std::size_t>(steps[s].horizon) + 1] = static_cast<int>(s) + 1;
  }
  // Horizons ascend; a step between two of them is overlapped by what overlaps the one before.
  for (std::size_t t = 2; t < until.size() - 1; ++t) until[t] = std::max(until[t], until[t - 1]);
  return until;
}

}  // namespace octet::int8
