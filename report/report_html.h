// One page that says what came of a run; it needs no other file and no network.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/image.h"
#include "eval/confusion_matrix.h"
#include "eval/worst_samples.h"
#include "quant/diagnosis/layer_errors.h"
#include "report/curves.h"

namespace octet::report {

/// A figure of the run's summary.
struct KeyFigure {
  std::string name, value;  ///< "int8 accuracy", "98.20 %"
  std::string note = {};    ///< "of 1,000 test images"
};

/// A picture with a large loss.
struct WorstPicture {
  JudgedSample sample;
  Image image;  ///< as the data set has it, grey or RGB
};

/// All texts are of unknown origin: the page shows them as they are. What is empty is left out.
struct RunReport {
  std::string name;              ///< the run's
  std::string description = {};  ///< a line below it
  std::vector<KeyFigure> figures = {};
  std::vector<std::string> advice = {};  ///< warnings and diagnoses
  std::vector<PhaseCurves> phases = {};
  std::vector<std::string> class_names = {};
  std::optional<ConfusionMatrix> confusion = {};
  std::vector<WorstPicture> worst = {};
  std::vector<quant::LayerError> layers = {};
  std::string config = {};  ///< of many lines
  /// Name and what it is.
  std::vector<std::pair<std::string, std::string>> files = {};
};

/// Where Debian's package libjs-chart.js has Chart.js.
std::filesystem::path chart_script();

/// HTML. `script`: a file with Chart.js (version 3), which is put into the page with its licence
/// and draws the curves; where there is none the page says so, and has them as a table alone.
/// Throws Error if the number of class names is not that of the classes, a picture has other
/// channels than 1 or 3, or the script cannot be put into a page.
std::string report_html(const RunReport& report,
                        const std::filesystem::path& script = chart_script());

/// The same into a file, which appears whole or not at all.
void write_report(const RunReport& report, const std::filesystem::path& file,
                  const std::filesystem::path& script = chart_script());

}  // namespace octet::report
