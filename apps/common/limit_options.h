// Options that set the exit code by how good a model is.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace octet {

struct LimitOptions {
  std::vector<std::string> below, above;  ///< see parse_limits()
};

/// Adds --fail-below and --fail-above.
inline void add_limits(CLI::App& app, LimitOptions& limits) {
  const auto add = [&](const char* name, std::vector<std::string>& to, double most,
                       const std::string& doc) {
    app.add_option(name, to, doc)
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all()
        ->check([most](const std::string& text) {
          double value = 0;
          const std::string number = text.substr(text.find('=') + 1);
          return CLI::detail::lexical_cast(number, value) && value >= 0 && value <= most
                     ? std::string()
                     : "expected a number" + std::string(most == 1 ? " from 0 to 1" : "") +
                           ", or one behind a figure's name and '='";
        });
  };
  add("--fail-below", limits.below, 1,
      "Exit with 1 if the model's accuracy (of masks: mean IoU) is below this part of 1; r2=0.9, "
      "auc=0.9: another figure; may be repeated");
  add("--fail-above", limits.above, 1e300,
      "Exit with 1 if the model's error is above this: of regression the RMSE, of autoencoders the "
      "MSE; mae=0.1, loss=0.1: another figure; may be repeated");
}

}  // namespace octet
