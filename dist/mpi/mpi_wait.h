// Waiting for another process, with an eye on whether it lives.
#pragma once

#include <mpi.h>

#include <span>
#include <string>
#include <vector>

namespace octet::dist {

struct Peer {
  char host[64];
  int process;
  /// It can be seen whether it lives: it is on this machine, in the same namespace of processes.
  bool watched;
};

/// Where this process stands in the job, and the others.
struct Peers {
  int rank = 0;
  std::vector<Peer> all;
  double timeout = 0;  ///< seconds; 0: none

  /// On this machine.
  bool is_here(int other) const;
  /// Sets Peer::watched, when all are alive.
  void find_watched();
  /// "rank 1 on host (process 4711)"
  std::string name(int other) const;
};

/// Until these are done; makes room for others meanwhile. Throws Error naming the rank if one that
/// is watched has died, and if `timed`, naming `peer`, after Peers::timeout.
void wait_for(std::span<MPI_Request> requests, int peer, bool timed, const Peers& peers);

}  // namespace octet::dist
