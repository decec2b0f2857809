#include "apps/trainer/dry_run.h"

#include <algorithm>
#include <sstream>

#include "apps/common/node_figures.h"
#include "apps/common/setup/data.h"
#include "apps/common/setup/training.h"
#include "apps/trainer/model_names.h"
#include "apps/trainer/phases.h"
#include "apps/trainer/preflight.h"
#include "apps/trainer/run.h"
#include "apps/trainer/step_times.h"
#include "base/error.h"
#include "base/text_table.h"
#include "core/random.h"
#include "data/dataset_report.h"
#include "quant/convert.h"
#include "quant/floats/lower_float.h"

namespace octet::trainer {
namespace {

std::string class_name(const Dataset& d, int k) {
  return d.class_names.empty() ? std::to_string(k) : d.class_names[static_cast<std::size_t>(k)];
}

/// How many samples the splits have, and each class (of masks: pixels), a class a row, a split a
/// column.
void say_splits(const Session& s) {
  const DataSource& data = s.data;
  s.progress.say(
      text_of("data     ", data.train.name, ": ", grouped(data.train.size()), " to train on, ",
              grouped(data.val.size()), " to validate, ", grouped(data.test.size()), " to test; ",
              data.train.classes > 0 ? count_text(data.train.classes, "class") + "; " : "",
              data.train.image_type() == ElementType::u8 ? "pictures " : "arrays ",
              data.train.image_shape()));
  if (data.train.classes == 0) return;
  std::vector<std::string> header{"class", "train", "val", "test"};
  TextTable table(header);
  const auto counts = [](const Dataset& d) {
    return d.size() == 0 ? std::vector<std::int64_t>() : class_counts(d);
  };
  const std::vector<std::int64_t> train = counts(data.train), val = counts(data.val),
                                  test = counts(data.test);
  const auto count = [](const std::vector<std::int64_t>& of, int k) {
    return of.empty() ? std::string("0") : grouped(of[static_cast<std::size_t>(k)]);
  };
  constexpr int most_rows = 40;
  for (int k = 0; k < std::min(data.train.classes, most_rows); ++k) {
    table.add({class_name(data.train, k), count(train, k), count(val, k), count(test, k)});
  }
  std::ostringstream out;
  table.print(out);
  std::string text = out.str();
  if (data.train.classes > most_rows)
    text += "... and " + std::to_string(data.train.classes - most_rows) + " more\n";
  s.progress.say(text);
}

std::string shapes_text(const std::vector<std::vector<std::int32_t>>& shapes) {
  std::string text;
  for (const auto& shape : shapes) {
    if (!text.empty()) text += ' ';
    for (std::size_t i = 0; i < shape.size(); ++i)
      text += (i ? "x" : "") + std::to_string(shape[i]);
  }
  return text;
}

void say_layers(const Session& s, const int8::Model& model) {
  TextTable table({"layer", "op", "output", "params", "MACs", ""});
  std::int64_t params = 0;
  for (const app::NodeFigures& row : app::node_figures(model)) {
    table.add({row.name, row.op, shapes_text(row.outputs), grouped(row.params), grouped(row.macs),
               row.kernel.empty() ? "fused" : ""});
    params += row.params;
  }
  std::ostringstream out;
  out << "network  " << s.network.name << '\n';
  table.print(out);
  out << "in all   " << grouped(params) << " parameters, " << grouped(model.macs())
      << " MACs a sample\n";
  s.progress.say(out.str());
}

/// The model that would ship, calibrated on one batch: what it computes is not known yet, its
/// layers and sizes are.
int8::Graph int8_graph(Session& s) {
  make_quantized_model(s);
  // A file has equal constants once, and new biases are all zeros: as after training they differ.
  Random random(static_cast<std::uint64_t>(s.config.seed), 0);
  for (const ParameterPtr& p : s.qat->parameters()) {
    for (std::int64_t i = 0; i < p->value.numel(); ++i)
      p->value.r()[i] += static_cast<real>(random.uniform(0.01, 0.02));
  }
  Loader loader = s.train_loader(s.config.quant->batch, /*drop_last=*/false);
  quant::calibrate(*s.qat, loader, {.batches = 1}, s.ctx);
  return quant::convert(*s.qat, s.ctx).graph();  // as a run writes it
}

double seconds_of(const Session& s, const setup::TrainingSection& t, double step_ms) {
  Loader loader = s.train_loader(t.batch, t.drop_last);
  const double steps = static_cast<double>(loader.batches_per_epoch());
  // A forward is a third of a step.
  const double watched =
      static_cast<double>(s.has_validation() ? s.data.val.size() : s.data.test.size());
  const double evaluation = watched / t.batch * step_ms / 3;
  return static_cast<double>(t.epochs) * (steps * step_ms + evaluation) / 1e3;
}

void say_time(Session& s) {
  const config::Config& c = s.config;
  if (!c.train && !c.qat()) return;
  const StepTimes times = measure_step_times(s);
  double total = 0;
  std::string parts;
  const auto add = [&](const char* name, const setup::TrainingSection& t, double ms) {
    const double seconds = seconds_of(s, t, ms);
    total += seconds;
    parts += text_of(parts.empty() ? "" : ", ", name, " ", t.epochs, " epochs ",
                     duration_text(seconds), " (", fixed(ms, 2), " ms a step)");
  };
  if (c.train) add("float", setup::train_section(c), times.float_ms);
  if (c.qat()) add("qat", setup::quant_section(c), times.qat_ms);
  s.progress.say(text_of("time     about ", duration_text(total), " on ", s.ctx.threads.size(),
                         s.ctx.threads.size() == 1 ? " thread: " : " threads: ", parts));
}

}  // namespace

void dry_run(const config::Config& given, Progress& progress) {
  config::Config c = given;
  DataSource data = open_run_data(c, progress);
  Session s(c, std::move(data), progress, c.thread_count());
  check_phases(s);
  progress.say(c.name + ": what a run would do; nothing is written\n");
  say_data(s);
  say_splits(s);
  const bool quantized = c.quantized();
  int8::Graph graph = quantized ? int8_graph(s) : quant::lower_float(*s.graph());
  const std::size_t bytes = model_bytes(s, graph);
  const int8::Model model(std::move(graph), {.ops = &int8::all_ops()});
  say_layers(s, model);
  progress.say(
      text_of(quantized ? "int8     " : "float    ", grouped(static_cast<std::int64_t>(bytes)),
              " bytes of TFLite file (flash), ",
              grouped(static_cast<std::int64_t>(int8::ExecutionContext(model).arena_bytes())),
              " bytes of arena at batch 1 (RAM, octet's engine)"));
  say_time(s);
  if (c.init && !c.init->config.text.empty())
    progress.say("init     " + c.init->config.text +
                 ": its own run is not counted; it is done first if it is not there");
}

}  // namespace octet::trainer
