#include "apps/trainer/summary.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>

#include "apps/common/config/json_text.h"
#include "apps/common/version/version.h"
#include "apps/trainer/model_names.h"
#include "apps/trainer/score.h"
#include "base/fnv1a.h"
#include "base/printable.h"

namespace octet::trainer {
namespace fs = std::filesystem;
namespace {

/// Nothing if it cannot be read.
std::optional<std::string> contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) return std::nullopt;
  return text;
}

std::string print(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string kilobytes(double bytes) {
  return print(bytes < 100e3 ? "%.1f kB" : "%.0f kB", bytes / 1e3);
}

/// 12345678 as "12,345,678".
std::string grouped(std::int64_t n) {
  std::string s = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(s.size()) - 3; at > 0; at -= 3) {
    s.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return s;
}

void row(std::string& out, const std::string& name, const std::string& value) {
  out += "  " + name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') +
         printable_text(value) + "\n";
}

/// Of an earlier phase, from the checkpoint.
double result(const Session& s, const std::string& name) {
  const auto it = s.results.find(name);
  OCTET_CHECK(it != s.results.end(), s.files.checkpoint.string(), ": expected results/", name);
  return it->second;
}

/// From the current directory, as the user would name it; what names an environment variable stays.
std::string found_path(const config::Path& path) {
  return path.text.find('$') == std::string::npos ? path.path.lexically_normal().string()
                                                  : path.text;
}

}  // namespace

Summary begin_summary(const Session& s) {
  Summary j;
  j["name"] = s.config.name;
  j["octet"] = {{"version", version()}, {"revision", revision()}};
  j["data"] = {{"name", s.data.test.name},
               {"train_images", s.data.train.size()},
               {"val_images", s.data.val.size()},
               {"test_images", s.data.test.size()},
               {"classes", s.data.train.classes},
               {"test_hash", hash_text(content_hash(s.data.test))},
               {"path", found_path(s.config.data.path)}};
  if (!s.init_report.empty()) j["init"] = Summary::parse(s.init_report);
  j["task"] = s.config.task;
  const std::int64_t parameters = s.model->parameter_count();
  Summary& f = j["float"];
  for (const FigureKind& kind : s.figures) {
    const auto value = s.results.find("float." + kind.name);
    if (value != s.results.end()) f[kind.name] = value->second;
  }
  f["loss"] = result(s, "float.loss");
  f["parameters"] = parameters;
  f["bytes"] = parameters * 4;
  add_validation(s, j["float"], "float");
  if (s.results.contains("speed.epoch_seconds")) {
    j["speed"]["epoch_seconds"] = s.results.at("speed.epoch_seconds");
  }
  j["speed"]["threads"] = s.ctx.threads.size();
  if (s.team) {
    j["speed"]["ranks"] = s.team->processes;
    j["speed"]["shards"] = s.team->member.communicator.size();
  }
  j["files"] = {{"checkpoint", s.files.checkpoint.filename().string()},
                {"metrics", s.files.metrics.filename().string()},
                {"summary", s.files.summary.filename().string()},
                {"report", s.files.report.filename().string()},
                {"curves", s.files.curves.filename().string()},
                {"events", s.files.events.filename().string()}};
  if (s.config.quantized()) j["files"]["model"] = s.files.model.filename().string();
  if (const auto names = output_names(s); !names.empty()) {
    j["labels"] = names;
    j["files"]["labels"] = s.files.labels.filename().string();
  }
  for (const FloatFile& file : float_files()) {
    if (s.config.outputs.*file.asked) j["files"][file.key] = file.name;
  }
  j["config"] = Summary::parse(config::to_json(s.config));
  return j;
}

void add_validation(const Session& s, Summary& to, const std::string& part) {
  const auto epoch = s.results.find(part + ".best_epoch");
  if (epoch == s.results.end()) return;
  const std::string figure = "val_" + std::string(s.main_figure().name);
  to[figure] = result(s, part + "." + figure);
  to["best_epoch"] = static_cast<std::int64_t>(epoch->second);
}

std::string summary_text(const Summary& summary) {
  return summary.dump(2, ' ', false, Summary::error_handler_t::replace) + "\n";
}

std::string file_hash(const fs::path& file) {
  const std::string bytes = contents(file).value_or("");
  return hash_text(Fnv1a().add(std::as_bytes(std::span(bytes))).value());
}

namespace {

/// Whether the file is the one that `written` tells the size and the hash of.
bool is_as_written(const fs::path& file, const Summary& written) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(file, error);
  return !error && written.at("bytes") == bytes && written.at("hash") == file_hash(file);
}

}  // namespace

std::optional<Summary> finished_summary(const Checkpoint& c, const RunFiles& files,
                                        const config::OutputsConfig& outputs) {
  const auto text = c.texts.find("summary");  // older checkpoints have none
  if (text == c.texts.end() || contents(files.summary) != text->second ||
      contents(files.metrics) != c.text("metrics")) {
    return std::nullopt;
  }
  const Summary j = Summary(config::parse_json(text->second, c.origin));
  if (j.contains("labels") &&
      contents(files.labels) != labels_text(j.at("labels").get<std::vector<std::string>>()))
    return std::nullopt;
  for (const char* made : {"report", "curves", "events"}) {  // older releases made none
    const auto name = j.at("files").find(made);
    if (name != j.at("files").end() && !fs::exists(files.dir / name->get<std::string>()))
      return std::nullopt;
  }
  if (j.contains("int8") && !is_as_written(files.model, j.at("int8"))) return std::nullopt;
  for (const FloatFile& file : float_files()) {
    const bool there = j.contains(file.key);
    if (outputs.*file.asked && !there) return std::nullopt;
    if (there && !is_as_written(files.path_of(file), j.at(file.key))) return std::nullopt;
  }
  return j;
}

namespace {

/// Which epochs' weights were kept, and by what; empty if the last ones'.
std::string kept_epochs(const FigureKind& figure, const Summary& s) {
  std::string text;
  for (const char* part : {"float", "int8"}) {
    if (!s.contains(part) || !s.at(part).contains("best_epoch")) continue;
    const auto& p = s.at(part);
    text += (text.empty() ? "" : ", ") + std::string(part) + " " +
            std::to_string(p.at("best_epoch").get<std::int64_t>()) + " (val " +
            figure_text(figure, p.at("val_" + figure.name)) + ")";
  }
  return text;
}

/// The first figure in each rounding.
std::string by_rounding(const FigureKind& figure, const Summary& int8) {
  std::string text;
  for (const std::string name : {"single", "double", "float"}) {
    const auto at = int8.find(figure.name + "_" + name);  // earlier releases wrote none for float
    if (at != int8.end())
      text += (text.empty() ? "" : ", ") + name + " " + figure_text(figure, *at);
  }
  return text;
}

/// "98.10 % of 1,000 test images"
std::string of_test_images(Task task, const Summary& s) {
  const std::string count = grouped(s.at("data").at("test_images"));
  const std::string figures = figures_text(figures_in(s), s.at("float"));
  return task == Task::classification ? figures + " of " + count + " test images"
                                      : figures + "; " + count + " test samples";
}

}  // namespace

Task task_in(const Summary& s) {
  const auto task = s.find("task");  // earlier releases wrote none
  return task == s.end() ? Task::classification : parse_task(task->get<std::string>());
}

std::vector<FigureKind> figures_in(const Summary& s) {
  TaskMeasure measure{.task = task_in(s)};
  if (measure.task == Task::multi_task) {
    for (const Summary& head : s.at("config").at("heads")) {
      measure.heads.push_back(
          {.name = head.at("name"), .task = parse_task(head.at("task").get<std::string>())});
    }
  }
  return measure.figures();
}

TaskScore shipping_score(const Summary& s) {
  const Summary& part = s.at(s.contains("int8") ? "int8" : "float");
  TaskScore score;
  score.loss = part.value("loss", 0.0);
  for (const FigureKind& kind : figures_in(s)) {
    const auto value = part.find(kind.name);
    if (value != part.end()) score.figures.emplace_back(kind.name, value->get<double>());
  }
  return score;
}

std::string table(const Summary& s, const std::filesystem::path& run_dir) {
  std::string out;
  const auto& speed = s.at("speed");
  const Task task = task_in(s);
  const std::vector<FigureKind> figures = figures_in(s);
  const FigureKind& figure = figures[0];
  row(out, "float",
      of_test_images(task, s) + ", " + kilobytes(s.at("float").at("bytes")) + " of parameters");
  if (const std::string kept = kept_epochs(figure, s); !kept.empty()) row(out, "best epochs", kept);
  for (const FloatFile& file : float_files()) {
    if (!s.contains(file.key)) continue;
    const auto& f = s.at(file.key);
    const bool half = std::string_view(file.key).ends_with("fp16");
    row(out, std::string(half ? "fp16 " : "float ") + file.name,
        figures_text(figures, f) + ", " + kilobytes(f.at("bytes")));
  }
  for (const char* mode : {"qat", "ptq"}) {
    if (s.contains(mode))
      row(out, std::string(mode) + " forward", figures_text(figures, s.at(mode)));
  }
  if (s.contains("int8")) {
    const auto& i = s.at("int8");
    row(out, "int8 model.tflite", figures_text(figures, i) + ", " + kilobytes(i.at("bytes")));
    row(out, "codes different",
        grouped(i.at("codes_different")) + " of " + grouped(i.at("codes_compared")) +
            ", training forward against the written model");
    row(out, "rounding", i.at("rounding").get<std::string>() + " (" + by_rounding(figure, i) + ")");
    row(out, "signature",
        i.at("signature").get<std::string>() + " (" + i.at("isa").get<std::string>() + " kernels)");
  }
  if (s.contains("anomaly")) {
    const auto& a = s.at("anomaly");
    row(out, "anomalies",
        print("score above %.4g, ", a.at("threshold")) +
            print("which %.4g of the normal ", a.at("quantile")) +
            a.at("threshold_from").get<std::string>() + " samples do not exceed");
  }
  if (speed.contains("qat_step_ms")) {
    row(out, "training step",
        print("float %.2f ms, ", speed.at("float_step_ms")) +
            print("qat %.2f ms", speed.at("qat_step_ms")) +
            print(" (%.2f times float)", speed.at("qat_over_float")));
  }
  if (speed.contains("epoch_seconds"))
    row(out, "epoch", print("%.2f s", speed.at("epoch_seconds")));
  for (const auto& file : s.at("files")) {
    row(out, &file == &s.at("files").front() ? "files" : "",
        (run_dir / file.get<std::string>()).string());
  }
  return out;
}

}  // namespace octet::trainer
