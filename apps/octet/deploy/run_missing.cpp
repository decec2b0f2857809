// Runs in a build without the training libraries.
#include "apps/octet/deploy/deploy_sources.h"
#include "base/error.h"

namespace octet::app {

deploy::DeploymentSource run_source(const DeployOptions& options) {
  fail(options.source,
       ": deploy: a run's data need the training libraries, which this build is without "
       "(OCTET_BUILD_TRAINING=OFF); its model.tflite alone can be deployed");
}

}  // namespace octet::app
