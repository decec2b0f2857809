#include "apps/octet/pictures/picture_arguments.h"

namespace octet::app {

void PictureArguments::add_to(CLI::App& command) {
  command.add_option("--labels", labels,
                     "names of the classes: a text file, one a line; default: the model's");
  command.add_option("--mean", mean,
                     "the input is (pixel - mean) / std, pixels 0 to 255: one number, or one for "
                     "each channel; default: the model's");
  command.add_option("--std", std, "see --mean");
}

}  // namespace octet::app
