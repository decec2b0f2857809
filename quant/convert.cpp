#include "quant/convert.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "core/random.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "quant/lowering.h"
#include "quant/qops/input_output.h"
#include "quant/qops/qop.h"

namespace octet::quant {

namespace {

const QOp& qop(const GraphNode& n) {
  return dynamic_cast<const QOp&>(*n.op);
}

/// Values of the float operands (parameters, constants) of a node; undefined for quantized ones.
std::vector<Tensor> float_operands(const GraphModule& graph, const GraphNode& n) {
  std::vector<Tensor> x;
  for (int in : n.inputs) {
    const GraphNode& operand = graph.nodes()[static_cast<std::size_t>(in)];
    x.push_back(operand.kind == Tape::Kind::param      ? operand.parameter->value
                : operand.kind == Tape::Kind::constant ? operand.constant
                                                       : Tensor());
  }
  return x;
}

std::vector<CoarseValue> coarse_values(const QatModel& qat) {
  constexpr double most_codes = 128;       // half of them
  std::set<const QuantizedTensor*> parts;  // have the params of their whole
  for (const QuantizedTensorPtr& v : qat.values()) {
    if (!v->shared) continue;
    for (const QuantizedTensorPtr& part : v->shared->parts) parts.insert(part.get());
  }
  std::vector<CoarseValue> coarse;
  for (const QuantizedTensorPtr& v : qat.values()) {
    if (!v->observed() || parts.contains(v.get())) continue;
    const RealRange range = v->range();
    const double width = v->spec.symmetric ? 2 * std::max(range.max, -range.min) : range.width();
    const double steps = width / double(v->params.scale);
    if (steps < most_codes) coarse.push_back({v->name, 1 + static_cast<int>(steps)});
  }
  return coarse;
}

void require_integer_stage(const QatModel& qat) {
  OCTET_CHECK(qat.stage() != Stage::calibrate,
              "convert: the model is in stage calibrate; calibrate it first");
}

Lowering lower_model(QatModel& qat, std::string name) {
  require_integer_stage(qat);
  const EvaluationMode eval(qat);  // params without dropout's factor
  qat.update_params();
  const GraphModule& graph = qat.graph();
  Lowering l;
  l.graph.name = std::move(name);
  l.graph.description = "octet";
  l.graph.rounding = qat.rounding();
  std::vector<int> tensor_of(graph.nodes().size(), -1);
  for (std::size_t id = 0; id < graph.nodes().size(); ++id) {
    const GraphNode& n = graph.nodes()[id];
    if (n.kind != Tape::Kind::op) continue;
    std::vector<int> inputs;
    for (int in : n.inputs) inputs.push_back(tensor_of[static_cast<std::size_t>(in)]);
    Shape shape = n.shape;
    shape.set(0, 1);
    const std::vector<Tensor> x = float_operands(graph, n);
    try {
      tensor_of[id] = qop(n).lower(l, inputs, x, shape);
    } catch (const Error& e) {
      const bool named = std::string_view(e.what()).find(n.name) != std::string_view::npos;
      fail(named ? "" : "layer " + n.name + ": ", e.what());
    }
  }
  const auto& nodes = graph.nodes();
  for (const int id : graph.inputs()) {
    l.graph.input_names.push_back(nodes[static_cast<std::size_t>(id)].name);
  }
  for (const GraphOutput& y : graph.outputs()) l.graph.output_names.push_back(y.name);
  return l;
}

}  // namespace

int8::Graph lower(QatModel& qat, std::string name) {
  return lower_model(qat, std::move(name)).graph;
}

namespace {

const Tensor& value_of(const Tape& tape, int id) {
  return tape.node(id).value;
}

template <class T>
void compare_as(Parity& parity, const std::string& layer, std::span<const T> expected,
                std::span<const std::byte> value) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::memcmp(&expected[i], value.data() + i * sizeof(T), sizeof(T)) == 0) continue;
    if (parity.different++ > 0) continue;
    T got;
    std::memcpy(&got, value.data() + i * sizeof(T), sizeof(T));
    parity.layer = layer;
    parity.index = static_cast<std::int64_t>(i);
    parity.expected = static_cast<float>(expected[i]);
    parity.got = static_cast<float>(got);
  }
}

/// Adds to `parity` what differs, bit for bit, between a value in training and in the integer
/// model.
void compare(Parity& parity, const std::string& layer, const Tensor& expected,
             std::span<const std::byte> value) {
  OCTET_CHECK(value.size() == expected.bytes(), "compare: layer ", layer, ": expected ",
              expected.bytes(), " bytes, the integer model has ", value.size());
  if (std::memcmp(value.data(), expected.raw(), value.size()) == 0) return;
  if (expected.dtype() == ElementType::i8) {
    compare_as(parity, layer, expected.span<std::int8_t>(), value);
  } else {
    compare_as(parity, layer, expected.span<float>(), value);
  }
}

/// Runs the integer model on the codes of the network's inputs, which are the tape's.
void run_on_inputs(int8::ExecutionContext& engine, const int8::Model& model, const Tape& tape) {
  std::size_t next = 0;
  for (int id = 0; id < tape.size(); ++id) {
    if (!dynamic_cast<const QInputOp*>(tape.node(id).op.get())) continue;
    OCTET_CHECK(next < model.inputs().size(), "compare: the integer model has ",
                model.inputs().size(), " inputs, the network more");
    const auto codes = value_of(tape, id).span<std::int8_t>();
    const auto input = engine.input(static_cast<int>(next++));
    OCTET_CHECK(input.size() == codes.size(), "compare: the integer model's input takes ",
                input.size(), " codes, the network's ", codes.size());
    std::memcpy(input.data(), codes.data(), codes.size());
  }
  OCTET_CHECK(next == model.inputs().size(), "compare: the integer model has ",
              model.inputs().size(), " inputs, the network ", next);
  engine.run();
}

}  // namespace

Parity compare_codes(QatModel& qat, Context& ctx, const int8::Model& model,
                     const std::vector<Tensor>& x) {
  require_integer_stage(qat);
  OCTET_CHECK(!x.empty(), "compare: expected samples of every input");
  const EvaluationMode eval(qat);
  const auto batch = x[0].shape()[0];
  OCTET_CHECK(batch >= 1 && batch <= 1 << 16, "compare: expected 1 to 65536 samples, got ", batch);

  int8::ContextOptions options;
  options.batch = static_cast<int>(batch);
  options.threads = ctx.threads.size();
  options.keep_values = true;
  int8::ExecutionContext engine(model, options);

  Tape tape(ctx, GradMode::off);
  tape.keep_inner_values();
  std::vector<Var> inputs;
  for (const Tensor& t : x) inputs.push_back(tape.input(t));
  qat(inputs);
  run_on_inputs(engine, model, tape);

  std::map<std::string, int> tensor_by_name;
  for (std::size_t i = 0; i < model.graph().tensors.size(); ++i) {
    tensor_by_name.emplace(model.graph().tensors[i].name, static_cast<int>(i));
  }
  Parity parity;
  std::size_t outputs = 0;
  for (int id = 0; id < tape.size(); ++id) {
    const Tape::Node& node = tape.node(id);
    const auto* op = dynamic_cast<const QOp*>(node.op.get());
    if (!op || !op->in_graph()) continue;
    if (dynamic_cast<const QOutputOp*>(op)) {  // its operand's elements are counted there
      OCTET_CHECK(outputs < model.outputs().size(), "compare: the integer model has ",
                  model.outputs().size(), " outputs, the network more");
      compare(parity, op->layer, value_of(tape, node.inputs[0]),
              engine.output(static_cast<int>(outputs++)));
      continue;
    }
    const auto at = tensor_by_name.find(op->layer);
    OCTET_CHECK(at != tensor_by_name.end(), "compare: the integer model has no value named ",
                op->layer);
    const Tensor& value = value_of(tape, id);
    parity.compared += value.numel();
    compare(parity, op->layer, value, engine.value(at->second));
  }
  OCTET_CHECK(outputs == model.outputs().size(), "compare: the integer model has ",
              model.outputs().size(), " outputs, the network ", outputs);
  return parity;
}

namespace {

/// Reals in the range of each input's codes, for a model that was not calibrated. Its params must
/// be up to date.
std::vector<Tensor> random_sample(const QatModel& qat) {
  constexpr std::int64_t samples = 4;
  const std::vector<GraphNode>& nodes = qat.graph().nodes();
  std::vector<Tensor> sample;
  for (const int id : qat.graph().inputs()) {
    const auto reader = std::ranges::find_if(nodes, [&](const GraphNode& n) {
      return n.op && n.inputs[0] == id;  // its quantizing op
    });
    const RealRange range = fixed_range(qop(*reader).out->params);
    Shape shape = nodes[static_cast<std::size_t>(id)].shape;
    shape.set(0, samples);
    sample.push_back(Tensor::empty(shape));
    Random random(0, sample.size());
    for (real& v : sample.back().span<real>()) v = real(random.uniform(range.min, range.max));
  }
  return sample;
}

}  // namespace

int8::Model convert(QatModel& qat, Context& ctx, ConvertReport* report) {
  const Lowering lowered = lower_model(qat, "octet");
  const auto bytes =
      std::make_shared<const std::vector<std::byte>>(serialize_tflite(lowered.graph));
  const auto read_back = [&] { return parse_tflite(*bytes, bytes); };

  int8::ModelOptions reference;
  reference.isa = int8::Isa::portable;
  reference.fuse = false;
  reference.ops = &int8::all_ops();
  const Parity parity = compare_codes(qat, ctx, int8::Model(read_back(), reference),
                                      qat.sample().empty() ? random_sample(qat) : qat.sample());
  OCTET_CHECK(parity.different == 0, "convert: layer ", parity.layer, ": element ", parity.index,
              ": training computed ", parity.expected, ", the integer graph ", parity.got, "; ",
              parity.different, " of ", parity.compared, " codes differ");
  if (report) {
    report->parity = parity;
    report->file_bytes = bytes->size();
    report->layers = lowered.layers;
    report->coarse = coarse_values(qat);
  }
  return int8::Model(read_back(), {.ops = &int8::all_ops()});
}

int8::Model convert(QatModel& qat) {
  Context ctx;
  return convert(qat, ctx);
}

}  // namespace octet::quant
