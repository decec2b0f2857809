#include "deploy/targets.h"

#include <array>

#include "base/error.h"
#include "base/nearest.h"

namespace octet::deploy {
namespace {

using int8::Rounding;

constexpr Rule litert_rules[] = {xnnpack_rule, floats_rule};
constexpr Rule tflm_rules[] = {micro_operators_rule, floats_rule};
constexpr Rule c_rules[] = {c99_rule};
constexpr Rule linux_rules[] = {floats_rule};

constexpr std::array table = {
    Target{"tflite", "TFLite on phones and in browsers", Rounding::single_rounding, false, Io::int8,
           FileForm::tflite, litert_rules},
    Target{"litert", "LiteRT by XNNPACK, its default on x86-64, code for code",
           Rounding::float_rounding, false, Io::int8, FileForm::tflite, litert_rules},
    Target{"tflm", "TFLite Micro and CMSIS-NN", Rounding::double_rounding, false, Io::int8,
           FileForm::tflm, tflm_rules},
    Target{"c", "C99 source without a runtime", Rounding::double_rounding, true, Io::int8,
           FileForm::c99, c_rules},
    Target{"linux", "a C program on octet's runtime library", Rounding::single_rounding, true,
           Io::int8, FileForm::program, linux_rules},
};

}  // namespace

std::span<const Target> targets() noexcept {
  return table;
}

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const Target& t : table) names.emplace_back(t.name);
  return names;
}

std::string targets_text() {
  std::string text;
  for (const Target& t : table) {
    text += text.empty() ? "" : "; ";
    text.append(t.name).append(": ").append(t.description);
  }
  return text;
}

const Target& find_target(std::string_view name) {
  for (const Target& t : table) {
    if (t.name == name) return t;
  }
  const std::vector<std::string> names = target_names();
  std::string known;
  for (const std::string& n : names) known += (known.empty() ? "" : ", ") + n;
  fail("unknown target '", name, "'; did you mean '", nearest(name, names), "'? Known: ", known);
}

std::vector<Finding> check_target(const Target& target, const int8::Graph& graph) {
  std::vector<Finding> findings;
  for (const Rule rule : target.rules) rule(graph, findings);
  return findings;
}

}  // namespace octet::deploy
