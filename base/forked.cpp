#include "base/forked.h"

#include <pthread.h>

#include <atomic>

namespace octet {
namespace {

std::atomic<unsigned> count{0};

/// Registered before main, so before any object that asks.
[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { count.fetch_add(1, std::memory_order_relaxed); });

}  // namespace

unsigned forks() noexcept {
  return count.load(std::memory_order_relaxed);
}

}  // namespace octet
