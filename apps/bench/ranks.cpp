// Steps of a data-parallel training: time, messages and bytes, and what waiting for others takes.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "apps/bench/bench_commands.h"
#include "apps/bench/training_step.h"
#include "core/communicator.h"
#include "dist/all_reduce.h"
#include "dist/member_group.h"

namespace octet::bench {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Another transport, whose messages are counted and timed.
class CountingTransport final : public dist::Transport {
 public:
  explicit CountingTransport(dist::Transport& t) : t_(t) {}
  int rank() const noexcept override { return t_.rank(); }
  int size() const noexcept override { return t_.size(); }
  int size_here() const noexcept override { return t_.size_here(); }
  void exchange(int peer, std::span<const std::byte> send, std::span<std::byte> receive) override {
    const Clock::time_point start = Clock::now();
    t_.exchange(peer, send, receive);
    ms += ms_since(start);
    bytes += send.size();
    ++messages;
  }
  void broadcast(std::vector<std::byte>& all) override { t_.broadcast(all); }
  void set_timeout(double seconds) noexcept override { t_.set_timeout(seconds); }
  void at_step(std::int64_t step) noexcept override { t_.at_step(step); }
  std::string place() const override { return t_.place(); }
  void abort() noexcept override { t_.abort(); }

  std::size_t messages = 0, bytes = 0;
  double ms = 0;

 private:
  dist::Transport& t_;
};

struct Options {
  std::string net = "lenet", mode = "float";
  int batch = 64, shards = 0, threads = 0, steps = 20;
  bool sums = false;
};

/// Median and least.
std::pair<double, double> summary(std::vector<double> v) {
  std::ranges::sort(v);
  return {v[v.size() / 2], v.front()};
}

void time_steps(const Options& o, dist::Transport& job) {
  CountingTransport transport(job);
  dist::MemberGroup group(transport, {.shards = o.shards, .threads = o.threads});
  std::vector<double> times;
  group.run([&](dist::Member& member) {
    Context ctx(member.threads, 0, &member.communicator);
    const Network network = find_network(o.net, parse_mode(o.mode));
    TrainingStep step(ctx, network);
    const SyntheticBatch batch(network, std::max(1, o.batch / group.shards()));
    const bool first = member.communicator.rank() % (group.shards() / group.processes()) == 0;
    constexpr int warm_up = 3;
    for (int i = -warm_up; i < o.steps; ++i) {
      (void)member.communicator.agreed(true);  // all at once
      if (first && i == 0) transport.messages = transport.bytes = 0, transport.ms = 0;
      const Clock::time_point start = Clock::now();
      step.run(batch);
      if (first && i >= 0) times.push_back(ms_since(start));
    }
  });
  if (transport.rank() != 0) return;
  const auto [median, least] = summary(times);
  const double steps = o.steps;
  std::printf(
      "%s %s batch %d, %d ranks, %d shards, %d threads each: step %.2f ms (least %.2f), a rank "
      "sends %.1f messages, %.0f bytes, %.2f ms in messages\n",
      o.net.c_str(), o.mode.c_str(), o.batch, group.processes(), group.shards(), group.threads(),
      median, least, double(transport.messages) / steps, double(transport.bytes) / steps,
      transport.ms / steps);
}

void time_sums(dist::Transport& job) {
  for (std::size_t bytes = 16; bytes <= std::size_t{16} << 20; bytes *= 4) {
    std::vector<float> values(bytes / sizeof(float), 1.0f);
    std::vector<double> times;
    for (int i = 0; i < 50; ++i) {
      const Clock::time_point start = Clock::now();
      dist::all_reduce(job, ReduceKind::sum_f32, std::as_writable_bytes(std::span(values)));
      times.push_back(ms_since(start));
    }
    const auto [median, least] = summary(times);
    if (job.rank() == 0) {
      std::printf("sum of %zu bytes by %d ranks: %.4f ms (least %.4f)\n", bytes, job.size(), median,
                  least);
    }
  }
}

}  // namespace

void add_ranks(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "ranks",
      "Time the steps of a data-parallel training, or sums alone: mpirun -n 2 octet-bench "
      "ranks (docs/measurements/data-parallel.md)");
  command->add_option("--net", o->net)->check(CLI::IsMember(network_names()));
  command->add_option("--mode", o->mode)->check(CLI::IsMember({"float", "qat", "qat-frozen"}));
  command->add_option("--batch", o->batch, "images of all ranks")->check(CLI::Range(1, 1 << 20));
  command->add_option("--shards", o->shards, "0: as many as ranks")->check(CLI::Range(0, 4096));
  command->add_option("--threads", o->threads, "of each rank; 0: its part of the cores")
      ->check(CLI::Range(0, 1024));
  command->add_option("--steps", o->steps)->check(CLI::Range(1, 100000));
  command->add_flag("--sums", o->sums, "sums of 16 bytes to 16 MB in place of steps");
  command->callback([o] {
    const auto job = dist::open_transport();
    if (o->sums) {
      time_sums(*job);
    } else {
      time_steps(*o, *job);
    }
  });
}

}  // namespace octet::bench
