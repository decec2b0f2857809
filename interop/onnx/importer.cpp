#include "interop/onnx/importer.h"

#include <algorithm>

#include "interop/onnx/operator_oriented.h"
#include "interop/onnx/ops/quantized_value.h"
#include "interop/onnx/quantized_forms.h"
#include "interop/onnx/value_layout.h"

namespace octet::onnx {

namespace {

/// Where the elements of a value that is not a constant are.
int node_of(const Value& v) {
  return v.flattened ? node_of(*v.flattened) : v.node;
}

bool is_quantizer(const std::string& op) {
  return op == "QuantizeLinear" || op == "DequantizeLinear";
}

}  // namespace

Importer::Importer(ModelFile& file, const OnnxOptions& options, FileBatch batch)
    : file_(file), options_(options), batch_(batch), opset_(opset_of(file.model)) {}

void Importer::count_readers() {
  const proto::GraphProto& graph = file_.model.graph();
  for (const auto& node : graph.node()) {
    for (const std::string& name : node.input()) ++readers_[name];
  }
  for (const auto& output : graph.output()) ++readers_[output.name()];
}

OnnxNetwork Importer::run() {
  proto::GraphProto& graph = *file_.model.mutable_graph();
  for (proto::TensorProto& t : *graph.mutable_initializer()) {
    OCTET_CHECK(initializers_.emplace(t.name(), &t).second, file_.path,
                ": two initializers are named '", one_line(t.name()), "'");
  }
  expand_operators_on_codes(graph);
  count_readers();
  add_inputs();
  for (proto::NodeProto& node : *graph.mutable_node()) import_node(node);
  OnnxNetwork network;
  std::vector<GraphOutput> outputs;
  if (problems_.empty()) outputs = take_outputs(network);
  if (!problems_.empty()) {
    std::string all;
    for (const std::string& p : problems_) all += (all.empty() ? "" : "; ") + p;
    fail(file_.path, ": ", problems_.size(), problems_.size() == 1 ? " node" : " nodes",
         " cannot be imported: ", all);
  }
  network.inputs = std::move(inputs_);
  try {
    NetworkBuilder::Finished finished = graph_.finish(std::move(outputs));
    network.graph = std::move(finished.graph);
    network.stored = std::move(finished.stored);
  } catch (const Error& error) {
    fail(file_.path, ": ", error.what());
  }
  network.opset = opset_;
  network.notes = std::move(notes_);
  return network;
}

const Value* Importer::find(const std::string& name) {
  const auto at = values_.find(name);
  if (at != values_.end()) return &at->second;
  const auto initializer = initializers_.find(name);
  if (initializer == initializers_.end()) return nullptr;
  Value v;
  proto::TensorProto* tensor = initializer->second;
  initializers_.erase(initializer);
  v.constant = take_tensor(*tensor, file_.path);
  v.dims = v.constant->dims;
  return &values_.emplace(name, std::move(v)).first->second;
}

std::string Importer::layer_name(const proto::NodeProto& node,
                                 const std::vector<const Value*>& inputs) const {
  constexpr std::string_view ending = ".weight";
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (!inputs[i] || !inputs[i]->is_constant()) continue;
    const std::string& weight = inputs[i]->constant->name;
    if (weight.size() > ending.size() && weight.ends_with(ending))
      return usable_name(weight.substr(0, weight.size() - ending.size()));
  }
  std::string name = usable_name(node.name());
  if (name.empty() && node.output_size() > 0) name = usable_name(node.output(0));
  return name.empty() ? usable_name(node.op_type()) : name;
}

void Importer::import_node(proto::NodeProto& node) {
  std::vector<const Value*> inputs;
  std::vector<bool> read_once;
  bool known = true;
  try {
    for (const std::string& name : node.input()) {
      inputs.push_back(name.empty() ? nullptr : find(name));
      known = known && (name.empty() || inputs.back());
    }
    for (int i = 0; i < node.input_size(); ++i) {
      const Value* v = inputs[static_cast<std::size_t>(i)];
      const bool alias = v && !v->is_constant() && names_of_[node_of(*v)] > 1;
      read_once.push_back(readers_[node.input(i)] == 1 && !alias);
    }
  } catch (const Error& error) {
    // Once for all tensors of an external file that is missing.
    if (std::ranges::find(problems_, error.what()) == problems_.end())
      problems_.push_back(error.what());
    return;
  }
  graph_.enter(layer_name(node, inputs));
  OpNode op(node, opset_, file_.path, std::move(inputs), std::move(read_once), graph_, notes_);
  try {
    const std::string form = other_quantized_form(node.op_type());
    OCTET_CHECK(form.empty(), form);
    const bool standard = node.domain().empty() || node.domain() == "ai.onnx" ||
                          (node.domain() == "com.microsoft" && is_quantizer(node.op_type()));
    OCTET_CHECK(standard, "operators of domain '", one_line(node.domain()), "' are not read");
    const OpRow* row = find_op(node.op_type());
    OCTET_CHECK(row, "the operator is not read");
    OCTET_CHECK(opset_ >= row->since && opset_ <= row->until, "expected an operator set of ",
                row->since, " to ", row->until, ", got ", opset_);
    if (!known) return;  // because of a node before it, which is named
    if (!fold_constants(op)) {
      if (op.computes_with_batch()) throw BatchError("the number of samples is computed with");
      OCTET_CHECK(row->import, "its operands are computed, expected constants");
      import_with_codes(op, row->import);
    }
    op.check_all_attributes_read();
    keep_results(node, op);
  } catch (const BatchError& error) {
    if (batch_ != FileBatch::inside) throw BatchError(op.described() + ": " + error.what());
    problems_.push_back(op.described() + ": " + error.what());
  } catch (const Error& error) {
    problems_.push_back(op.described() + ": " + error.what());
  }
  drop_read(node);
}

void Importer::keep_results(const proto::NodeProto& node, OpNode& op) {
  for (int i = 0; i < node.output_size(); ++i) {
    std::optional<Value>& result = op.results()[static_cast<std::size_t>(i)];
    const std::string& name = node.output(i);
    if (name.empty() || readers_[name] == 0) continue;
    OCTET_CHECK(result, "its result ", i, " is not read");
    if (result->is_constant()) {
      computed_ += std::max<std::int64_t>(result->constant->size() - op.constant_elements(), 0);
      OCTET_CHECK(computed_ <= 4 * largest_result, "constants of more than ", 4 * largest_result,
                  " elements are computed");
    }
    const int made = result->is_constant() ? -1 : node_of(*result);
    OCTET_CHECK(!initializers_.contains(name) && values_.emplace(name, std::move(*result)).second,
                "two values are named '", one_line(name), "'");
    if (made >= 0) ++names_of_[made];
  }
}

void Importer::drop_read(const proto::NodeProto& node) {
  for (const std::string& name : node.input()) {
    if (name.empty() || --readers_[name] > 0) continue;
    const auto value = values_.find(name);
    if (value == values_.end()) continue;
    if (!value->second.is_constant()) --names_of_[node_of(value->second)];
    values_.erase(value);
  }
}

std::vector<GraphOutput> Importer::take_outputs(OnnxNetwork& network) {
  std::vector<GraphOutput> outputs;
  for (const auto& output : file_.model.graph().output()) {
    const Value* found = find(output.name());
    if (!found || found->is_constant()) {
      problems_.push_back("output '" + one_line(output.name()) +
                          (found ? "': it is a constant" : "': no node computes it"));
      continue;
    }
    Value y = *found;
    if (y.codes && y.codes->params) y = with_params(graph_, y, *y.codes->params);
    if (y.codes)
      notes_.push_back("output '" + output.name() + "' is codes in the file, reals here");
    const Value v = y.rank() == 4 ? with_all_dims(graph_, y) : in_file_order(graph_, y);
    OnnxValue described{output.name(), v.dims, v.order};
    if (v.batch_axis() >= 0) described.dims[static_cast<std::size_t>(v.batch_axis())] = 0;
    outputs.push_back({v.node, output.name()});
    network.outputs.push_back(std::move(described));
  }
  return outputs;
}

}  // namespace octet::onnx
