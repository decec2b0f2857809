// A run by the members of a job (dist/member_group.h): the leader decides, writes and talks, the
// others follow it through the phases that train.
#pragma once

#include <mutex>
#include <string>

#include "apps/common/config/config.h"
#include "data/source.h"
#include "dist/member_group.h"
#include "fit/fit.h"
#include "fit/progress.h"

namespace octet::trainer {

class Session;

/// The data of a configuration, opened once for all members of a process.
class SharedData {
 public:
  /// As open_run_data(). For many threads.
  DataSource open(config::Config& config, Progress& progress);

 private:
  std::mutex mutex_;
  config::Config config_;  // of what is open, with what was measured
  std::string key_;
  DataSource data_;
};

/// A member's place in the job.
struct Team {
  dist::Member& member;
  SharedData& data;
  int processes;

  bool leads() const { return member.communicator.leads(); }
};

/// The leader, before the phases of a run: has the others begin it, in the state that it is in.
void call_team(Session& session);
/// The leader, when there is nothing more to do.
void dismiss_team(Team& team, Outcome outcome);
/// All others: run what the leader calls for. What the leader's run came to. Throws Error as run().
Outcome follow(Team& team, int threads);

}  // namespace octet::trainer
