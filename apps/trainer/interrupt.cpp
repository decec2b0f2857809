#include "apps/trainer/interrupt.h"

#include <csignal>

namespace octet::trainer {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

extern "C" void on_signal(int) {
  stop_requested = 1;
}

}  // namespace

void watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() noexcept {
  return stop_requested != 0;
}

}  // namespace octet::trainer
