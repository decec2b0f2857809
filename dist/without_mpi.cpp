// In place of dist/mpi/ in a build without MPI.
#include "base/error.h"
#include "dist/transport.h"

namespace octet::dist {

bool has_mpi() noexcept {
  return false;
}

std::unique_ptr<Transport> open_transport() {
  OCTET_CHECK(started_processes() == 1,
              "started as one of several processes, but octet was built without MPI: configure it "
              "with -DOCTET_WITH_MPI=ON");
  return alone();
}

void start_job(int, const std::vector<std::string>&) {
  fail(
      "several ranks need MPI, and octet was built without it: configure it with "
      "-DOCTET_WITH_MPI=ON");
}

}  // namespace octet::dist
