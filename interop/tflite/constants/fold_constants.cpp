#include "interop/tflite/constants/fold_constants.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "interop/tflite/constants/int_ops.h"
#include "interop/tflite/constants/shapes.h"
#include "interop/tflite/constants/strided.h"
#include "interop/tflite/names.h"
#include "interop/tflite/nodes.h"

namespace octet::tflite {
namespace {

using Ints = flatbuffers::Vector<std::int32_t>;

constexpr int int32_type = 2, int64_type = 4;
constexpr std::int32_t shape_code = 77, rank_code = 110;

class Folder {
 public:
  Folder(const File& file, const SubGraph& subgraph, CopyBudget& budget)
      : file_(file), subgraph_(subgraph), budget_(budget), shapes_(subgraph) {
    result_.operators.resize(subgraph.operators()->size());
    returned_.resize(subgraph.tensors()->size());
    for (const std::int32_t t : *subgraph.outputs()) {
      if (valid(t)) returned_[static_cast<std::size_t>(t)] = true;
    }
    // Operators may share their lists: what is walked through is charged.
    for (const Operator* op : *subgraph.operators()) {
      for (const Ints* list : {op->inputs(), op->outputs()})
        budget.charge(4 * std::size_t{list ? list->size() : 0});
    }
  }

  FoldedConstants fold() {
    for (unsigned i = 0; i < subgraph_.operators()->size(); ++i) {
      const Operator& op = *subgraph_.operators()->Get(i);
      if (!fold(i, op)) shapes_.infer(op, code_of(op), [this](std::int32_t t) { return known(t); });
    }
    drop_unread();
    take_int64();
    result_.shapes = shapes_.changed();
    return std::move(result_);
  }

 private:
  /// Whether its results are known.
  bool fold(unsigned index, const Operator& op) {
    if (!makes_integers(op)) return false;
    try {
      auto values = compute(op);
      if (values) keep(index, op, std::move(*values));
      return values.has_value();
    } catch (const Error& error) {
      fail("operator ", index, " (", builtin_operator_text(code_of(op)), "): ", error.what());
    }
  }

  bool valid(std::int32_t t) const {
    return t >= 0 && static_cast<std::uint32_t>(t) < subgraph_.tensors()->size();
  }
  const Tensor& tensor(std::int32_t t) const {
    return *subgraph_.tensors()->Get(static_cast<unsigned>(t));
  }
  static bool is_integer(const Tensor& t) {
    return t.type() == int32_type || t.type() == int64_type;
  }
  bool returned(std::int32_t t) const { return returned_[static_cast<std::size_t>(t)]; }
  std::int32_t code_of(const Operator& op) const {
    const OperatorCode* code = operator_code(file_.model, op);
    return code ? builtin_code(*code) : -1;
  }

  /// An operator whose outputs are integers that only operators read.
  bool makes_integers(const Operator& op) const {
    if (!op.inputs() || !op.outputs() || op.outputs()->size() == 0) return false;
    return std::all_of(op.outputs()->begin(), op.outputs()->end(), [&](std::int32_t t) {
      return valid(t) && is_integer(tensor(t)) && !returned(t);
    });
  }

  std::optional<std::vector<IntValue>> compute(const Operator& op) {
    const std::int32_t code = code_of(op);
    if (code == shape_code || code == rank_code) {
      if (op.inputs()->size() != 1 || !valid(op.inputs()->Get(0))) return std::nullopt;
      const IntValue* value = known(op.inputs()->Get(0));
      const auto shape = value ? std::optional(value->shape) : shapes_.of(op.inputs()->Get(0));
      if (!shape) return std::nullopt;
      const auto rank = static_cast<std::int32_t>(shape->size());
      if (code == rank_code) return {{IntValue{{}, {rank}}}};
      return {{IntValue{{rank}, {shape->begin(), shape->end()}}}};
    }
    IntFunction function = find_int_arithmetic(code);
    if (!function) function = find_int_move(code);
    if (!function) return std::nullopt;
    IntOperands operands{op, {}};
    for (const std::int32_t t : *op.inputs()) {
      const IntValue* value = known(t);
      if (!value) return std::nullopt;
      operands.in.push_back(value);
    }
    return function(operands);
  }

  /// Null for what is neither computed here nor a constant of few integers.
  const IntValue* known(std::int32_t t) {
    if (!valid(t)) return nullptr;
    const auto [found, is_new] = values_.try_emplace(t);
    if (is_new && is_integer(tensor(t))) {
      found->second = read_constant(tensor(t), t);
      if (found->second) charge(*found->second);
    }
    return found->second ? &*found->second : nullptr;
  }

  std::optional<IntValue> read_constant(const Tensor& t, std::int32_t index) const {
    if (t.is_variable() || t.sparsity() || t.external_buffer() != 0 || t.buffer() == 0) return {};
    const auto bytes = file_.buffer(t.buffer(), "tensor " + std::to_string(index));
    const std::size_t size = t.type() == int64_type ? 8 : 4;
    if (bytes.empty() || bytes.size() > IntValue::max_elements * size) return {};
    IntValue value;
    if (t.shape() && t.shape()->size() > IntValue::max_rank) return {};
    if (t.shape()) value.shape.assign(t.shape()->begin(), t.shape()->end());
    if (checked_count(value.shape) * size != bytes.size()) return {};
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      std::int32_t narrow = 0;
      std::int64_t wide = 0;
      std::memcpy(size == 8 ? static_cast<void*>(&wide) : &narrow, bytes.data() + at, size);
      value.elements.push_back(size == 8 ? wide : narrow);
    }
    return value;
  }

  void keep(unsigned index, const Operator& op, std::vector<IntValue> values) {
    OCTET_CHECK(values.size() == op.outputs()->size(), op.outputs()->size(), " outputs, expected ",
                values.size());
    for (unsigned i = 0; i < values.size(); ++i) {
      const std::int32_t t = op.outputs()->Get(i);
      if (tensor(t).type() == int32_type) check_int32(values[i]);
      checked_count(values[i].shape);
      charge(values[i]);
      values_[t] = std::move(values[i]);
      result_.tensors[t] = *values_[t];
    }
    result_.operators[index] = true;
  }

  void charge(const IntValue& v) { budget_.charge(sizeof(IntValue) + 8 * v.elements.size()); }

  static void check_int32(const IntValue& v) {
    using Limits = std::numeric_limits<std::int32_t>;
    for (const std::int64_t x : v.elements)
      OCTET_CHECK(x >= Limits::min() && x <= Limits::max(), x, " is no INT32");
  }

  /// Drops operators whose outputs were read, but only by what has gone.
  void drop_unread() {
    std::vector<int> readers(subgraph_.tensors()->size()), lost(readers.size());
    const auto count = [&](const Operator& op, std::vector<int>& numbers) {
      if (!op.inputs()) return;
      for (const std::int32_t t : *op.inputs()) {
        if (valid(t)) ++numbers[static_cast<std::size_t>(t)];
      }
    };
    const auto& operators = *subgraph_.operators();
    for (const Operator* op : operators) count(*op, readers);
    for (unsigned i = operators.size(); i-- > 0;) {
      const Operator& op = *operators.Get(i);
      const auto unread = [&](std::int32_t t) {
        if (!valid(t) || returned(t)) return false;
        const auto at = static_cast<std::size_t>(t);
        return lost[at] > 0 && lost[at] == readers[at];
      };
      if (op.outputs() && op.outputs()->size() > 0 &&
          std::all_of(op.outputs()->begin(), op.outputs()->end(), unread)) {
        result_.operators[i] = true;
      }
      if (result_.operators[i]) count(op, lost);
    }
  }

  /// What the rest reads of INT64 constants becomes INT32.
  void take_int64() {
    for (unsigned i = 0; i < subgraph_.operators()->size(); ++i) {
      const Operator& op = *subgraph_.operators()->Get(i);
      if (result_.operators[i] || !op.inputs()) continue;
      for (const std::int32_t t : *op.inputs()) {
        if (!valid(t) || tensor(t).type() != int64_type) continue;
        const IntValue* value = known(t);
        if (!value) continue;
        check_int32(*value);
        if (result_.tensors.try_emplace(t, *value).second) charge(*value);
      }
    }
  }

  const File& file_;
  const SubGraph& subgraph_;
  CopyBudget& budget_;
  Shapes shapes_;
  std::vector<bool> returned_;  ///< of each tensor, whether the model returns it
  std::map<std::int32_t, std::optional<IntValue>> values_;
  FoldedConstants result_;
};

}  // namespace

FoldedConstants fold_constants(const File& file, const SubGraph& subgraph, CopyBudget& budget) {
  return Folder(file, subgraph, budget).fold();
}

}  // namespace octet::tflite
