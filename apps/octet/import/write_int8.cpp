#include "apps/octet/import/write_int8.h"

#include <algorithm>
#include <iostream>

#include "apps/octet/import/file_network.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "interop/tflite/writer.h"
#include "quant/convert.h"
#include "quant/prepare.h"

namespace octet::app {
namespace {

/// Values and weights whose quantization the file does not have, named.
std::vector<std::string> without_params(const GraphModule& graph, const StoredQuantization& stored,
                                        const quant::QatModel& model) {
  std::vector<std::string> names;
  for (const quant::QuantizedTensorPtr& v : model.values()) {
    if (v->observed() && !v->seen()) names.push_back("the result of " + v->name);
  }
  for (const GraphNode& n : graph.nodes()) {
    const bool has_weights =
        n.kind == Tape::Kind::op && (n.op->name() == "conv2d" || n.op->name() == "linear" ||
                                     n.op->name() == "conv_transpose2d");
    if (!has_weights) continue;
    const GraphNode& weight = graph.nodes()[static_cast<std::size_t>(n.inputs[1])];
    if (!stored.weights.contains(weight.name)) names.push_back("the weights of " + n.name);
  }
  return names;
}

int8::Model converted(const GraphModule& graph, const StoredQuantization& stored,
                      int8::Rounding rounding, quant::ConvertReport& report) {
  OCTET_CHECK(!stored.empty(), "the network is not quantized: its values have no scales");
  quant::QConfig config;
  config.rounding = rounding;
  config.stored = stored;
  config.stored_use = quant::StoredUse::keep;
  const quant::QatModelPtr model = quant::prepare_ptq(graph, config);
  std::string list;
  for (const std::string& name : without_params(graph, stored, *model))
    list += (list.empty() ? "" : ", ") + one_line(name);
  OCTET_CHECK(list.empty(), "the file has no params that an integer model can keep for ", list,
              "; import it as a float network, and calibrate or train it");
  model->finish_calibration();
  Context context;
  return quant::convert(*model, context, &report);
}

}  // namespace

void write_int8(const std::string& path, const GraphModule& graph, const StoredQuantization& stored,
                int8::Rounding rounding, const std::string& out) {
  check_other_file("--int8", path, out);
  quant::ConvertReport report;
  const int8::Model model = [&] {
    try {
      return converted(graph, stored, rounding, report);
    } catch (const Error& error) {
      fail(path, ": --int8: ", error.what());
    }
  }();
  write_tflite(model, out);
  std::cout << "int8     " << printable_text(out) << ", "
            << grouped(static_cast<std::int64_t>(report.file_bytes)) << " bytes, rounding "
            << int8::rounding_name(rounding) << '\n';
}

}  // namespace octet::app
