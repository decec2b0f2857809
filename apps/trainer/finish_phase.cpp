#include <optional>
#include <span>
#include <utility>

#include "apps/trainer/convert_report.h"
#include "apps/trainer/judge.h"
#include "apps/trainer/model_names.h"
#include "apps/trainer/phases.h"
#include "apps/trainer/score.h"
#include "apps/trainer/step_times.h"
#include "apps/trainer/summary.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "fit/interrupt.h"
#include "interop/tflite/reader.h"
#include "quant/convert.h"

namespace octet::trainer {
namespace {

/// Every code of every layer on the whole test split; nothing if the user asked to stop.
std::optional<quant::Parity> compare_test_codes(Session& s, const int8::Model& model,
                                                Loader& test) {
  quant::Parity sum;
  test.seek(0);
  for (auto& [x, y] : test) {
    if (interrupted()) return std::nullopt;
    const quant::Parity p = quant::compare_codes(*s.qat, s.ctx, model, x);
    if (sum.different == 0 && p.different > 0) {
      const std::int64_t compared = sum.compared;
      sum = p;
      sum.compared += compared;
    } else {
      sum.compared += p.compared;
      sum.different += p.different;
    }
  }
  return sum;
}

/// The written model in a rounding; nothing where another than its own cannot compute it (float
/// rounding: multipliers of 256 and more).
std::optional<int8::Model> model_in(int8::Rounding rounding, const std::filesystem::path& file,
                                    int8::Rounding own) {
  int8::ModelOptions options;
  options.rounding = rounding;
  options.ops = &int8::all_ops();
  int8::Graph graph = read_tflite(file);
  try {
    return int8::Model(std::move(graph), options);
  } catch (const Error&) {
    if (rounding == own) throw;
    return std::nullopt;
  }
}

/// Judges a run that has no integer model by its float network; false if the user asked to stop.
bool judge_float(Session& s, Judgement& judgement) {
  Loader test = s.test_loader(s.batch_size());
  return find_threshold(s, *s.model, judgement) &&
         score(s, *s.model, test, judgement.options()).has_value();
}

/// Adds the quantized model's part of the summary; false if the user asked to stop.
bool finish_quantized(Session& s, Summary& summary, Judgement& judgement) {
  if (!s.qat) {
    make_quantized_model(s);
    restore_quantized_model(s);
  }
  Loader test = s.test_loader(s.config.quant->batch);
  quant::ConvertReport report;
  const int8::Model converted = quant::convert(*s.qat, s.ctx, &report);
  if (!find_threshold(s, converted, judgement)) return false;
  write_model(s, converted.graph(), s.files.model, /*half_constants=*/false, judgement.threshold);
  for (const std::string& line : loss_lines(report)) s.progress.say(line);

  // From here on what is measured is the file.
  const int8::Model model(read_tflite(s.files.model), {.ops = &int8::all_ops()});
  int8::ModelOptions unfused;
  unfused.fuse = false;
  unfused.ops = &int8::all_ops();
  const auto parity = compare_test_codes(s, int8::Model(read_tflite(s.files.model), unfused), test);
  if (!parity) return false;
  OCTET_CHECK(parity->different == 0, s.files.model.string(), ": layer ", parity->layer,
              ": training computed ", parity->expected, ", the written model ", parity->got, "; ",
              parity->different, " of ", parity->compared, " codes of the test split differ");

  const auto forward = score(s, *s.qat, test);
  if (!forward) return false;
  summary[s.config.quant->mode] = figures_json(*forward);

  auto& i = summary["int8"];
  add_validation(s, i, "int8");
  const std::string figure(s.main_figure().name);
  const auto calibrated = s.results.find("calibrated." + figure);
  if (calibrated != s.results.end()) {
    i["calibrated_" + s.watch_name() + "_" + figure] = calibrated->second;
  }
  for (auto rounding : {int8::Rounding::single_rounding, int8::Rounding::double_rounding,
                        int8::Rounding::float_rounding}) {
    const auto rounded = model_in(rounding, s.files.model, model.rounding());
    if (!rounded) continue;
    const bool ships = rounding == model.rounding();
    const auto result =
        score(s, *rounded, test, ships ? judgement.options() : TaskEvaluationOptions{});
    if (!result) return false;
    if (ships) i.update(figures_json(*result));
    i[figure + "_" + std::string(int8::rounding_name(rounding))] = result->value();
  }
  if (!diagnose(s, summary, judgement)) return false;
  i["codes_compared"] = parity->compared;
  i["codes_different"] = parity->different;
  i["rounding"] = int8::rounding_name(model.rounding());
  i["signature"] = int8::signature_text(int8::signature(model));
  i["isa"] = int8::isa_name(model.isa());
  i["bytes"] = std::filesystem::file_size(s.files.model);
  i["hash"] = file_hash(s.files.model);
  i["arena_bytes"] = int8::ExecutionContext(model).arena_bytes();
  i["macs"] = model.macs();
  add_losses(i, report);

  const StepTimes times = measure_step_times(s);
  auto& speed = summary["speed"];
  speed["float_step_ms"] = times.float_ms;
  if (s.config.qat()) {
    speed["qat_step_ms"] = times.qat_ms;
    speed["qat_over_float"] = times.qat_ms / times.float_ms;
  }
  return true;
}

/// Writes the files of the float network that are asked for and adds their parts of the summary:
/// the figures of what the file holds. False if the user asked to stop.
bool finish_floats(Session& s, Summary& summary) {
  for (const FloatFile& file : float_files()) {
    if (!(s.config.outputs.*file.asked)) continue;
    const std::filesystem::path path = s.files.path_of(file);
    write_float_file(file, *s.graph(), path, [&](const int8::Graph& graph) {
      write_model(s, graph, path, /*half_constants=*/true);
    });
    Loader test = s.test_loader(s.batch_size());
    const auto result = score(s, *read_float_file(path), test);
    if (!result) return false;
    summary[file.key] = figures_json(*result);
    summary[file.key]["bytes"] = std::filesystem::file_size(path);
    summary[file.key]["hash"] = file_hash(path);
  }
  return true;
}

Figures finish_line(const Session& s, const Summary& summary) {
  const std::string figure(s.main_figure().name);
  Figures line{{"phase", "finish"}, {"float_" + figure, summary["float"][figure].get<double>()}};
  if (!summary.contains("int8")) return line;
  const Summary& i = summary["int8"];
  line.push_back({"int8_" + figure, i[figure].get<double>()});
  for (const char* key : {"codes_compared", "codes_different"}) {
    line.push_back({std::string("int8_") + key, i[key].get<std::int64_t>()});
  }
  line.push_back({"int8_signature", i["signature"].get<std::string>()});
  return line;
}

}  // namespace

Outcome run_finish_phase(Session& s) {
  s.progress.say("evaluating on the test split");
  if (!measure_float(s)) {
    s.save();
    return Outcome::interrupted;
  }
  write_labels(s);
  Summary summary = begin_summary(s);
  Judgement judgement(s);
  const bool whole =
      finish_floats(s, summary) &&
      (s.config.quantized() ? finish_quantized(s, summary, judgement) : judge_float(s, judgement));
  if (!whole) {
    if (!s.outputs_only) s.save();  // else the checkpoint is that of the finished run
    return Outcome::interrupted;
  }
  s.restored.reset();
  if (!s.outputs_only) {
    s.metrics->add(finish_line(s, summary));
  }
  add_judgement(s, judgement, summary);
  write_reports(s, judgement, summary);
  s.summary = summary_text(summary);
  write_file_atomically(s.files.summary, std::as_bytes(std::span(s.summary)));
  s.enter(Phase::done);
  s.save();
  return Outcome::finished;
}

}  // namespace octet::trainer
