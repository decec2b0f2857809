#include "apps/trainer/team.h"

#include "apps/trainer/phases.h"
#include "apps/trainer/run.h"
#include "apps/trainer/session.h"
#include "interop/checkpoint/pack.h"

namespace octet::trainer {
namespace {

// What the leader sends: a run's state, and beside it the names of its configuration; or an
// outcome.
constexpr const char* config_file = "team/config";
constexpr const char* config_override = "team/override/";
constexpr const char* out_folder = "team/out";
constexpr const char* outcome_name = "team/outcome";

void send(Team& team, const Checkpoint& c) {
  std::vector<std::byte> bytes = pack(c);
  team.member.communicator.broadcast(bytes);
}

config::Config config_of(const Checkpoint& c, int threads) {
  std::vector<std::string> overrides;
  for (std::size_t i = 0;; ++i) {
    const auto it = c.texts.find(config_override + std::to_string(i));
    if (it == c.texts.end()) break;
    overrides.push_back(it->second);
  }
  config::Config config = config::read_config(c.text(config_file), overrides);
  config.threads = threads;
  config.out = {c.text(out_folder), c.text(out_folder)};
  return config;
}

}  // namespace

DataSource SharedData::open(config::Config& config, Progress& progress) {
  std::string key = config.file.string();
  for (const std::string& o : config.overrides) key += "\n" + o;
  const std::lock_guard lock(mutex_);
  if (key != key_) {
    data_ = {};  // before the next ones
    data_ = open_run_data(config, progress);
    config_ = config;
    key_ = std::move(key);
  } else {
    const auto [threads, out] = std::pair(config.threads, config.out);
    config = config_;
    config.threads = threads;
    config.out = out;
  }
  return data_;
}

void call_team(Session& s) {
  if (!s.team || s.phase >= Phase::finish) return;
  Checkpoint c = s.restored ? *s.restored : s.snapshot();
  c.texts[config_file] = s.config.file.string();
  for (std::size_t i = 0; i < s.config.overrides.size(); ++i) {
    c.texts[config_override + std::to_string(i)] = s.config.overrides[i];
  }
  c.texts[out_folder] = s.config.out.path.string();
  send(*s.team, c);
}

void dismiss_team(Team& team, Outcome outcome) {
  Checkpoint c;
  c.integers[outcome_name] = static_cast<std::int64_t>(outcome);
  send(team, c);
}

Outcome follow(Team& team, int threads) {
  Progress silent = Progress::silent();
  for (;;) {
    std::vector<std::byte> bytes;
    team.member.communicator.broadcast(bytes);
    Checkpoint c = unpack(bytes);
    if (c.integers.contains(outcome_name)) return static_cast<Outcome>(c.integer(outcome_name));
    config::Config config = config_of(c, threads);
    DataSource data = team.data.open(config, silent);
    Session s(config, std::move(data), silent, threads, &team);
    s.restore(std::move(c));
    run_phases(s);
  }
}

}  // namespace octet::trainer
