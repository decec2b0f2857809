#include "interop/tflite/states.h"

#include <algorithm>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "interop/tflite/file_checks.h"
#include "interop/tflite/names.h"
#include "interop/tflite/nodes.h"

namespace octet::tflite {
namespace {

using Ints = flatbuffers::Vector<std::int32_t>;

std::int32_t code_of(const File& file, const Operator& op) {
  const OperatorCode* code = operator_code(file.model, op);
  return code ? builtin_code(*code) : -1;
}

int tensor_at(const SubGraph& subgraph, const Ints* list, unsigned i) {
  OCTET_CHECK(list && i < list->size(), "expected at least ", i + 1, " tensors, got ",
              list ? list->size() : 0);
  const std::int32_t t = list->Get(i);
  OCTET_CHECK(t >= 0 && static_cast<std::uint32_t>(t) < subgraph.tensors()->size(), "tensor ", t,
              ", but there are ", subgraph.tensors()->size());
  return t;
}

/// One sample of a variable before anything sets it.
int8::ConstBytes zeros_of(const int8::TensorDef& t, int tensor, CopyBudget& budget) {
  const std::uint64_t bytes =
      checked_bytes(t, tensor_text(static_cast<std::size_t>(tensor), t.name));
  budget.charge(bytes);
  const int zero = int8::is_codes(t.type) ? int8::zero_code(t) : 0;
  return int8::own_bytes(std::vector(bytes, static_cast<std::byte>(zero)));
}

template <class F>
void with_operator_text(const File& file, unsigned index, const Operator& op, const F& f) {
  try {
    f();
  } catch (const Error& error) {
    fail("operator ", index, " (", builtin_operator_text(code_of(file, op)), "): ", error.what());
  }
}

}  // namespace

Variables::Variables(const File& file, const SubGraph& subgraph, std::vector<bool>& gone,
                     CopyBudget& budget)
    : file_(file), subgraph_(subgraph), budget_(budget), later_(subgraph.tensors()->size()) {
  const auto set_later = [this](const Operator& op, bool later) {
    if (!op.outputs()) return;
    for (const std::int32_t t : *op.outputs()) {
      if (t >= 0 && static_cast<std::size_t>(t) < later_.size())
        later_[static_cast<std::size_t>(t)] = later;
    }
  };
  for (const Operator* op : *subgraph.operators()) set_later(*op, true);
  for (unsigned i = 0; i < subgraph.operators()->size(); ++i) {
    const Operator& op = *subgraph.operators()->Get(i);
    const std::int32_t code = code_of(file, op);
    set_later(op, false);
    if (gone[i] || code < call_once_code || code > assign_variable_code) continue;
    with_operator_text(file, i, op, [&] {
      if (code == call_once_code) {
        const auto* options = op.builtin_options_as<CallOnceOptions>();
        run_once(options ? options->init_subgraph_index() : 0);
      } else if (code == var_handle_code) {
        handles_[tensor(op.outputs(), 0)] = name_of(op);
      } else if (code == read_variable_code) {
        read(op);
      } else if (code == assign_variable_code) {
        assign(op);
      } else {
        return;  // another operator, of a code between
      }
      gone[i] = true;
    });
  }
}

int Variables::tensor(const Ints* list, unsigned i) const {
  return tensor_at(subgraph_, list, i);
}

Variables::Name Variables::name_of(const Operator& op) const {
  const auto* options = op.builtin_options_as<VarHandleOptions>();
  const auto text = [](const flatbuffers::String* s) {
    return s ? s->string_view() : std::string_view();
  };
  return options ? Name{text(options->container()), text(options->shared_name())} : Name{};
}

Variables::Variable& Variables::variable(const Operator& op) {
  touched_ = true;
  const int handle = tensor(op.inputs(), 0);
  const auto found = handles_.find(handle);
  OCTET_CHECK(found != handles_.end(), "tensor ", handle, ", which no VAR_HANDLE made");
  return variables_[found->second];
}

/// Before the first run: variables are set to constants.
void Variables::run_once(std::int32_t index) {
  OCTET_CHECK(!touched_, "behind an operator that reads or assigns a variable");
  const auto& subgraphs = *file_.model.subgraphs();
  OCTET_CHECK(index > 0 && static_cast<std::uint32_t>(index) < subgraphs.size(), "subgraph ", index,
              ", expected 1 to ", subgraphs.size() - 1);
  const SubGraph& once = *subgraphs.Get(static_cast<unsigned>(index));
  if (!once.operators()) return;
  OCTET_CHECK(once.tensors(), "subgraph ", index, " without tensors");
  std::map<int, Name> handles;
  for (unsigned i = 0; i < once.operators()->size(); ++i) {
    const Operator& op = *once.operators()->Get(i);
    budget_.charge(sizeof(Operator) + 64);
    const std::int32_t code = code_of(file_, op);
    if (code == var_handle_code) {
      handles[tensor_at(once, op.outputs(), 0)] = name_of(op);
      continue;
    }
    OCTET_CHECK(code == assign_variable_code, "operator ", i, " of subgraph ", index, ": ",
                builtin_operator_text(code), " is not supported in what runs once");
    const auto found = handles.find(tensor_at(once, op.inputs(), 0));
    OCTET_CHECK(found != handles.end(), "operator ", i, " of subgraph ", index,
                " assigns what no VAR_HANDLE made");
    const int value = tensor_at(once, op.inputs(), 1);
    int8::TensorDef initial = read_tensor(file_, once, static_cast<unsigned>(value), budget_);
    OCTET_CHECK(initial.constant, "operator ", i, " of subgraph ", index,
                " assigns what is no constant");
    variables_[found->second].initial = std::move(initial);
  }
}

void Variables::read(const Operator& op) {
  Variable& v = variable(op);
  const int result = tensor(op.outputs(), 0);
  OCTET_CHECK(results_.insert(result).second, "tensor ", result,
              ": expected one variable read into it, got another");
  if (v.assigned < 0 && v.first_read < 0) {
    v.first_read = result;
  } else {
    same_[result] = v.assigned < 0 ? v.first_read : v.assigned;
  }
}

void Variables::assign(const Operator& op) {
  const int value = tensor(op.inputs(), 1);
  OCTET_CHECK(!later_[static_cast<std::size_t>(value)], "tensor ", value,
              ": expected a value that is there, got one that a later operator computes");
  const auto read_before = same_.find(value);
  variable(op).assigned = read_before == same_.end() ? value : read_before->second;
}

std::vector<int> Variables::tensors() const {
  std::vector<int> tensors;
  for (const auto& [name, v] : variables_) {
    if (v.first_read < 0) continue;
    tensors.push_back(v.first_read);
    if (v.assigned >= 0) tensors.push_back(v.assigned);
  }
  for (const auto& [result, tensor] : same_) tensors.insert(tensors.end(), {result, tensor});
  return tensors;
}

void Variables::apply(int8::Graph& graph, CopyBudget& budget) const {
  const auto def = [&](int t) -> const int8::TensorDef& {
    return graph.tensors[static_cast<std::size_t>(t)];
  };
  const auto check_same = [&](int t, const int8::TensorDef& other) {
    OCTET_CHECK(def(t).type == other.type && def(t).shape == other.shape,
                tensor_text(static_cast<std::size_t>(t), def(t).name),
                ": a variable of another type or shape is read into it");
  };
  const auto check_free = [&](const std::vector<int>& tensors) {
    for (const int t : tensors) {
      OCTET_CHECK(!same_.contains(t), tensor_text(static_cast<std::size_t>(t), def(t).name),
                  ": a variable is read into it, too");
    }
  };
  check_free(graph.inputs);
  for (const int8::Node& node : graph.nodes) check_free(node.outputs);
  for (const auto& [result, tensor] : same_) {
    check_same(result, def(tensor));
    OCTET_CHECK(def(result).quantization == def(tensor).quantization,
                tensor_text(static_cast<std::size_t>(result), def(result).name),
                ": a variable of another scale or zero point is read into it");
  }
  const auto rename = [&](std::vector<int>& tensors) {
    for (int& t : tensors) {
      if (const auto found = same_.find(t); found != same_.end()) t = found->second;
    }
  };
  for (int8::Node& node : graph.nodes) rename(node.inputs);
  rename(graph.outputs);
  std::map<int, int8::State> states;  // by their tensor
  for (const auto& [name, v] : variables_) {
    if (v.first_read < 0) continue;  // nobody sees it
    int8::State& state = states[v.first_read];
    state = {v.first_read, v.assigned < 0 ? v.first_read : v.assigned, {}};
    const int8::TensorDef& now = def(state.input);
    check_same(state.input, def(state.output));
    if (v.initial) {
      check_same(state.input, *v.initial);
      state.initial = v.initial->constant;
    } else {
      state.initial = zeros_of(now, state.input, budget);
    }
  }
  for (auto& [tensor, state] : states) graph.states.push_back(std::move(state));
}

bool is_variable_tensor(const int8::Graph& graph, const int8::State& state) {
  const auto updates = [&](const int8::Node& node) {
    return (node.op == int8::OpCode::svdf ||
            node.op == int8::OpCode::unidirectional_sequence_lstm) &&
           std::find(node.inputs.begin(), node.inputs.end(), state.input) != node.inputs.end();
  };
  const int8::TensorDef& t = graph.tensors[static_cast<std::size_t>(state.input)];
  const auto zero = static_cast<std::byte>(int8::is_codes(t.type) ? int8::zero_code(t) : 0);
  const std::span begun(state.initial.data, state.initial.size);
  return state.input == state.output &&
         std::ranges::all_of(begun, [zero](std::byte b) { return b == zero; }) &&
         std::any_of(graph.nodes.begin(), graph.nodes.end(), updates);
}

void add_variable_tensors(const SubGraph& subgraph, int8::Graph& graph, CopyBudget& budget) {
  std::vector<bool> read(graph.tensors.size());
  for (const int8::Node& node : graph.nodes) {
    for (const int t : node.inputs) {
      if (t >= 0 && static_cast<std::size_t>(t) < read.size())
        read[static_cast<std::size_t>(t)] = true;
    }
  }
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!read[t] || !subgraph.tensors()->Get(static_cast<unsigned>(t))->is_variable()) continue;
    const auto index = static_cast<int>(t);
    graph.states.push_back({index, index, zeros_of(graph.tensors[t], index, budget)});
  }
}

}  // namespace octet::tflite
