// A run as files for people: a page, a table of its curves, events for TensorBoard.
#include <ctime>
#include <span>
#include <sstream>

#include "apps/common/config/json_text.h"
#include "apps/trainer/judge.h"
#include "apps/trainer/model_names.h"
#include "base/atomic_file.h"
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
    for (const char* name : {"train_loss", "train_accuracy", "val_loss", "val_accuracy",
                             "test_loss", "test_accuracy", "int8_val_loss", "int8_val_accuracy",
                             "int8_test_loss", "int8_test_accuracy", "lr", "images_per_second"}) {
      if (line.contains(name) && line.at(name).is_number())
        epoch.figures.emplace_back(name, line.at(name).get<double>());
    }
    phases.back().epochs.push_back(std::move(epoch));
  }
  return phases;
}

std::vector<report::KeyFigure> figures_of(const Summary& s) {
  std::vector<report::KeyFigure> figures;
  const auto accuracy = [&](const std::string& name, const Summary& part) {
    std::string note =
        "of " + std::to_string(s.at("data").at("test_images").get<std::int64_t>()) + " test images";
    if (part.contains("val_accuracy")) {
      const auto epoch = part.at("best_epoch").get<std::int64_t>();
      note += ", val " + percent(part.at("val_accuracy")) +
              (epoch == 0 ? " after calibration" : " in epoch " + std::to_string(epoch));
    }
    figures.push_back({name, percent(part.at("accuracy")), note});
  };
  accuracy("float accuracy", s.at("float"));
  if (!s.contains("int8")) return figures;
  const Summary& i = s.at("int8");
  accuracy("int8 accuracy", i);
  const auto number = [](const Summary& n) { return std::to_string(n.get<std::int64_t>()); };
  figures.push_back({"codes different", number(i.at("codes_different")),
                     "of " + number(i.at("codes_compared")) + " compared with training"});
  figures.push_back({"model.tflite", number(i.at("bytes")) + " bytes",
                     number(i.at("arena_bytes")) + " bytes of arena, " + number(i.at("macs")) +
                         " MACs a picture"});
  return figures;
}

Image image_of(const Dataset& d, std::int64_t index) {
  const Tensor sample = sample_at(d, index);
  const auto pixels = sample.span<std::uint8_t>();
  return {sample.shape()[0],
          sample.shape()[1],
          static_cast<int>(sample.shape()[2]),
          {pixels.begin(), pixels.end()}};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  write_file_atomically(file, std::as_bytes(std::span(text)));
}

}  // namespace

void write_reports(const Session& s, const Judgement& judgement, const Summary& summary) {
  report::RunReport r;
  r.name = s.config.name;
  r.description = s.network.name + " on " + s.data.train.name;
  r.figures = figures_of(summary);
  r.advice = judgement.advice;
  r.phases = curves_of(s.metrics->text());
  r.class_names = output_names(s);
  r.confusion = judgement.confusion;
  const Dataset& test = s.data.test;
  const auto channels = test.image_shape()[2];
  if (test.image_type() == ElementType::u8 && (channels == 1 || channels == 3)) {
    for (const JudgedSample& w : judgement.worst.samples())
      r.worst.push_back({w, image_of(test, w.index)});
  }
  r.layers = judgement.layers;
  r.config = config::to_json(s.config);
  for (const auto& [what, name] : summary.at("files").items())
    r.files.emplace_back(name.get<std::string>(), what);
  report::write_report(r, s.files.report);
  write_text(s.files.curves, report::curves_csv(r.phases));
  write_text(s.files.events, report::event_file(r.phases));
}

}  // namespace octet::trainer
