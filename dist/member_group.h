// The members of a data-parallel training in one process, each a thread.
#pragma once

#include <functional>
#include <memory>

#include "core/communicator.h"
#include "dist/transport.h"

namespace octet::dist {

/// How a process takes part in a job.
struct GroupOptions {
  /// Members of the whole job, which decide the bits of results; 0: one in each process.
  int shards = 0;
  /// Threads of this process; 0: its part of the cores here.
  int threads = 0;
};

/// What a member works with.
struct Member {
  Communicator& communicator;
  int threads;  ///< for its Context: as many as it has to itself
};

/// Members of rank shards / processes * process on, in this process. As many of them work at once
/// as there are threads; who waits for the others makes room.
class MemberGroup {
 public:
  /// Throws Error unless the numbers of shards and processes are powers of two, the second not
  /// above the first. `transport` must outlive the group.
  MemberGroup(Transport& transport, const GroupOptions& options);
  ~MemberGroup();

  int shards() const noexcept;
  int processes() const noexcept;
  /// Of this process, for all members together.
  int threads() const noexcept;

  /// Calls f for each member of this process, all at once, and waits for them. Throws what the
  /// first of them threw; the others get an Error from whatever they wait for. Once.
  void run(const std::function<void(Member&)>& f);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace octet::dist
