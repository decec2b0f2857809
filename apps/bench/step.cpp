// octet-bench step: speed and memory of a training step.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/bench/bench_commands.h"
#include "apps/bench/check_step.h"
#include "apps/bench/child.h"
#include "apps/bench/fma_ceiling.h"
#include "apps/bench/profile.h"
#include "apps/bench/usage.h"
#include "apps/common/ceiling.h"
#include "base/atomic_file.h"
#include "base/text_table.h"
#include "core/kernels/blas.h"

namespace octet::bench {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string net, config, mode = "float", json;
  int batch = 0, threads = 1;
  double seconds = 4;
  bool profile = false;
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Times {
  std::vector<double> wall, cpu;  // ms, sorted
  std::int64_t page_faults = 0;   // of the last step
};

Times time_steps(TrainingStep& step, const SyntheticBatch& batch, double seconds) {
  constexpr int warm_up = 3;
  constexpr std::size_t fewest = 5;
  for (int i = 0; i < warm_up; ++i) step.run(batch);
  Times t;
  const Clock::time_point begin = Clock::now();
  while (t.wall.size() < fewest || ms_since(begin) < 1e3 * seconds) {
    const std::int64_t faults = page_faults();
    const double cpu = cpu_ms();
    const Clock::time_point start = Clock::now();
    step.run(batch);
    t.wall.push_back(ms_since(start));
    t.cpu.push_back(cpu_ms() - cpu);
    t.page_faults = page_faults() - faults;
  }
  std::sort(t.wall.begin(), t.wall.end());
  std::sort(t.cpu.begin(), t.cpu.end());
  return t;
}

/// GFLOP/s of one core, two operations a multiply-add.
struct Ceilings {
  double real, integer;
};

Json profile_json(Context& ctx, TrainingStep& step, const SyntheticBatch& batch,
                  const Ceilings& ceilings) {
  Profile profile;
  ctx.observer = &profile;
  for (int i = 0; i < 7; ++i) {
    profile.next_step();
    step.run(batch, &profile);
  }
  ctx.observer = nullptr;
  Json phases = Json::object(), ops = Json::array();
  for (const Profile::PhaseTime& p : profile.phases()) phases[p.phase] = p.ms;
  for (const Profile::OpTime& t : profile.ops()) {
    const auto share = [&](double macs, double ms, double ceiling) {
      return ms > 0 && ceiling > 0 ? 2e-6 * macs / ms / ceiling : 0.0;
    };
    ops.push_back(
        {{"op", t.op},
         {"layer", t.scope},
         {"shape", t.shape},
         {"macs", t.macs},
         {"backward_macs", t.backward_macs},
         {"forward_ms", t.forward_ms},
         {"backward_ms", t.backward_ms},
         {"forward_share_of_ceiling",
          share(t.macs, t.forward_ms, t.integer ? ceilings.integer : ceilings.real)},
         {"backward_share_of_ceiling", share(t.backward_macs, t.backward_ms, ceilings.real)}});
  }
  return {{"phases_ms", phases}, {"ops", ops}};
}

struct Macs {
  double forward = 0, backward = 0;
};

/// Multiply-adds of one step, counted by running it.
Macs count_macs(Context& ctx, TrainingStep& step, const SyntheticBatch& batch) {
  Profile profile;
  ctx.observer = &profile;
  step.gradients(batch);
  ctx.observer = nullptr;
  Macs macs;
  for (const Profile::OpTime& t : profile.ops()) {
    macs.forward += t.macs;
    macs.backward += t.backward_macs;
  }
  return macs;
}

Json step_json(const Options& options) {
  const Mode mode = parse_mode(options.mode);
  const Network network = options.config.empty() ? find_network(options.net, mode)
                                                 : network_of_config(options.config, mode);
  const int images = options.batch > 0 ? options.batch : network.batch;
  // In a process of its own, which takes the memory of the reference with it.
  const Json check = Json::parse(in_child([&] {
    Context ctx(options.threads);
    return check_step(ctx, network).dump();
  }));
  Context ctx(options.threads);
  const Ceilings ceilings{fma_ceiling(), 2e-9 * app::peak_macs_per_second(ctx.isa)};
  const SyntheticBatch batch(network, images);
  TrainingStep step(ctx, network);
  // Calibration is no part of the step: what it held goes back, and the peaks start anew.
  ctx.pool.trim();
  reset_peak_memory();
  const Macs macs = count_macs(ctx, step, batch);
  const Times t = time_steps(step, batch, options.seconds);
  const double median = t.wall[t.wall.size() / 2];
  const Pool::Usage used = ctx.pool.usage();
  const auto mib = [](std::size_t bytes) { return static_cast<double>(bytes) / 1048576; };
  Json json = {{"network", network.name},
               {"mode", options.mode},
               {"batch", images},
               {"threads", options.threads},
               {"isa", isa_name(ctx.isa)},
               {"openblas_core", blas_kernels().core},
               {"steps", t.wall.size()},
               {"median_ms", median},
               {"min_ms", t.wall.front()},
               {"cpu_median_ms", t.cpu[t.cpu.size() / 2]},
               {"cpu_min_ms", t.cpu.front()},
               {"images_per_s", 1e3 * images / median},
               {"macs", macs.forward},
               {"backward_macs", macs.backward},
               {"gflops", 2e-6 * (macs.forward + macs.backward) / median},
               {"ceiling_gflops_per_core", ceilings.real},
               {"int8_ceiling_gflops_per_core", ceilings.integer},
               {"peak_rss_mib", peak_rss_mib()},
               {"pool_peak_mib", mib(used.peak)},
               {"pool_held_mib", mib(used.in_use + used.cached)},
               {"page_faults_per_step", t.page_faults},
               {"check", check}};
  if (options.profile) json["profile"] = profile_json(ctx, step, batch, ceilings);
  return json;
}

void print_profile(const Json& profile) {
  TextTable phases({"phase", "ms"});
  for (const auto& [name, ms] : profile["phases_ms"].items()) {
    phases.add({name, fixed(ms.get<double>(), 3)});
  }
  std::cout << '\n';
  phases.print(std::cout);
  TextTable ops({"op", "layer", "result", "forward ms", "ceiling", "backward ms", "ceiling"});
  for (const Json& op : profile["ops"]) {
    const auto share = [&](const char* key) {
      return op[key].get<double>() > 0 ? fixed(100 * op[key].get<double>(), 0) + "%" : "-";
    };
    ops.add({op["op"].get<std::string>(), op["layer"].get<std::string>(),
             op["shape"].get<std::string>(), fixed(op["forward_ms"].get<double>(), 3),
             share("forward_share_of_ceiling"), fixed(op["backward_ms"].get<double>(), 3),
             share("backward_share_of_ceiling")});
  }
  std::cout << '\n';
  ops.print(std::cout);
}

void print(const Json& json) {
  const auto number = [&](const char* key, int digits) {
    return fixed(json[key].get<double>(), digits);
  };
  std::cout << json["network"].get<std::string>() << ", " << json["mode"].get<std::string>()
            << ", batch " << json["batch"].get<int>() << ", threads " << json["threads"].get<int>()
            << ", OpenBLAS kernels for " << json["openblas_core"].get<std::string>()
            << " (checked against " << json["check"]["against"].get<std::string>()
            << ": error of a gradient at most " << json["check"]["gradient_error"].get<double>()
            << ")\nmedian " << number("median_ms", 2) << " ms, min " << number("min_ms", 2)
            << " ms, CPU min " << number("cpu_min_ms", 2) << " ms over "
            << json["steps"].get<std::size_t>() << " steps\n"
            << number("images_per_s", 1) << " images/s, " << number("gflops", 1) << " GFLOP/s of "
            << number("ceiling_gflops_per_core", 1) << " a core, peak RSS "
            << number("peak_rss_mib", 1) << " MiB, pool " << number("pool_peak_mib", 1) << " MiB, "
            << json["page_faults_per_step"].get<std::int64_t>() << " page faults a step\n";
  if (json.contains("profile")) print_profile(json["profile"]);
}

void step(const Options& options) {
  if (!options.json.empty() && options.json != "-") {
    const AtomicFile writable(options.json);  // or an error now, not after the measurement
  }
  const Json json = step_json(options);
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (options.json == "-") {
    std::cout << text;
    return;
  }
  print(json);
  if (const std::string& warning = blas_kernels().warning; !warning.empty()) {
    std::cout << "warning: " << warning << '\n';
  }
  if (!options.json.empty()) write_file_atomically(options.json, std::as_bytes(std::span(text)));
}

}  // namespace

void add_step(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "step", "Time the training step of a network (zero_grad, forward, backward, optimizer).");
  auto* net = command->add_option("--net", options->net, "one of the networks compared")
                  ->check(CLI::IsMember(network_names()));
  auto* config =
      command
          ->add_option(
              "--config", options->config,
              "a trainer's configuration: its network for its data, loss, optimizer and groups")
          ->check(CLI::ExistingFile);
  net->excludes(config);
  command
      ->add_option("--batch", options->batch,
                   "images; 0: as in the comparisons, or the configuration's")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  command->add_option("--threads", options->threads)
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--mode", options->mode, "qat: stage train_bn; qat-frozen: stage frozen_bn")
      ->check(CLI::IsMember({"float", "qat", "qat-frozen"}))
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "how long to measure")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command->add_flag("--profile", options->profile, "also the time of every phase and operator");
  command->add_option("--json", options->json,
                      "write the figures to this file, or to the standard output alone (-)");
  command->callback([options] {
    if (options->net.empty() && options->config.empty()) {
      throw CLI::RequiredError("--net NAME or --config FILE");
    }
    step(*options);
  });
}

}  // namespace octet::bench
