// octet bench: how fast a model runs, after a check that it computes what it should.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "apps/common/ceiling.h"
#include "apps/octet/commands.h"
#include "apps/octet/model_arguments.h"
#include "apps/octet/samples.h"
#include "apps/octet/work.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text_table.h"

namespace octet::app {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

struct Options {
  ModelArguments model;
  RunArguments run;
  std::string json;
  double seconds = 2.0;
  int spin_us = 0;
  bool profile = false;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Throws Error unless the model gives the portable kernels' bytes.
void check_answer(const Options& options, const int8::Model& model,
                  const std::vector<Sample>& samples) {
  const int8::Model portable = options.model.load(int8::Isa::portable);
  const auto expected =
      run_samples(portable, samples,
                  {.threads = options.run.threads, .memory_limit = options.model.memory_limit()});
  const auto actual = run_samples(model, samples,
                                  {.batch = options.run.batch,
                                   .threads = options.run.threads,
                                   .memory_limit = options.model.memory_limit()});
  OCTET_CHECK(actual == expected, options.model.path, ": ", int8::isa_name(model.isa()),
              " does not give the portable kernels' bytes; octet verify says where");
}

/// CPU time of the process, all threads together: other work on the machine does not count.
double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// However long a run takes.
constexpr int least_runs = 5;

/// Seconds of a run, ascending: means of groups of runs, where they are short.
struct Times {
  std::vector<double> wall, cpu;
  std::int64_t runs = 0;
};

/// Inputs are written before each group of runs, outside the timing: reading the clocks, of which
/// that of CPU time is slow, must not count in runs of microseconds.
Times time_runs(const int8::Model& model, const std::vector<Sample>& samples,
                int8::ExecutionContext& context, double seconds) {
  constexpr double group_seconds = 1e-3;
  Times times;
  int group = 1;
  const Clock::time_point begin = Clock::now();
  while (std::ssize(times.wall) < least_runs || seconds_since(begin) < seconds) {
    set_inputs(model, samples, 0, context);
    const double cpu_start = cpu_seconds();
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < group; ++i) context.run();
    times.wall.push_back(seconds_since(start) / group);
    times.cpu.push_back((cpu_seconds() - cpu_start) / group);
    times.runs += group;
    group = static_cast<int>(std::clamp(group_seconds / times.wall.back(), 1.0, 1000.0));
  }
  std::sort(times.wall.begin(), times.wall.end());
  std::sort(times.cpu.begin(), times.cpu.end());
  return times;
}

/// Quantile p of sorted values, the nearest one.
double quantile(const std::vector<double>& sorted, double p) {
  return sorted[static_cast<std::size_t>(std::lround(p * static_cast<double>(sorted.size() - 1)))];
}

/// Shapes of what a node reads and writes at run time: "32x32x16 -> 32x32x16"; filter and stride
/// where it has them.
std::string shape_of(const int8::Graph& graph, const int8::Node& node) {
  const auto text = [&graph](int index) {
    const auto& shape = graph.tensors[static_cast<std::size_t>(index)].shape;
    std::string s;
    for (std::size_t i = 1; i < shape.size(); ++i)  // without the batch
      s += (i > 1 ? "x" : "") + std::to_string(shape[i]);
    return s;
  };
  std::string shapes;
  for (const int input : node.inputs) {
    if (input < 0 || graph.tensors[static_cast<std::size_t>(input)].constant) continue;
    shapes += (shapes.empty() ? "" : ", ") + text(input);
  }
  shapes += " -> " + text(node.outputs[0]);
  if (const auto* conv = std::get_if<int8::ConvAttributes>(&node.attributes)) {
    const auto& weights = graph.tensors[static_cast<std::size_t>(node.inputs[1])].shape;
    shapes += " " + std::to_string(weights[1]) + "x" + std::to_string(weights[2]) + "/" +
              std::to_string(conv->stride_h);
  }
  return shapes;
}

/// What the instructions can do that a kernel multiplies with: those of the set in its name.
class Ceilings {
 public:
  /// In multiply-accumulates a second of a core; 0 if there is no such instruction.
  double of(std::string_view kernel) {
    for (const int8::Isa isa : int8::available_isas()) {
      if (!kernel.ends_with(int8::isa_name(isa))) continue;
      const auto [entry, fresh] = measured_.try_emplace(isa, 0.0);
      if (fresh) entry->second = peak_macs_per_second(isa);
      return entry->second;
    }
    return 0;
  }

 private:
  std::map<int8::Isa, double> measured_;
};

/// Times of every step: median and minimum. The share of the ceiling is that of the minimum.
Json profile_json(const int8::Model& model, const std::vector<Sample>& samples,
                  int8::ExecutionContext& context, const Options& options) {
  Ceilings ceilings;
  const std::vector<int8::StepInfo> steps = model.steps();
  std::vector<std::vector<double>> times(steps.size());
  const Clock::time_point begin = Clock::now();
  while (std::ssize(times[0]) < least_runs || seconds_since(begin) < options.seconds) {
    set_inputs(model, samples, 0, context);
    std::vector<double> run(steps.size(), 0.0);
    context.run_profiled(run);
    for (std::size_t i = 0; i < steps.size(); ++i) times[i].push_back(run[i]);
  }
  Json json = Json::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int8::Graph& graph = model.graph();
    const auto& node = graph.nodes[static_cast<std::size_t>(steps[i].node)];
    std::sort(times[i].begin(), times[i].end());
    const double least = times[i].front();
    const double macs = static_cast<double>(steps[i].macs) * context.batch();
    const double ceiling = macs > 0 ? ceilings.of(steps[i].kernel) * options.run.threads : 0.0;
    json.push_back({{"index", steps[i].node},
                    {"layer", graph.tensors[static_cast<std::size_t>(node.outputs[0])].name},
                    {"op", int8::op_name(node.op)},
                    {"kernel", steps[i].kernel},
                    {"shape", shape_of(graph, node)},
                    {"ms", 1e3 * quantile(times[i], 0.5)},
                    {"min_ms", 1e3 * least},
                    {"gmacs_per_s", least > 0 ? 1e-9 * macs / least : 0.0},
                    {"ceiling_share", least > 0 && ceiling > 0 ? macs / least / ceiling : 0.0}});
  }
  return json;
}

Json bench_json(const Options& options) {
  const int8::Model model = options.model.load();
  const std::vector<Sample> samples = check_samples(model, 4);
  // Twice in the check, then warm-up and measurement.
  const double least =
      2.0 * static_cast<double>(samples.size()) + 2.0 * least_runs * options.run.batch;
  announce_work("bench", options.model.path, model, least);
  check_answer(options, model, samples);

  int8::ExecutionContext context(model, {.batch = options.run.batch,
                                         .threads = options.run.threads,
                                         .spin_us = options.spin_us,
                                         .memory_limit = options.model.memory_limit()});
  time_runs(model, samples, context, std::min(0.5, options.seconds / 4));  // warm-up
  const Times times = time_runs(model, samples, context, options.seconds);
  const double median = quantile(times.wall, 0.5), p10 = quantile(times.wall, 0.1),
               p90 = quantile(times.wall, 0.9);
  const double macs = static_cast<double>(model.macs()) * options.run.batch;
  Json json = {{"model", options.model.path},
               {"isa", int8::isa_name(model.isa())},
               {"rounding", int8::rounding_name(model.rounding())},
               {"batch", options.run.batch},
               {"threads", options.run.threads},
               {"spin_us", options.spin_us},
               {"runs", times.runs},
               {"median_ms", 1e3 * median},
               {"min_ms", 1e3 * times.wall.front()},
               {"p10_ms", 1e3 * p10},
               {"p90_ms", 1e3 * p90},
               {"spread", (p90 - p10) / median},
               {"cpu_median_ms", 1e3 * quantile(times.cpu, 0.5)},
               {"cpu_min_ms", 1e3 * times.cpu.front()},
               {"images_per_s", options.run.batch / median},
               {"macs", model.macs()},
               {"gmacs_per_s", 1e-9 * macs / median},
               {"arena_bytes", context.arena_bytes()},
               {"arena_lower_bound", context.arena_lower_bound()},
               {"scratch_bytes", context.scratch_bytes()},
               {"packed_bytes", model.packed_bytes()}};
  if (options.profile) json["ops"] = profile_json(model, samples, context, options);
  return json;
}

void print(const Json& json) {
  const auto number = [](const Json& value, int digits) {
    return fixed(value.get<double>(), digits);
  };
  std::cout << json["model"].get<std::string>() << ": " << json["isa"].get<std::string>()
            << ", batch " << json["batch"].get<int>() << ", threads " << json["threads"].get<int>()
            << " (same bytes as the portable kernels)\n"
            << "median " << number(json["median_ms"], 4) << " ms, min " << number(json["min_ms"], 4)
            << " ms, spread " << fixed(100 * json["spread"].get<double>(), 1)
            << " % (p10 to p90) over " << json["runs"].get<std::int64_t>() << " runs\n"
            << number(json["images_per_s"], 1) << " images/s, " << number(json["gmacs_per_s"], 2)
            << " GMAC/s, arena " << grouped(json["arena_bytes"].get<std::int64_t>())
            << " bytes, scratch " << grouped(json["scratch_bytes"].get<std::int64_t>())
            << " bytes\n";
  if (!json.contains("ops")) return;
  double total = 0;
  for (const Json& op : json["ops"]) total += op["ms"].get<double>();
  TextTable table(
      {"#", "layer", "op", "kernel", "shape", "ms", "min ms", "share", "GMAC/s", "ceiling"});
  for (const Json& op : json["ops"]) {
    const auto text = [&op](const char* key) { return op[key].get<std::string>(); };
    table.add({std::to_string(op["index"].get<int>()), one_line(text("layer")), text("op"),
               text("kernel"), text("shape"), number(op["ms"], 4), number(op["min_ms"], 4),
               fixed(100 * op["ms"].get<double>() / total, 1) + "%", number(op["gmacs_per_s"], 1),
               fixed(100 * op["ceiling_share"].get<double>(), 0) + "%"});
  }
  std::cout << '\n';
  table.print(std::cout);
}

void bench(const Options& options) {
  if (!options.json.empty() && options.json != "-") {
    const AtomicFile writable(options.json);  // or an error now, not after the measurement
  }
  const Json json = bench_json(options);
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  if (options.json == "-") {
    std::cout << text;
    return;
  }
  print(json);
  if (!options.json.empty()) write_file_atomically(options.json, std::as_bytes(std::span(text)));
}

}  // namespace

void add_bench(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "bench",
      "Time a model on random codes, after checking its bytes against the portable kernels.");
  options->model.add_to(*command);
  options->run.add_to(*command, "samples per run");
  command->add_option("--seconds", options->seconds, "how long to measure")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--spin-us", options->spin_us,
                   "microseconds for which a waiting thread polls before it sleeps")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  command->add_flag("--profile", options->profile, "also the time of every operator");
  command->add_option("--json", options->json,
                      "write the figures to this file, or to the standard output alone (-)");
  command->callback([options] { with_model_name(options->model.path, [&] { bench(*options); }); });
}

}  // namespace octet::app
