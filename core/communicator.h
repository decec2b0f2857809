// The members of a data-parallel training, as ops and training loops see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace octet {

/// What is reduced, and how.
enum class ReduceKind : std::uint8_t { sum_f32, sum_f64, max_f64 };

/// One of the members that train the same network in step, each on its share of every batch. All
/// members make the same calls in the same order; each call waits for all. A sum is that of a
/// binary tree over the members in their order, wherever they run: the same bits for every number
/// of processes. Used by one thread. A call throws Error if another member has failed.
class Communicator {
 public:
  Communicator(int rank, int size) noexcept : rank_(rank), size_(size) {}
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  /// The first member: the one that writes files and talks.
  bool leads() const noexcept { return rank_ == 0; }

  /// In place, to all.
  void sum(std::span<float> values) { reduce(ReduceKind::sum_f32, std::as_writable_bytes(values)); }
  void sum(std::span<double> values) {
    reduce(ReduceKind::sum_f64, std::as_writable_bytes(values));
  }
  void max(std::span<double> values) {
    reduce(ReduceKind::max_f64, std::as_writable_bytes(values));
  }
  /// The leader's bytes, to all; may take as long as the leader needs.
  virtual void broadcast(std::vector<std::byte>& bytes) = 0;
  /// The leader's answer.
  bool agreed(bool answer) {
    std::vector<std::byte> bytes{std::byte{answer}};
    broadcast(bytes);
    return bytes[0] != std::byte{0};
  }

  /// Idle, a member takes part and adds nothing: its share of a batch is empty.
  bool idle() const noexcept { return idle_; }
  void set_idle(bool idle) noexcept { idle_ = idle; }
  /// The training step, for messages about members that fail.
  virtual void at_step([[maybe_unused]] std::int64_t step) noexcept {}

 private:
  virtual void reduce(ReduceKind what, std::span<std::byte> values) = 0;

  int rank_, size_;
  bool idle_ = false;
};

/// A member is idle while this lives, if `idle`. Null: there are no members.
class IdleScope {
 public:
  IdleScope(Communicator* member, bool idle) : member_(idle ? member : nullptr) {
    if (member_) member_->set_idle(true);
  }
  ~IdleScope() {
    if (member_) member_->set_idle(false);
  }
  IdleScope(const IdleScope&) = delete;
  IdleScope& operator=(const IdleScope&) = delete;

 private:
  Communicator* member_;
};

}  // namespace octet
