// What a checkpoint of a run holds.
#include "apps/common/version/version.h"
#include "apps/trainer/session.h"
#include "base/error.h"
#include "base/simd/simd.h"
#include "core/kernels/blas.h"

namespace octet::trainer {
namespace {

std::string simd_name(Simd simd) {
  switch (simd) {
    case Simd::portable:
      return "portable";
    case Simd::avx2:
      return "avx2";
    case Simd::avx512:
      return "avx512";
    case Simd::neon:
      break;
  }
  return "neon";
}

/// What besides configuration, data and threads decides the bits of floating-point results, and
/// which build it was: by their names in a checkpoint.
std::map<std::string, std::string> build_and_machine(Isa isa) {
  return {{"octet_version", version()},
          {"octet_revision", revision()},
          {"openblas_core", blas_kernels().core},
          {"simd", simd_name(simd_of(isa))}};
}

/// One line for a person; empty if everything is as it was.
std::string moved_warning(const Checkpoint& c, Isa isa) {
  std::string before, now;
  for (const auto& [key, value] : build_and_machine(isa)) {
    const auto it = c.texts.find(key);
    const std::string was = it == c.texts.end() ? "unknown" : it->second;
    if (was == value) continue;
    const std::string name = key == "octet_version"    ? "octet "
                             : key == "octet_revision" ? "revision "
                             : key == "openblas_core"  ? "OpenBLAS kernels for "
                                                       : "SIMD level ";
    before += (before.empty() ? "" : ", ") + name + was;
    now += (now.empty() ? "" : ", ") + value;
  }
  if (before.empty()) return {};
  return "warning: this run was saved with " + before + "; here it is " + now +
         ": floating-point results may not be the same bits";
}

constexpr std::string_view result_prefix = "results/";

}  // namespace

Checkpoint Session::snapshot() const {
  Checkpoint c;
  c.put("model", model->state());
  if (qat) {
    c.put("qat", qat->state());
    c.integers["qat/stage"] = static_cast<std::int64_t>(qat->stage());
    if (!qat->sample().empty()) c.tensors["qat_sample"] = qat->sample()[0];
  }
  c.integers["position/epoch"] = c.integers["position/batch"] = 0;
  if (fit) fit->save(c);
  c.integers["phase"] = static_cast<std::int64_t>(phase);
  // Order, augmentation and dropout are functions of the seed and the position: with these two the
  // random numbers are complete.
  c.integers["seed"] = config.seed;
  for (const auto& [name, value] : results) c.numbers[std::string(result_prefix) + name] = value;
  c.texts["run_key"] = run_key;
  c.texts["config"] = config::to_json(config);
  c.texts["config_source"] = config.source;
  c.texts["init_hash"] = init_hash;
  c.texts["init_file"] = import_name(config);
  c.texts["init_report"] = init_report;
  c.texts["metrics"] = metrics ? metrics->text() : "";
  if (phase == Phase::done) c.texts["summary"] = summary;
  c.texts.merge(build_and_machine(ctx.isa));
  return c;
}

void Session::save() {
  if (!leads()) return;
  write_checkpoint(snapshot(), files.checkpoint);
  if (metrics) metrics->write();
  saved_at_ = std::chrono::steady_clock::now();
  batches_since_save_ = 0;
}

void Session::save_if_due() {
  ++batches_since_save_;
  const config::CheckpointConfig& when = config.checkpoint;
  const std::chrono::duration<double> age = std::chrono::steady_clock::now() - saved_at_;
  const bool due = (when.every_batches > 0 && batches_since_save_ >= when.every_batches) ||
                   (when.every_seconds > 0 && age.count() >= when.every_seconds);
  if (due) save();
}

void Session::restore(Checkpoint c) {
  const std::int64_t saved_phase = c.integer("phase");
  OCTET_CHECK(saved_phase >= 0 && saved_phase <= static_cast<std::int64_t>(Phase::done), c.origin,
              ": expected a phase from 0 to ", static_cast<std::int64_t>(Phase::done), ", got ",
              saved_phase);
  if (const std::string warning = moved_warning(c, ctx.isa); !warning.empty())
    progress.say(warning);
  model->load_state(c.group("model"));
  phase = static_cast<Phase>(saved_phase);
  init_hash = c.text("init_hash");
  const auto report = c.texts.find("init_report");  // older checkpoints have none
  if (report != c.texts.end()) init_report = report->second;
  for (const auto& [name, value] : c.numbers) {
    if (name.starts_with(result_prefix)) results[name.substr(result_prefix.size())] = value;
  }
  if (leads()) metrics.emplace(files.metrics, c.text("metrics"));
  restored = std::move(c);
}

}  // namespace octet::trainer
