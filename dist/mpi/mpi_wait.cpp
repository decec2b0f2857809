#include "dist/mpi/mpi_wait.h"

#include <sched.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/error.h"

namespace octet::dist {
namespace {

using Clock = std::chrono::steady_clock;

/// Gone, or dead and not yet missed by whoever started it.
bool is_dead(int process) {
  if (kill(process, 0) != 0) return errno == ESRCH;
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(in, text);
  const std::size_t end = text.rfind(") ");  // the program's name may hold anything
  return end != text.npos && end + 2 < text.size() &&
         (text[end + 2] == 'Z' || text[end + 2] == 'X');
}

void check_alive(const Peers& peers) {
  for (int r = 0; r < static_cast<int>(peers.all.size()); ++r) {
    const Peer& p = peers.all[static_cast<std::size_t>(r)];
    OCTET_CHECK(!p.watched || !is_dead(p.process), peers.name(r), " has died");
  }
}

}  // namespace

bool Peers::is_here(int other) const {
  const auto host = [&](int r) { return all[static_cast<std::size_t>(r)].host; };
  return std::strcmp(host(rank), host(other)) == 0;
}

void Peers::find_watched() {
  for (int r = 0; r < static_cast<int>(all.size()); ++r) {
    Peer& p = all[static_cast<std::size_t>(r)];
    p.watched = r != rank && is_here(r) && !is_dead(p.process);
  }
}

std::string Peers::name(int other) const {
  const Peer& p = all[static_cast<std::size_t>(other)];
  return "rank " + std::to_string(other) + " on " + p.host + " (process " +
         std::to_string(p.process) + ")";
}

void wait_for(std::span<MPI_Request> requests, int peer, bool timed, const Peers& peers) {
  constexpr int yields = 200;  // most waits end within these
  constexpr std::chrono::microseconds pause{50};
  constexpr std::chrono::milliseconds between_looks{100};
  const Clock::time_point start = Clock::now();
  Clock::time_point looked = start;
  for (int i = 0;; ++i) {
    int done = 0;
    MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE);
    if (done) return;
    if (i < yields) {
      sched_yield();
      continue;
    }
    std::this_thread::sleep_for(pause);
    const Clock::time_point now = Clock::now();
    if (now - looked < between_looks) continue;
    looked = now;
    check_alive(peers);
    const std::chrono::duration<double> waited = now - start;
    OCTET_CHECK(!timed || peers.timeout == 0 || waited.count() < peers.timeout, peers.name(peer),
                " has not answered for ", peers.timeout, " s");
  }
}

}  // namespace octet::dist
