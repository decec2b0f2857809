#include "apps/octet/pictures/picture_arguments.h"

namespace octet::app {

void PictureArguments::add_to(CLI::App& command) {
  command.add_option("--labels", labels,
                     "names of the classes: a text file, one a line; default: the model's");
  command.add_option("--task", task,
                     "what the model is for: classification, regression, autoencoder or "
                     "segmentation; default: what its file says, else classification");
  const auto numbers = [&command](const char* name, std::vector<double>& to, const char* doc) {
    // One word: those behind it are pictures.
    command.add_option(name, to, doc)->delimiter(',')->allow_extra_args(false);
  };
  numbers("--mean", mean,
          "the input is (pixel - mean) / std, pixels 0 to 255: one number, or one for each channel "
          "with commas between them; default: the model's");
  numbers("--std", std, "see --mean");
}

}  // namespace octet::app
