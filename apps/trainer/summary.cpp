#include "apps/trainer/summary.h"

#include <cstdio>
#include <fstream>
#include <span>

#include "apps/version/version.h"
#include "core/atomic_file.h"
#include "core/fnv1a.h"

namespace octet::trainer {
namespace {

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
  out += "  " + name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') + value + "\n";
}

}  // namespace

Summary begin_summary(const Session& s) {
  Summary j;
  j["name"] = s.config.name;
  j["octet"] = {{"version", version()}, {"revision", revision()}};
  j["data"] = {{"name", s.data.test.name},
               {"train_images", s.data.train.size()},
               {"test_images", s.data.test.size()},
               {"classes", s.data.train.classes},
               {"test_hash", hash_text(content_hash(s.data.test))}};
  const std::int64_t parameters = s.model->parameter_count();
  j["float"] = {{"accuracy", s.results.at("float.accuracy")},
                {"loss", s.results.at("float.loss")},
                {"parameters", parameters},
                {"bytes", parameters * 4}};
  if (s.results.contains("speed.epoch_seconds")) {
    j["speed"]["epoch_seconds"] = s.results.at("speed.epoch_seconds");
  }
  j["speed"]["threads"] = s.ctx.threads.size();
  j["files"] = {{"checkpoint", s.files.checkpoint.filename().string()},
                {"metrics", s.files.metrics.filename().string()},
                {"summary", s.files.summary.filename().string()}};
  if (s.config.quantized()) j["files"]["model"] = s.files.model.filename().string();
  j["config"] = Summary::parse(config::to_json(s.config));
  return j;
}

void write_summary(const Summary& summary, const std::filesystem::path& file) {
  const std::string text = summary.dump(2) + "\n";
  write_file_atomically(file, std::as_bytes(std::span(text)));
}

std::optional<Summary> read_summary(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Summary j = Summary::parse(in, nullptr, /*allow_exceptions=*/false);
  try {
    table(j, {});
  } catch (const Summary::exception&) {
    return std::nullopt;
  }
  return j;
}

bool files_exist(const Summary& summary, const std::filesystem::path& run_dir) {
  for (const auto& file : summary.at("files")) {
    if (!std::filesystem::is_regular_file(run_dir / file.get<std::string>())) return false;
  }
  return true;
}

std::string table(const Summary& s, const std::filesystem::path& run_dir) {
  std::string out;
  const auto& speed = s.at("speed");
  row(out, "float",
      percent(s.at("float").at("accuracy")) + " of " + grouped(s.at("data").at("test_images")) +
          " test images, " + kilobytes(s.at("float").at("bytes")) + " of parameters");
  for (const char* mode : {"qat", "ptq"}) {
    if (s.contains(mode))
      row(out, std::string(mode) + " forward", percent(s.at(mode).at("accuracy")));
  }
  if (s.contains("int8")) {
    const auto& i = s.at("int8");
    row(out, "int8 model.tflite", percent(i.at("accuracy")) + ", " + kilobytes(i.at("bytes")));
    row(out, "codes different",
        grouped(i.at("codes_different")) + " of " + grouped(i.at("codes_compared")) +
            ", training forward against the written model");
    row(out, "rounding",
        i.at("rounding").get<std::string>() + " (single " + percent(i.at("accuracy_single")) +
            ", double " + percent(i.at("accuracy_double")) + ")");
    row(out, "signature",
        i.at("signature").get<std::string>() + " (" + i.at("isa").get<std::string>() + " kernels)");
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
