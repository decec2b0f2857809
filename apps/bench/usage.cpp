#include "apps/bench/usage.h"

#include <malloc.h>
#include <sys/resource.h>

#include <ctime>
#include <fstream>
#include <string>

#include "base/error.h"

namespace octet::bench {

double cpu_ms() {
  timespec t{};
  OCTET_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0, "cannot read the CPU clock");
  return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

std::int64_t page_faults() {
  rusage usage{};
  OCTET_CHECK(getrusage(RUSAGE_SELF, &usage) == 0, "cannot read the resource usage");
  return usage.ru_minflt;
}

void reset_peak_memory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;
}

double peak_rss_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  fail("/proc/self/status: expected a line VmHWM");
}

}  // namespace octet::bench
