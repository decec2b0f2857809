#include "apps/common/version/version.h"

#include "octet_revision.h"

namespace octet {

std::string version() {
  return OCTET_VERSION;
}
std::string revision() {
  return OCTET_REVISION;
}

}  // namespace octet
