#include "deploy/tflm/resolver_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "int8/graph/graph.h"

namespace octet::deploy {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

/// Of operators on variables, which the integer graph has as states.
constexpr std::array<std::pair<std::int32_t, std::string_view>, 4> of_variables = {
    {{129, "CALL_ONCE"}, {142, "VAR_HANDLE"}, {143, "READ_VARIABLE"}, {144, "ASSIGN_VARIABLE"}}};

constexpr std::array<std::string_view, 5> missing = {"GELU", "POW", "RELU_0_TO_1", "RELU_N1_TO_1",
                                                     "TILE"};

/// Names that are not the operator's words with capitals.
constexpr std::array<Names, 3> unlike = {
    {{"BATCH_MATMUL", "BatchMatMul"},
     {"PADV2", "PadV2"},
     {"UNIDIRECTIONAL_SEQUENCE_LSTM", "UnidirectionalSequenceLSTM"}}};

std::string_view name_of(std::int32_t code) {
  for (const auto& [c, name] : of_variables) {
    if (c == code) return name;
  }
  return int8::op_name(static_cast<int8::OpCode>(code));
}

char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Conv2D of CONV_2D.
std::string in_words(std::string_view name) {
  std::string words;
  char before = '_';
  for (const char c : name) {
    const bool begins = before == '_' || (before >= '0' && before <= '9');
    if (c != '_') words += begins ? c : lower_case(c);
    before = c;
  }
  return words;
}

}  // namespace

std::optional<std::string> resolver_name(std::int32_t code) {
  const std::string_view name = name_of(code);
  if (name == "?" || std::find(missing.begin(), missing.end(), name) != missing.end())
    return std::nullopt;
  for (const auto& [op, other] : unlike) {
    if (op == name) return "Add" + std::string(other);
  }
  return "Add" + in_words(name);
}

}  // namespace octet::deploy
