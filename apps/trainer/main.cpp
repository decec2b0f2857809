// trainer: from a configuration to a trained, quantized, checked model.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "apps/common/limit_options.h"
#include "apps/common/usage_error.h"
#include "apps/common/version/version.h"
#include "apps/trainer/dry_run.h"
#include "apps/trainer/run.h"
#include "apps/trainer/team.h"
#include "base/printable.h"
#include "core/kernels/blas.h"
#include "dist/transport.h"
#include "fit/interrupt.h"

namespace {

using namespace octet;

constexpr int exit_error = 1, exit_interrupted = 130;

struct Arguments {
  std::string config, out, weights;
  std::vector<std::string> sets;
  int threads = -1, ranks = 0;
  LimitOptions limits;
  bool resume = false, overwrite = false, dry_run = false, print_schema = false;
};

void declare(CLI::App& app, Arguments& a) {
  app.add_option("--config,CONFIG", a.config, "Configuration to run (see configs/)");
  app.add_option("--set", a.sets,
                 "key=value: replaces a value of the configuration, as in "
                 "--set train.epochs=3; may be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
  app.add_option("--threads", a.threads,
                 "Number of threads; 0: one for each core. Results do not depend on it")
      ->check(CLI::Range(0, 1024));
  app.add_option("--ranks", a.ranks,
                 "Train on this many processes of this machine, by mpirun (docs/distributed.md)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--out", a.out, "Folder of runs (default: runs); outputs go to DIR/<name>/");
  auto* resume =
      app.add_flag("--resume", a.resume, "Go on with an unfinished run; start it if there is none");
  app.add_flag("--overwrite", a.overwrite,
               "Start over; what an earlier run wrote is kept aside until the new one is finished")
      ->excludes(resume);
  app.add_flag("--dry-run", a.dry_run,
               "Show what a run would do and write nothing: the data and their classes, the "
               "network's layers, the int8 model's size and memory, the time it would take")
      ->excludes(resume);
  app.add_option("--weights", a.weights,
                 "Write the weights of the trained float network to this file when the run is "
                 "finished, or is already: safetensors, for init.import and other programs");
  add_limits(app, a.limits);
  app.add_flag("--print-schema", a.print_schema,
               "Print the JSON Schema of configurations and exit");
  app.set_version_flag("--version", "trainer (octet) " + version() + ", revision " + revision());
  app.footer(
      "Exit codes: 0 done, 1 error, 2 wrong usage, 130 stopped by Ctrl-C, SIGTERM or SIGHUP.");
}

/// In single quotes if the shell needs them.
std::string shell_word(const std::string& s) {
  const char* safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!s.empty() && s.find_first_not_of(safe) == s.npos) return s;
  std::string out = "'";
  for (char c : s) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// The command that goes on with a stopped run of so many processes.
std::string resume_command(int argc, char** argv, const Arguments& a, int processes) {
  std::string command = processes > 1 ? "mpirun -n " + std::to_string(processes) + " " : "";
  for (int i = 0; i < argc; ++i) {
    if (std::string(argv[i]) == "--overwrite") continue;
    command += (i ? " " : "") + shell_word(argv[i]);
  }
  return a.resume ? command : command + " --resume";
}

/// `argv` without --ranks.
std::vector<std::string> arguments_of_rank(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--ranks") {
      ++i;
    } else if (!word.starts_with("--ranks=")) {
      arguments.push_back(word);
    }
  }
  return arguments;
}

/// The run by this process's members: one alone, unless there are several ranks or shards.
Outcome run_members(config::Config& c, trainer::RunOptions& options, dist::Transport& transport,
                    Progress& progress, bool& together) {
  if (transport.size() == 1 && c.dist.shards <= 1) return trainer::run(c, options, progress);
  transport.set_timeout(c.dist.timeout);
  dist::MemberGroup group(transport, {.shards = c.dist.shards, .threads = c.threads});
  c.threads = group.threads();
  trainer::SharedData data;
  together = true;
  Outcome outcome = Outcome::finished;
  group.run([&](dist::Member& member) {
    trainer::Team team{member, data, group.processes()};
    if (team.leads()) {
      options.team = &team;
      outcome = trainer::run(c, options, progress);
      trainer::dismiss_team(team, outcome);
    } else {
      const Outcome followed = trainer::follow(team, group.threads());
      if (member.communicator.rank() % (group.shards() / group.processes()) == 0)
        outcome = followed;
    }
  });
  return outcome;
}

int run_trainer(int argc, char** argv, const Arguments& a, dist::Transport& transport,
                bool& together) {
  config::Config c = config::read_config(a.config, a.sets);
  if (a.threads >= 0) c.threads = a.threads;
  if (!a.out.empty()) c.out = {a.out, a.out};
  watch_interrupts();
  const bool first = transport.rank() == 0;
  // Open MPI gives every rank a terminal of its own, whatever mpirun writes to.
  Progress progress = !first                 ? Progress::silent()
                      : transport.size() > 1 ? Progress(/*terminal=*/false)
                                             : Progress::for_stdout();
  if (const std::string& warning = blas_kernels().warning; !warning.empty()) {
    progress.say("warning: " + warning);
  }
  if (a.dry_run) {
    if (first) trainer::dry_run(c, progress);
    return 0;
  }
  trainer::RunOptions options{.resume = a.resume,
                              .overwrite = a.overwrite,
                              .weights = a.weights,
                              .fail_below = a.limits.below,
                              .fail_above = a.limits.above,
                              .ancestors = {}};
  if (run_members(c, options, transport, progress, together) == Outcome::finished) return 0;
  progress.say("stopped; everything is saved. To go on:\n  " +
               resume_command(argc, argv, a, transport.size()));
  return exit_interrupted;
}

/// `together`: the members have begun their work. Before that all ranks fail alike, and the first
/// one says so: it ends the others, which are told to stop.
void say_error(const dist::Transport* transport, bool together, const std::string& text) {
  if (transport && transport->rank() > 0 && !together) {
    for (int i = 0; i < 50; ++i) {
      if (interrupted()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  const std::string place = transport ? transport->place() : "";
  std::fprintf(stderr, "error: %s\n",
               printable_text(place.empty() ? text : place + ": " + text).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Trains networks and fine-tunes them on the int8 arithmetic they ship with.",
               "trainer"};
  Arguments arguments;
  declare(app, arguments);
  try {
    app.parse(argc, argv);
    if (arguments.print_schema) {
      std::fputs(config::schema_json().c_str(), stdout);
      return 0;
    }
    if (arguments.config.empty()) throw CLI::RequiredError("--config");
  } catch (const CLI::ParseError& e) {
    return report_usage(app, e);
  }
  std::unique_ptr<dist::Transport> transport;
  bool together = false;
  try {
    if (arguments.ranks > 1) {
      dist::start_job(arguments.ranks, arguments_of_rank(argc, argv));
    }
    transport = dist::open_transport();
    return run_trainer(argc, argv, arguments, *transport, together);
  } catch (const std::bad_alloc&) {
    say_error(transport.get(), together, "out of memory");
  } catch (const std::exception& e) {
    say_error(transport.get(), together, e.what());
  }
  if (transport && transport->size() > 1) transport->abort();  // the others wait for this one
  return exit_error;
}
