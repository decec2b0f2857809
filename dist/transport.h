// What the processes of a job need of each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace octet::dist {

/// Used by one thread at a time.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const noexcept = 0;
  virtual int size() const noexcept = 0;
  /// Processes of the job on this machine.
  virtual int size_here() const noexcept = 0;

  /// Sends to and receives from `peer` at once. Throws Error naming the peer's rank and host if it
  /// has died, or does not answer within the time of set_timeout().
  virtual void exchange(int peer, std::span<const std::byte> send,
                        std::span<std::byte> receive) = 0;
  /// Process 0's bytes, to all. Waits as long as process 0 lives.
  virtual void broadcast(std::vector<std::byte>& bytes) = 0;

  /// Seconds that exchange() waits; 0: for ever.
  virtual void set_timeout(double seconds) noexcept = 0;
  /// For messages.
  virtual void at_step(std::int64_t step) noexcept = 0;
  /// Who this is, for messages: "rank 1 on host, step 120"; empty in a job of one process.
  virtual std::string place() const = 0;
  /// Ends all processes of the job, this one at once.
  [[noreturn]] virtual void abort() noexcept = 0;
};

/// The job that this process was started in by mpirun or the like (PMI or PMIx), or one of this
/// process alone. Throws Error where it was started so, but octet was built without MPI
/// (OCTET_WITH_MPI). Once in a process, before it starts threads.
std::unique_ptr<Transport> open_transport();
/// A job of this process alone.
std::unique_ptr<Transport> alone();

/// As one of how many processes mpirun or the like has started this one; 1: alone.
int started_processes() noexcept;
/// Whether octet was built with MPI.
bool has_mpi() noexcept;
/// Replaces this process by `processes` of the same program with these arguments on this machine.
/// Throws Error if that is not possible.
[[noreturn]] void start_job(int processes, const std::vector<std::string>& arguments);

}  // namespace octet::dist
