#include "fit/interrupt.h"

#include <csignal>

namespace octet {
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
  std::signal(SIGXFSZ, SIG_IGN);
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  action.sa_flags = SA_RESTART;
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool interrupted() noexcept {
  return stop_requested != 0;
}

}  // namespace octet
