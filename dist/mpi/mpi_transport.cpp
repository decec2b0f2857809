#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "dist/mpi/mpi_wait.h"
#include "dist/transport.h"

namespace octet::dist {
namespace {

constexpr std::size_t largest = std::size_t{1} << 30;  // bytes of a message: MPI counts in int

class MpiTransport final : public Transport {
 public:
  MpiTransport() {
    int level = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
    OCTET_CHECK(level >= MPI_THREAD_SERIALIZED,
                "MPI: expected a library for programs with threads (MPI_THREAD_SERIALIZED)");
    int size = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &peers_.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    OCTET_CHECK(size == started_processes(), "MPI: started as one of ", started_processes(),
                " processes, of which the MPI library knows ", size,
                ": is mpirun that of another MPI?");
    Peer own{};
    gethostname(own.host, sizeof own.host - 1);
    own.process = getpid();
    peers_.all.resize(static_cast<std::size_t>(size));
    MPI_Allgather(&own, sizeof own, MPI_BYTE, peers_.all.data(), sizeof own, MPI_BYTE,
                  MPI_COMM_WORLD);
    peers_.find_watched();
  }
  ~MpiTransport() override { MPI_Finalize(); }

  int rank() const noexcept override { return peers_.rank; }
  int size() const noexcept override { return static_cast<int>(peers_.all.size()); }
  int size_here() const noexcept override {
    int count = 0;
    for (int r = 0; r < size(); ++r) count += peers_.is_here(r);
    return count;
  }

  void exchange(int peer, std::span<const std::byte> send, std::span<std::byte> receive) override {
    while (!send.empty() || !receive.empty()) {
      const auto out = send.first(std::min(send.size(), largest));
      const auto in = receive.first(std::min(receive.size(), largest));
      std::array<MPI_Request, 2> requests{start_receive(peer, in), start_send(peer, out)};
      wait_for(requests, peer, /*timed=*/true, peers_);
      send = send.subspan(out.size());
      receive = receive.subspan(in.size());
    }
  }

  void broadcast(std::vector<std::byte>& bytes) override {
    // Rank r hears from r without its lowest set bit, and tells r with each bit below that one.
    int lowest = 1;
    while (lowest < size() && !(rank() & lowest)) lowest *= 2;
    std::size_t count = bytes.size();
    const auto pass_on = [&](std::span<std::byte> part) {
      if (rank() != 0) {
        const int from = rank() & ~lowest;
        std::array<MPI_Request, 1> request{start_receive(from, part)};
        wait_for(request, from, /*timed=*/false, peers_);
      }
      for (int bit = lowest / 2; bit >= 1; bit /= 2) {
        if (rank() + bit >= size()) continue;
        std::array<MPI_Request, 1> request{start_send(rank() + bit, part)};
        wait_for(request, rank() + bit, /*timed=*/true, peers_);
      }
    };
    pass_on(std::as_writable_bytes(std::span(&count, 1)));
    bytes.resize(count);
    for (std::size_t at = 0; at < count; at += largest) {
      pass_on(std::span(bytes).subspan(at, std::min(largest, count - at)));
    }
  }

  void set_timeout(double seconds) noexcept override { peers_.timeout = seconds; }
  void at_step(std::int64_t step) noexcept override { step_ = step; }
  std::string place() const override {
    if (size() == 1) return {};
    std::string text = peers_.name(rank());
    if (step_ > 0) text += ", step " + std::to_string(step_);
    return text;
  }
  void abort() noexcept override {
    if (size() > 1) MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }

 private:
  static MPI_Request start_receive(int peer, std::span<std::byte> to) {
    MPI_Request request;
    MPI_Irecv(to.data(), static_cast<int>(to.size()), MPI_BYTE, peer, 0, MPI_COMM_WORLD, &request);
    return request;
  }
  static MPI_Request start_send(int peer, std::span<const std::byte> from) {
    MPI_Request request;
    MPI_Isend(from.data(), static_cast<int>(from.size()), MPI_BYTE, peer, 0, MPI_COMM_WORLD,
              &request);
    return request;
  }

  Peers peers_;
  std::atomic<std::int64_t> step_{0};
};

}  // namespace

bool has_mpi() noexcept {
  return true;
}

std::unique_ptr<Transport> open_transport() {
  if (started_processes() == 1) return alone();
  return std::make_unique<MpiTransport>();
}

}  // namespace octet::dist
