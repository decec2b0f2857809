// One page that says what came of a run; it needs no other file and no network.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/image.h"
#include "eval/confusion_matrix.h"
#include "quant/diagnosis/layer_errors.h"
#include "report/curves.h"
#include "report/plots.h"

namespace octet::report {

/// A figure of the run's summary.
struct KeyFigure {
  std::string name, value;  ///< "int8 accuracy", "98.20 %"
  std::string note = {};    ///< "of 1,000 test images"
};

/// Which class is taken for which.
struct ConfusionTable {
  ConfusionMatrix matrix;
  std::vector<std::string> class_names = {};  ///< or none
  bool of_pixels = false;                     ///< it counts pixels
  std::string title = {};                     ///< where there are several: the output's name
};

/// A sample that the network gets wrong.
struct WorstSample {
  std::vector<Image> images = {};  ///< of any number, grey or RGB: the picture, masks
  std::string truth;               ///< what it is
  std::string verdict = {};        ///< what the network says
  std::string note = {};           ///< "no. 12, loss 3.2"
  bool wrong = false;              ///< the verdict is, and is shown in red
};

/// All texts are of unknown origin: the page shows them as they are. What is empty is left out.
struct RunReport {
  std::string name;              ///< the run's
  std::string description = {};  ///< a line below it
  std::vector<KeyFigure> figures = {};
  std::vector<std::string> advice = {};  ///< warnings and diagnoses
  std::vector<PhaseCurves> phases = {};
  std::vector<ConfusionTable> confusions = {};
  std::vector<ScatterPlot> scatters = {};
  std::vector<Histogram> histograms = {};
  std::string worst_title = "Pictures with the largest loss";
  std::vector<WorstSample> worst = {};
  std::vector<quant::LayerError> layers = {};
  std::string judged_by = "accuracy";  ///< the figure of layers in floats
  std::string config = {};             ///< of many lines
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
