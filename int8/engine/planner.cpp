#include "int8/engine/planner.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <utility>

namespace octet::int8 {
namespace {

using Order = std::vector<std::size_t>;

/// More blocks than these are placed in one pass, as they come: searching takes the square.
constexpr std::size_t most_searched = 3000;

/// Blocks with the largest key first, else as they come.
Order by(const std::vector<double>& key) {
  Order order(key.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&key](std::size_t i, std::size_t j) {
    return key[i] > key[j] || (key[i] == key[j] && i < j);
  });
  return order;
}

/// All blocks by one of their times, else as they come.
Order in_order(std::span<const MemoryBlock> blocks, int MemoryBlock::*time) {
  std::vector<double> earliest;
  for (const MemoryBlock& b : blocks) earliest.push_back(-static_cast<double>(b.*time));
  return by(earliest);
}

bool meet(const MemoryBlock& a, const MemoryBlock& b) {
  return a.first <= b.last && b.first <= a.last;
}

std::size_t round_up(std::size_t n, std::size_t alignment) {
  return (n + alignment - 1) / alignment * alignment;
}

/// Puts the blocks, in the given order, each into the lowest gap that holds it.
class Placement {
 public:
  Placement(std::span<const MemoryBlock> blocks, std::size_t alignment)
      : blocks_(blocks), plan_{std::vector<std::size_t>(blocks.size()), 0, alignment} {}

  const MemoryPlan& place(const Order& order) {
    placed_.clear();
    plan_.total = 0;
    for (const std::size_t i : order) {
      const std::size_t offset = lowest_gap(i);
      plan_.offsets[i] = offset;
      plan_.total = std::max(plan_.total, offset + blocks_[i].bytes);
      const auto by_offset = [&](std::size_t a, std::size_t b) {
        return plan_.offsets[a] < plan_.offsets[b];
      };
      placed_.insert(std::upper_bound(placed_.begin(), placed_.end(), i, by_offset), i);
    }
    return plan_;
  }

 private:
  std::size_t lowest_gap(std::size_t i) const {
    const std::size_t alignment = std::max(plan_.alignment, blocks_[i].alignment);
    std::size_t offset = 0;
    for (const std::size_t other : placed_) {
      if (!meet(blocks_[i], blocks_[other])) continue;
      if (offset + blocks_[i].bytes <= plan_.offsets[other]) break;
      offset = std::max(offset, round_up(plan_.offsets[other] + blocks_[other].bytes, alignment));
    }
    return offset;
  }

  std::span<const MemoryBlock> blocks_;
  MemoryPlan plan_;
  Order placed_;  // by offset
};

/// Orders that are good for some graphs each: big first, big and long-lived first, long-lived
/// first, as they come.
std::vector<Order> greedy_orders(std::span<const MemoryBlock> blocks) {
  std::vector<double> size, area, length;
  for (const MemoryBlock& b : blocks) {
    size.push_back(static_cast<double>(b.bytes));
    length.push_back(static_cast<double>(b.last - b.first + 1));
    area.push_back(size.back() * length.back());
  }
  return {by(size), by(area), by(length), by(std::vector<double>(blocks.size(), 0.0))};
}

/// Swaps pairs of an order as long as that does not enlarge the arena. Bounded work.
void improve(Placement& placement, Order order, std::size_t goal, MemoryPlan& best) {
  const std::size_t n = order.size();
  if (n < 2) return;
  std::minstd_rand random(1);
  std::size_t present = best.total;
  const std::size_t rounds = std::min<std::size_t>(500, 5'000'000 / (n * n));
  for (std::size_t r = 0; r < rounds && best.total > goal; ++r) {
    const std::size_t a = random() % n, b = random() % n;
    std::swap(order[a], order[b]);
    const MemoryPlan& plan = placement.place(order);
    if (plan.total > present) {
      std::swap(order[a], order[b]);
      continue;
    }
    present = plan.total;
    if (plan.total < best.total) best = plan;
  }
}

/// What is free of an arena without end.
class Gaps {
 public:
  /// From the smallest gap that holds so many bytes, else from the top.
  std::size_t take(std::size_t bytes) {
    const auto best = by_size_.lower_bound({bytes, 0});
    if (best == by_size_.end()) {
      top_ += bytes;
      return top_ - bytes;
    }
    const auto [size, begin] = *best;
    by_size_.erase(best);
    ends_.erase(begin);
    if (size > bytes) add(begin + bytes, begin + size);
    return begin;
  }

  void release(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    auto after = ends_.lower_bound(begin);
    if (after != ends_.begin() && std::prev(after)->second == begin) {
      begin = (--after)->first;
      after = remove(after);
    }
    if (after != ends_.end() && after->first == end) {
      end = after->second;
      remove(after);
    }
    if (end == top_) {
      top_ = begin;
    } else {
      add(begin, end);
    }
  }

 private:
  using Ends = std::map<std::size_t, std::size_t>;  // of gaps by their begin, none touching another
  void add(std::size_t begin, std::size_t end) {
    ends_.emplace(begin, end);
    by_size_.emplace(end - begin, begin);
  }
  Ends::iterator remove(Ends::iterator gap) {
    by_size_.erase({gap->second - gap->first, gap->first});
    return ends_.erase(gap);
  }

  Ends ends_;
  std::set<std::pair<std::size_t, std::size_t>> by_size_;
  std::size_t top_ = 0;
};

/// Each block at its first moment, in memory that is free then.
MemoryPlan place_as_they_come(std::span<const MemoryBlock> blocks, std::size_t alignment) {
  for (const MemoryBlock& b : blocks) alignment = std::max(alignment, b.alignment);
  MemoryPlan plan{std::vector<std::size_t>(blocks.size()), 0, alignment};
  Gaps gaps;
  const Order dead = in_order(blocks, &MemoryBlock::last);
  auto next = dead.begin();
  for (const std::size_t i : in_order(blocks, &MemoryBlock::first)) {
    for (; blocks[*next].last < blocks[i].first; ++next) {
      const std::size_t begin = plan.offsets[*next];
      gaps.release(begin, begin + round_up(blocks[*next].bytes, alignment));
    }
    plan.offsets[i] = gaps.take(round_up(blocks[i].bytes, alignment));
    plan.total = std::max(plan.total, plan.offsets[i] + blocks[i].bytes);
  }
  return plan;
}

MemoryPlan plan_with(std::span<const MemoryBlock> blocks, std::size_t alignment) {
  std::vector<MemoryBlock> padded(blocks.begin(), blocks.end());
  for (MemoryBlock& b : padded) b.bytes = round_up(b.bytes, alignment);
  const std::size_t goal = memory_lower_bound(padded);  // not worth searching below
  if (blocks.size() > most_searched) return place_as_they_come(blocks, alignment);
  Placement placement(blocks, alignment);
  MemoryPlan best;
  Order best_order;
  for (const Order& order : greedy_orders(blocks)) {
    const MemoryPlan& plan = placement.place(order);
    if (!best_order.empty() && plan.total >= best.total) continue;
    best = plan;
    best_order = order;
    if (best.total <= goal) break;
  }
  improve(placement, best_order, goal, best);
  return best;
}

}  // namespace

std::size_t memory_lower_bound(std::span<const MemoryBlock> blocks) {
  // The maximum is reached at some block's first moment.
  std::vector<std::size_t> born = in_order(blocks, &MemoryBlock::first);
  std::vector<std::size_t> dead = in_order(blocks, &MemoryBlock::last);
  std::size_t sum = 0, bound = 0;
  auto next = dead.begin();
  for (const std::size_t i : born) {
    for (; blocks[*next].last < blocks[i].first; ++next) sum -= blocks[*next].bytes;
    sum += blocks[i].bytes;
    bound = std::max(bound, sum);
  }
  return bound;
}

MemoryPlan plan_memory(std::span<const MemoryBlock> blocks) {
  const std::size_t bound = memory_lower_bound(blocks);
  if (blocks.empty()) return {};
  MemoryPlan best;
  for (const std::size_t alignment : {64, 32, 16, 8, 4, 2, 1}) {
    MemoryPlan plan = plan_with(blocks, alignment);
    if (best.offsets.empty() || plan.total < best.total) best = std::move(plan);
    if (best.total <= bound + bound / 50) break;
  }
  return best;
}

}  // namespace octet::int8
