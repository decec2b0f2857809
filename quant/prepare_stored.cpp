// QConfig::stored in the graph that is prepared: which value has which params, and where a QUANTIZE
// stands because the format would have kept an operand's.
#include <algorithm>
#include <cmath>

#include "core/ops/resize_op.h"
#include "quant/qops/qconv.h"
#include "quant/qops/qtable.h"
#include "quant/rewriter.h"

namespace octet::quant {

namespace {

QuantParams params_of(const StoredQuantization::Value& v) {
  return {v.scale, v.zero_point};
}

/// Of those that keep their operand's params, the ops whose results are codes of the operand: they
/// commute with a quantizer.
bool moves_codes(const Op& op) {
  const auto* resize = dynamic_cast<const Resize2dOp*>(&op);
  return resize
             ? resize->interpolation == Interpolation::nearest
             : !dynamic_cast<const AvgPool2dOp*>(&op) && !dynamic_cast<const GlobalAvgPoolOp*>(&op);
}

void check_value(const std::string& name, const StoredQuantization::Value& v, bool keep,
                 bool symmetric) {
  const auto where = [&] { return "prepare: QConfig::stored: value '" + name + "': "; };
  OCTET_CHECK(std::isfinite(v.scale) && v.scale > 0, where(), "expected a finite scale > 0, got ",
              v.scale);
  OCTET_CHECK(v.lowest >= -128 && v.highest <= 127 && v.lowest < v.highest, where(),
              "expected codes within [-128, 127], got ", v.lowest, " to ", v.highest);
  OCTET_CHECK(v.zero_point >= v.lowest && v.zero_point <= v.highest, where(),
              "expected a zero point in [", v.lowest, ", ", v.highest, "], got ", v.zero_point);
  if (!keep) return;
  OCTET_CHECK(v.scale >= input_scale_floor, where(), "expected a scale of at least ",
              input_scale_floor, ", got ", v.scale);
  OCTET_CHECK(v.lowest <= -127 && v.highest == 127, where(), "codes ", v.lowest, " to ", v.highest,
              " of fewer than 8 bits cannot be kept");
  OCTET_CHECK(!symmetric || v.zero_point == 0, where(),
              "expected zero point 0, for activations are symmetric, got ", v.zero_point);
}

}  // namespace

std::string Rewriter::value_name(int id) const {
  const GraphNode& n = old_node(id);
  if (n.kind != Tape::Kind::input || !n.name.empty()) return n.name;
  const std::vector<int>& inputs = old_.inputs();
  if (inputs.size() == 1) return "input";
  return "input_" + std::to_string(std::ranges::find(inputs, id) - inputs.begin());
}

void Rewriter::check_stored() const {
  const StoredQuantization& stored = config_.stored;
  std::set<std::string> values;
  std::map<std::string, std::int64_t> channels;
  for (std::size_t i = 0; i < old_.nodes().size(); ++i) {
    const GraphNode& n = old_.nodes()[i];
    if (n.kind != Tape::Kind::param) {
      values.insert(value_name(static_cast<int>(i)));
    } else if (n.shape.rank() > 0) {
      channels[n.name] = n.shape[0];
    }
  }
  for (const auto& [name, value] : stored.values) {
    OCTET_CHECK(!name.empty() && values.contains(name),
                "prepare: QConfig::stored: the network has no value '", name, "'");
    check_value(name, value, keeps_stored(), config_.activations.symmetric);
  }
  for (const auto& [name, scales] : stored.weights) {
    const auto at = channels.find(name);
    OCTET_CHECK(at != channels.end(), "prepare: QConfig::stored: the network has no parameter '",
                name, "'");
    OCTET_CHECK(scales.size() == 1 || std::ssize(scales) == at->second,
                "prepare: QConfig::stored: parameter '", name, "': expected 1 or ", at->second,
                " scales, got ", scales.size());
    for (const float s : scales) {
      OCTET_CHECK(std::isfinite(s) && s > 0, "prepare: QConfig::stored: parameter '", name,
                  "': expected finite scales > 0, got ", s);
    }
  }
}

const StoredQuantization::Value* Rewriter::stored(int id) const {
  if (config_.stored.values.empty()) return nullptr;
  const auto at = config_.stored.values.find(value_name(id));
  return at == config_.stored.values.end() ? nullptr : &at->second;
}

const StoredQuantization::Value* Rewriter::stored_of_result(int first, int end) const {
  for (int id = end;; id = old_node(id).inputs[0]) {
    if (const auto* value = stored(id)) return value;
    if (id == first) break;
  }
  for (int id = sole_consumer(end); id >= 0; id = sole_consumer(id)) {
    const Op& op = *old_node(id).op;
    const Rule* rule = rule_of(id);
    if (!rule || !rule->keeps_params || (keeps_stored() && !moves_codes(op))) break;
    if (const auto* value = stored(id)) return value;
  }
  return nullptr;
}

void Rewriter::take_stored(QuantizedTensor& value, const StoredQuantization::Value* v) const {
  if (!v) return;
  if (keeps_stored()) {
    value.fixed = params_of(*v);
  } else if (value.observed()) {
    const double scale = double(v->scale);
    value.observer->start(
        {scale * (v->lowest - v->zero_point), scale * (v->highest - v->zero_point)});
  }
}

QuantizedTensorPtr Rewriter::result_value(int first, int end) {
  QuantizedTensorPtr value = new_value(old_node(first).name, is_output(end));
  take_stored(*value, stored_of_result(first, end));
  return value;
}

bool Rewriter::may_fuse(int last, int next) const {
  const auto* own = stored(last);
  if (!keeps_stored() || !own) return true;
  const auto* other = stored(next);
  const bool exact = clamp_of(next) != int8::Activation::none;
  return exact && (!other || params_of(*own) == params_of(*other));
}

std::optional<QuantParams> Rewriter::other_params(int id, const QuantizedTensor& value) const {
  const auto* v = stored(id);
  const QuantizedTensor& own = value.before_dropout ? *value.before_dropout : value;
  if (!v || !keeps_stored() || own.fixed == params_of(*v)) return std::nullopt;
  return params_of(*v);
}

void Rewriter::requantize_as_stored(int id) {
  const Source y = new_id_.at(id);
  const std::optional<QuantParams> params = other_params(id, *y.value);
  if (!params) return;
  const std::string name = unique_name(old_node(id).name + ".quantize");
  new_id_[id] = add_table(name, y, make_requantize_function(), fixed_value(name, *params),
                          old_node(id).shape);
}

void Rewriter::add_window_mean(int id, const Window2d& window) {
  const GraphNode& n = old_node(id);
  const Source x = source(id, 0);
  const std::int64_t channels = n.shape[-1], taps = std::int64_t{window.kernel_h} * window.kernel_w;
  GraphNode weights;
  weights.kind = Tape::Kind::constant;
  weights.constant = Tensor::full({channels, window.kernel_h, window.kernel_w, 1},
                                  static_cast<real>(1.0 / static_cast<double>(taps)));
  weights.shape = weights.constant.shape();
  weights.name = n.name + ".mean";
  auto op = std::make_shared<QConvOp>(state_, result_value(id, id), n.name);
  op->in = x.value;
  op->window = window;
  op->groups = static_cast<int>(channels);
  add_op(id, op, {x.node, append(std::move(weights))});
}

WeightQuantizerPtr Rewriter::weights_of(int id, const WeightQuantizerPtr& otherwise) const {
  if (!keeps_stored()) return otherwise;
  const auto at = config_.stored.weights.find(old_node(old_node(id).inputs.at(1)).name);
  return at == config_.stored.weights.end() ? otherwise : make_stored_weight_quantizer(at->second);
}

}  // namespace octet::quant
