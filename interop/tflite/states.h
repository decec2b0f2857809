// From the variables of a TFLite file to int8::State: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE
// and CALL_ONCE with the subgraph that it runs before all else; and variable tensors.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interop/tflite/tensors.h"

namespace octet::tflite {

/// Codes of the operators and of the type of what VAR_HANDLE makes.
inline constexpr std::int32_t call_once_code = 129, var_handle_code = 142, read_variable_code = 143,
                              assign_variable_code = 144;
inline constexpr int resource_type = 13;

class Variables {
 public:
  /// Looks at the operators of `subgraph` that are not gone, and lets those on variables go. Throws
  /// Error for variables that are no states.
  Variables(const File& file, const SubGraph& subgraph, std::vector<bool>& gone,
            CopyBudget& budget);

  /// Tensors that the graph needs because of the variables.
  std::vector<int> tensors() const;

  /// Puts the states into a graph whose tensors and nodes were read: what reads a variable reads
  /// what it is at that moment. A variable that nothing sets begins with zeros.
  void apply(int8::Graph& graph, CopyBudget& budget) const;

 private:
  using Name = std::pair<std::string_view, std::string_view>;  ///< container and name
  struct Variable {
    int first_read = -1;  ///< tensor that holds it until it is assigned
    int assigned = -1;    ///< tensor that it holds at this point, -1: none yet
    std::optional<int8::TensorDef> initial;
  };

  Name name_of(const Operator& op) const;
  void run_once(std::int32_t index);
  void read(const Operator& op);
  void assign(const Operator& op);
  Variable& variable(const Operator& op);
  int tensor(const flatbuffers::Vector<std::int32_t>* list, unsigned i) const;

  const File& file_;
  const SubGraph& subgraph_;
  CopyBudget& budget_;
  std::map<Name, Variable> variables_;
  std::map<int, Name> handles_;  ///< by the tensor
  std::set<int> results_;        ///< of reads
  std::map<int, int> same_;      ///< results of reads to the tensors that they are
  bool touched_ = false;         ///< some variable was read or assigned
  std::vector<bool> later_;  ///< of each tensor, whether an operator behind this point writes it
};

/// Variable tensors, which recurrent operators read and write (SVDF's state): states of the graph,
/// at first all zero point. is_variable_tensor: the state may be written as one.
bool is_variable_tensor(const int8::Graph& graph, const int8::State& state);
void add_variable_tensors(const SubGraph& subgraph, int8::Graph& graph, CopyBudget& budget);

}  // namespace octet::tflite
