// octet import in a build without the training libraries.
#include "apps/octet/commands.h"
#include "base/error.h"

namespace octet::app {

void add_import(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("import", "Not in this build: it needs the training libraries.");
  command->allow_extras();
  command->callback(
      [] { fail("import: this build is without training libraries (OCTET_BUILD_TRAINING=OFF)"); });
}

}  // namespace octet::app
