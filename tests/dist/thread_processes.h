// Processes of a job that are threads of a test.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "dist/transport.h"

namespace octet::test {

/// Messages on their way.
class Post {
 public:
  void send(int from, int to, std::span<const std::byte> bytes) {
    const std::lock_guard lock(mutex_);
    boxes_[{from, to}].emplace_back(bytes.begin(), bytes.end());
    arrived_.notify_all();
  }
  std::vector<std::byte> receive(int from, int to) {
    std::unique_lock lock(mutex_);
    auto& box = boxes_[{from, to}];
    arrived_.wait(lock, [&] { return !box.empty(); });
    std::vector<std::byte> bytes = std::move(box.front());
    box.pop_front();
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::pair<int, int>, std::deque<std::vector<std::byte>>> boxes_;
};

class ThreadTransport final : public dist::Transport {
 public:
  ThreadTransport(Post& post, int rank, int size) : post_(post), rank_(rank), size_(size) {}
  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return size_; }
  int size_here() const noexcept override { return size_; }
  void exchange(int peer, std::span<const std::byte> send, std::span<std::byte> receive) override {
    post_.send(rank_, peer, send);
    const std::vector<std::byte> got = post_.receive(peer, rank_);
    OCTET_CHECK(got.size() == receive.size(), "expected ", receive.size(), " bytes, got ",
                got.size());
    std::copy(got.begin(), got.end(), receive.begin());
    sent += send.size();
    ++messages;
  }
  void broadcast(std::vector<std::byte>& bytes) override {
    for (int r = 1; rank_ == 0 && r < size_; ++r) post_.send(0, r, bytes);
    if (rank_ != 0) bytes = post_.receive(0, rank_);
  }
  void set_timeout(double) noexcept override {}
  void at_step(std::int64_t) noexcept override {}
  std::string place() const override { return "rank " + std::to_string(rank_); }
  void abort() noexcept override { std::abort(); }

  std::size_t sent = 0, messages = 0;

 private:
  Post& post_;
  int rank_, size_;
};

/// f on each of so many processes; throws what the first of them threw.
inline void run_processes(int count, const std::function<void(ThreadTransport&)>& f) {
  Post post;
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(count));
  for (int r = 0; r < count; ++r) {
    threads.emplace_back([&, r] {
      try {
        ThreadTransport transport(post, r, count);
        f(transport);
      } catch (...) {
        errors[static_cast<std::size_t>(r)] = std::current_exception();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::exception_ptr& e : errors) {
    if (e) std::rethrow_exception(e);
  }
}

}  // namespace octet::test
