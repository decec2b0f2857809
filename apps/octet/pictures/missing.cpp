// Pictures in a build without the training libraries, which read them.
#include "apps/octet/commands.h"
#include "apps/octet/pictures/picture_arguments.h"
#include "base/error.h"

namespace octet::app {

void run_pictures(const ModelArguments&, int, const RunPicturesOptions&) {
  fail(
      "run: pictures need the training libraries, which this build is without "
      "(OCTET_BUILD_TRAINING=OFF); --input and --output take codes");
}

void add_eval(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("eval", "Not in this build: it needs the training libraries.");
  command->allow_extras();
  command->callback(
      [] { fail("eval: this build is without training libraries (OCTET_BUILD_TRAINING=OFF)"); });
}

}  // namespace octet::app
