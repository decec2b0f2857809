#include "quant/diagnosis/compute_in_floats.h"

#include <algorithm>

#include "quant/kernels/dequantize.h"
#include "quant/qops/input_output.h"
#include "quant/qops/qfloat.h"

namespace octet::quant {
namespace {

/// A quantized op by its real function.
struct InFloatsOp final : Op {
  std::shared_ptr<const QOp> op;
  std::vector<QuantizedTensorPtr> in;  // of each operand that may be codes, else null
  QuantizedTensorPtr out;              // null: the result stays in floats

  std::string_view name() const override { return "in_floats"; }
  std::string attributes() const override { return std::string(op->name()); }
  Tensor forward(Context& ctx, In x, Saved&) const override {
    std::vector<Tensor> reals(x.begin(), x.end());
    for (std::size_t i = 0; i < reals.size(); ++i) {
      if (reals[i].dtype() == ElementType::i8) reals[i] = dequantize(ctx, reals[i], in[i]->params);
    }
    Tensor y = op->forward_float(ctx, reals);
    return out ? quantize_constant(ctx, y, out->params) : y;
  }
  void backward(Context&, const Saved&, const Tensor&, Grads) const override {
    fail("layer ", op->layer, ": computed in floats for a measurement: it has no gradient");
  }
};

const QOp* as_qop(const GraphNode& n) {
  return dynamic_cast<const QOp*>(n.op.get());
}

}  // namespace

std::shared_ptr<GraphModule> compute_in_floats(QatModel& model,
                                               const std::function<bool(const QOp&)>& chosen) {
  OCTET_CHECK(model.stage() != Stage::calibrate,
              "compute in floats: the model is in stage calibrate; calibrate it first");
  const EvaluationMode eval(model);  // params without dropout's factor
  model.update_params();
  const GraphModule& graph = model.graph();
  std::vector<GraphNode> nodes = graph.nodes();
  const auto takes_floats = [&](int id) {
    const QOp* op = as_qop(graph.nodes()[static_cast<std::size_t>(id)]);
    // What is floats already stays as it is: its forward has no other function.
    return op && !dynamic_cast<const QFloatOp*>(op) &&
           (dynamic_cast<const QDequantizeOp*>(op) || chosen(*op));
  };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto id = static_cast<int>(i);
    if (!takes_floats(id)) continue;
    auto op = std::make_shared<InFloatsOp>();
    op->op = std::dynamic_pointer_cast<const QOp>(nodes[i].op);
    for (const int in : nodes[i].inputs) {
      const QOp* operand = as_qop(graph.nodes()[static_cast<std::size_t>(in)]);
      op->in.push_back(operand ? operand->out : nullptr);
    }
    const std::vector<int> readers = graph.consumers(id);
    if (!std::ranges::all_of(readers, takes_floats)) op->out = op->op->out;
    nodes[i].op = std::move(op);
  }
  auto result = std::make_shared<GraphModule>(std::move(nodes), graph.inputs(), graph.outputs());
  result->eval();
  return result;
}

}  // namespace octet::quant
