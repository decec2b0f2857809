// A run as files for people: a page, a table of its curves, events for TensorBoard.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <span>
#include <sstream>

#include "apps/common/config/json_text.h"
#include "apps/trainer/judge.h"
#include "apps/trainer/model_names.h"
#include "apps/trainer/score.h"
#include "apps/trainer/worst_pictures.h"
#include "base/atomic_file.h"
#include "base/text_table.h"
#include "report/report_html.h"

namespace octet::trainer {
namespace {

using config::Json;

/// Seconds since 1970 of metrics.jsonl's "time"; 0 if it is not one.
double seconds_of(const std::string& utc) {
  std::tm parts{};
  if (!strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts)) return 0;
  return static_cast<double>(timegm(&parts));
}

bool is_curve(const std::string& name) {
  if (name == "lr" || name == "images_per_second") return true;
  for (const char* of : {"train_", "val_", "test_", "int8_val_", "int8_test_"}) {
    if (name.starts_with(of)) return true;
  }
  return false;
}

/// The lines that are of epochs.
std::vector<report::PhaseCurves> curves_of(const std::string& metrics) {
  std::vector<report::PhaseCurves> phases;
  std::istringstream lines(metrics);
  for (std::string text; std::getline(lines, text);) {
    const Json line = Json::parse(text);
    if (!line.contains("epoch")) continue;
    const std::string phase = line.at("phase");
    if (phases.empty() || phases.back().phase != phase) phases.push_back({phase, {}});
    report::EpochFigures epoch;
    epoch.epoch = line.at("epoch");
    if (line.contains("time")) epoch.time = seconds_of(line.at("time"));
    for (const auto& [name, value] : line.items()) {
      if (is_curve(name) && value.is_number())
        epoch.figures.emplace_back(name, value.get<double>());
    }
    phases.back().epochs.push_back(std::move(epoch));
  }
  return phases;
}

/// Of the test split: the first figure, with the others as a note.
report::KeyFigure key_figure(const Session& s, const std::string& part, const Summary& of) {
  const FigureKind& main = s.main_figure();
  const std::string test = std::to_string(s.data.test.size());
  report::KeyFigure figure{part + " " + main.text, figure_text(main, of.at(main.name)), {}};
  if (s.figures.size() == 1) {
    figure.note = "of " + test + " test images";
  } else {
    for (const FigureKind& kind : std::span(s.figures).subspan(1)) {
      const auto value = of.find(kind.name);
      if (value != of.end()) figure.note += kind.text + " " + figure_text(kind, *value) + ", ";
    }
    figure.note += test + " test samples";
  }
  const std::string val = "val_" + main.name;
  if (!of.contains(val)) return figure;
  const auto epoch = of.at("best_epoch").get<std::int64_t>();
  figure.note += ", val " + figure_text(main, of.at(val)) +
                 (epoch == 0 ? " after calibration" : " in epoch " + std::to_string(epoch));
  return figure;
}

std::vector<report::KeyFigure> key_figures(const Session& s, const Summary& summary) {
  std::vector<report::KeyFigure> figures{key_figure(s, "float", summary.at("float"))};
  if (summary.contains("anomaly")) {
    const Summary& a = summary.at("anomaly");
    figures.push_back({"anomaly threshold", short_number(a.at("threshold").get<double>()),
                       "score " + a.at("score").get<std::string>()});
  }
  if (!summary.contains("int8")) return figures;
  const Summary& i = summary.at("int8");
  figures.insert(figures.begin() + 1, key_figure(s, "int8", i));
  const auto number = [](const Summary& n) { return std::to_string(n.get<std::int64_t>()); };
  figures.push_back({"codes different", number(i.at("codes_different")),
                     "of " + number(i.at("codes_compared")) + " compared with training"});
  figures.push_back({"model.tflite", number(i.at("bytes")) + " bytes",
                     number(i.at("arena_bytes")) + " bytes of arena, " + number(i.at("macs")) +
                         " MACs a sample"});
  return figures;
}

/// True against predicted, of each of the first outputs.
std::vector<report::ScatterPlot> scatters(const Judgement& judgement) {
  constexpr std::size_t most = 6;
  std::vector<report::ScatterPlot> plots;
  for (std::size_t k = 0; k < std::min(judgement.pairs.size(), most); ++k)
    plots.push_back({judgement.pair_names[k], "true", "predicted", judgement.pairs[k]});
  return plots;
}

/// The scores of what is normal and what is not.
std::vector<report::Histogram> histograms(const Judgement& judgement) {
  if (judgement.task != Task::autoencoder) return {};
  report::Histogram plot{"Scores", "log10 of the score", {{"normal", {}}}, {}, {}};
  if (judgement.details.anomalies.has_both_kinds()) plot.series.push_back({"anomaly", {}});
  for (const AnomalyScore& a : judgement.details.anomalies.scores()) {
    const std::size_t series = a.anomaly && plot.series.size() > 1 ? 1 : 0;
    plot.series[series].second.push_back(std::log10(a.score));
  }
  if (judgement.threshold) plot.line = std::log10(*judgement.threshold);
  plot.line_name = "threshold";
  return {plot};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  write_file_atomically(file, std::as_bytes(std::span(text)));
}

}  // namespace

void write_reports(const Session& s, const Judgement& judgement, const Summary& summary) {
  report::RunReport r;
  r.name = s.config.name;
  r.description = s.network.name + " on " + s.data.train.name;
  r.figures = key_figures(s, summary);
  r.advice = judgement.advice;
  r.phases = curves_of(s.metrics->text());
  r.confusions = judged_confusions(s, judgement);
  r.scatters = scatters(judgement);
  r.histograms = histograms(judgement);
  r.worst_title = worst_title(judgement.task);
  r.worst = worst_samples(s, judgement);
  r.judged_by = diagnosed_figure(s).text;
  r.layers = judgement.layers;
  r.config = config::to_json(s.config);
  for (const auto& [what, name] : summary.at("files").items())
    r.files.emplace_back(name.get<std::string>(), what);
  report::write_report(r, s.files.report);
  write_text(s.files.curves, report::curves_csv(r.phases));
  write_text(s.files.events, report::event_file(r.phases));
}

}  // namespace octet::trainer
