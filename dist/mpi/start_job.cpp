#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "dist/transport.h"

namespace octet::dist {
namespace {

/// What Open MPI is told where the user has not; others ignore it.
void set_open_mpi_defaults() {
  const auto set = [](const char* name, const char* value) { setenv(name, value, 0); };
  set("OMPI_MCA_rmaps_base_oversubscribe", "1");      // more ranks than cores
  set("OMPI_MCA_hwloc_base_binding_policy", "none");  // a rank has threads
  set("OMPI_MCA_mpi_yield_when_idle", "1");
  set("OMPI_MCA_odls_base_sigkill_timeout", "2");  // time to save; twice until a job is over
  if (geteuid() == 0) {
    set("OMPI_ALLOW_RUN_AS_ROOT", "1");
    set("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
  }
}

}  // namespace

void start_job(int processes, const std::vector<std::string>& arguments) {
  OCTET_CHECK(started_processes() == 1, "--ranks: this process is one of several already");
  set_open_mpi_defaults();
  std::vector<std::string> command{OCTET_MPIEXEC, "-n", std::to_string(processes),
                                   std::filesystem::read_symlink("/proc/self/exe").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  execvp(words[0], words.data());
  fail("cannot start ", words[0], ": ", std::strerror(errno));
}

}  // namespace octet::dist
