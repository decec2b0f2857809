#include "core/kernels/axis_gather.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/common.h"

namespace octet {
namespace {

bool is_same(const AxisGather::Axis& a) {
  if (a.source != static_cast<std::int64_t>(a.of.size())) return false;
  for (std::size_t i = 0; i < a.of.size(); ++i) {
    if (a.of[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

/// Which results read source s: results[starts[s]] to results[starts[s + 1]], ascending.
struct Readers {
  explicit Readers(const AxisGather::Axis& a)
      : starts(static_cast<std::size_t>(a.source) + 1, 0), results(a.of.size()) {
    for (const std::int64_t s : a.of) {
      if (s >= 0) ++starts[static_cast<std::size_t>(s) + 1];
    }
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    std::vector<std::int64_t> next = starts;
    for (std::size_t i = 0; i < a.of.size(); ++i) {
      if (a.of[i] < 0) continue;
      std::int64_t& at = next[static_cast<std::size_t>(a.of[i])];
      results[static_cast<std::size_t>(at++)] = static_cast<std::int64_t>(i);
    }
  }
  std::int64_t count(std::int64_t s) const {
    return starts[static_cast<std::size_t>(s) + 1] - starts[static_cast<std::size_t>(s)];
  }
  std::int64_t result(std::int64_t s, std::int64_t i) const {
    return results[static_cast<std::size_t>(starts[static_cast<std::size_t>(s)] + i)];
  }
  std::vector<std::int64_t> starts, results;
};

}  // namespace

AxisGather::Axis AxisGather::Axis::same(std::int64_t extent) {
  Axis a{extent, std::vector<std::int64_t>(static_cast<std::size_t>(extent))};
  std::iota(a.of.begin(), a.of.end(), 0);
  return a;
}

AxisGather::AxisGather(std::vector<Axis> axes) {
  while (axes.size() > 1 && is_same(axes.back())) {
    inner_ *= axes.back().source;
    axes.pop_back();
  }
  last_ = axes.empty() ? Axis::same(1) : std::move(axes.back());
  if (!axes.empty()) axes.pop_back();
  outer_ = std::move(axes);
  for (std::size_t i = 0; i < last_.of.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t s = last_.of[i];
    if (!runs_.empty()) {
      Run& r = runs_.back();
      const std::int64_t step = s - last_.of[i - 1];
      const bool goes_on = step == 0 || (step == 1 && s > 0);
      if (goes_on && (r.count == 1 || step == r.step)) {
        r.step = step;
        ++r.count;
        continue;
      }
    }
    runs_.push_back({at, 1, s, 1});
  }
}

void AxisGather::gather_row(const real* x, real fill, real* y) const {
  for (const Run& r : runs_) {
    real* to = y + r.at * inner_;
    if (r.source < 0) {
      std::fill_n(to, r.count * inner_, fill);
      continue;
    }
    const real* from = x + r.source * inner_;
    if (r.step == 1 || r.count == 1) {
      std::copy_n(from, r.count * inner_, to);
    } else if (inner_ == 1) {
      std::fill_n(to, r.count, *from);
    } else {
      for (std::int64_t i = 0; i < r.count; ++i) std::copy_n(from, inner_, to + i * inner_);
    }
  }
}

void AxisGather::gather(Context& ctx, const real* x, real fill, real* y) const {
  const auto extent = static_cast<std::int64_t>(last_.of.size());
  std::int64_t rows = 1;
  for (const Axis& a : outer_) rows *= static_cast<std::int64_t>(a.of.size());
  for_items(ctx, rows, extent * inner_, [&](std::int64_t r) {
    std::int64_t rest = r, from = 0, stride = last_.source * inner_;
    for (std::size_t d = outer_.size(); d-- > 0;) {
      const Axis& a = outer_[d];
      const std::int64_t s = a.of[static_cast<std::size_t>(rest) % a.of.size()];
      rest /= static_cast<std::int64_t>(a.of.size());
      if (s < 0) {
        std::fill_n(y + r * extent * inner_, extent * inner_, fill);
        return;
      }
      from += s * stride;
      stride *= a.source;
    }
    gather_row(x + from, fill, y + r * extent * inner_);
  });
}

void AxisGather::scatter(Context& ctx, const real* dy, real beta, real* dx) const {
  const std::int64_t row = last_.source * inner_;
  const std::int64_t result_row = static_cast<std::int64_t>(last_.of.size()) * inner_;
  std::vector<Readers> readers;
  std::int64_t rows = 1;
  for (const Axis& a : outer_) {
    readers.emplace_back(a);
    rows *= a.source;
  }
  const std::int64_t workers = rows == 1 ? 1 : ctx.threads.size();
  const auto room = ctx.pool.allocate(static_cast<std::size_t>(row * workers) * sizeof(double));
  ctx.threads.run(rows, [&](std::int64_t r, int worker) {
    double* sums = reinterpret_cast<double*>(room.get()) + row * worker;
    std::fill_n(sums, row, 0.0);
    std::array<std::int64_t, Shape::max_rank> source{};
    std::int64_t rest = r, copies = 1;
    for (std::size_t d = outer_.size(); d-- > 0;) {
      source[d] = rest % outer_[d].source;
      rest /= outer_[d].source;
      copies *= readers[d].count(source[d]);
    }
    for (std::int64_t copy = 0; copy < copies; ++copy) {
      std::int64_t left = copy, at = 0, stride = result_row;
      for (std::size_t d = outer_.size(); d-- > 0;) {
        const std::int64_t count = readers[d].count(source[d]);
        at += readers[d].result(source[d], left % count) * stride;
        left /= count;
        stride *= static_cast<std::int64_t>(outer_[d].of.size());
      }
      for (const Run& run : runs_) {
        if (run.source < 0) continue;
        const real* g = dy + at + run.at * inner_;
        double* to = sums + run.source * inner_;
        if (run.step == 1 || run.count == 1) {
          for (std::int64_t i = 0; i < run.count * inner_; ++i) to[i] += double{g[i]};
        } else {
          for (std::int64_t i = 0; i < run.count; ++i, g += inner_) {
            for (std::int64_t c = 0; c < inner_; ++c) to[c] += double{g[c]};
          }
        }
      }
    }
    real* out = dx + r * row;
    for (std::int64_t i = 0; i < row; ++i) {
      out[i] = static_cast<real>(beta == 0 ? sums[i] : sums[i] + double{out[i]});
    }
  });
}

}  // namespace octet
