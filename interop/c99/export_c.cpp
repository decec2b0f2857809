#include "interop/c99/export_c.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "int8/engine/fuse_pads.h"
#include "int8/engine/model_impl.h"
#include "interop/c99/c_values.h"
#include "interop/c99/forms.h"
#include "interop/c99/model_files.h"

namespace octet::c99 {
namespace {

using int8::Graph;
using int8::Model;

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

/// By the language, its headers, or the export's other files.
bool is_taken(const std::string& name) {
  static const std::set<std::string_view> taken{
      "auto",   "break",    "case",   "char",   "const",     "continue", "default", "do",
      "double", "else",     "enum",   "extern", "float",     "for",      "goto",    "if",
      "inline", "int",      "long",   "main",   "register",  "restrict", "return",  "short",
      "signed", "sizeof",   "static", "struct", "switch",    "typedef",  "union",   "unsigned",
      "void",   "volatile", "while",  "assert", "ctype",     "errno",    "limits",  "locale",
      "math",   "setjmp",   "signal", "stdarg", "stdbool",   "stddef",   "stdint",  "stdio",
      "stdlib", "string",   "tgmath", "time",   "test_main", "startup"};
  return name.starts_with("_") || taken.contains(name);
}

Model make_model(const Graph& graph, const CExportOptions& options) {
  OCTET_CHECK(is_identifier(options.name), "name: expected a C identifier, got '",
              one_line(options.name), "'");
  OCTET_CHECK(!is_taken(options.name), "name: '", options.name,
              "' has a meaning in C or is another file of the export");
  OCTET_CHECK(options.samples >= 1, "samples: expected at least 1, got ", options.samples);
  const int8::Rounding rounding = options.rounding.value_or(graph.rounding);
  OCTET_CHECK(rounding != int8::Rounding::float_rounding,
              "rounding: float has no C form; expected single or double");
  return Model(graph, {.rounding = rounding,
                       .isa = int8::Isa::portable,
                       .memory_limit = std::size_t{1} << 32,
                       .ops = &int8::all_ops()});
}

/// Calls use(step, node, its C form or null) for every step.
template <class Use>
void for_steps(const Model& model, const Use& use) {
  const Model::Impl& impl = model.impl();
  const std::vector<int8::PadFusion> pads = int8::fuse_pads(impl.graph);
  for (const auto& step : impl.steps) {
    const auto n = static_cast<std::size_t>(step->node_index);
    int8::NodeView view(impl.graph, step->node_index, impl.rounding, impl.isa);
    view.fused_input = pads[n].input;
    view.fused_pads = pads[n].pads;
    use(*step, view, find_form(view, *step));
  }
}

std::string operator_text(const int8::Step& step, const int8::NodeView& view) {
  return text_of("operator ", op_name(view.op()), " of node ", step.node_index);
}

/// All steps into the program.
void write_steps(const Model& model, const CValues& values, CProgram& program) {
  for_steps(model, [&](const int8::Step& step, const int8::NodeView& view, WriteStep write) {
    OCTET_CHECK(write, operator_text(step, view), " has no C form");
    const std::string name = in_comment(view.output().name);
    program.calls +=
        text_of("\n  /* ", step.node_index, ' ', op_name(view.op()), ": ", name, " */\n");
    CNode node(view, step, model.impl(), values.places, program);
    write(node);
  });
}

std::string static_memory(std::string_view name, std::size_t bytes) {
  if (bytes == 0) return "";
  return text_of("\nstatic union {\n  int64_t aligned;\n  int8_t codes[", bytes, "];\n} ", name,
                 ";\n");
}

/// One after the other, so that they can be copied in one go.
std::vector<std::int8_t> initial_states(const Graph& graph, std::size_t bytes) {
  std::vector<std::int8_t> all;
  for (const int8::State& s : graph.states) {
    const auto* codes = reinterpret_cast<const std::int8_t*>(s.initial.data);
    all.insert(all.end(), codes, codes + s.initial.size);
    all.resize((all.size() + 7) / 8 * 8);
  }
  OCTET_CHECK(all.size() == bytes, "states: expected ", bytes, " bytes, got ", all.size());
  return all;
}

std::string accessor(const int8::ValueInfo& info, const std::string& function,
                     const std::string& place, bool input) {
  const std::string type = text_of(input ? "" : "const ", c_type(info.type));
  const std::string value = info.type == int8::DType::i8 ? place : CNode::as(type, place);
  return text_of("\n", type, " *", function, "(void) {\n  return ", value, ";\n}\n");
}

std::string accessors(const Model& model, const std::string& name, const CValues& values) {
  const Graph& graph = model.graph();
  std::string text;
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    text += accessor(model.inputs()[i], text_of(name, "_input_", i),
                     values.places[static_cast<std::size_t>(graph.inputs[i])], true);
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    text += accessor(model.outputs()[i], text_of(name, "_output_", i),
                     values.places[static_cast<std::size_t>(graph.outputs[i])], false);
  }
  return text;
}

CFile source_file(const Model& model, const CExportOptions& options, const CValues& values,
                  CProgram& program) {
  const std::string& name = options.name;
  std::string reset;
  if (values.state_bytes > 0) {
    const std::string initial = program.add(
        make_array("initial_states", initial_states(model.graph(), values.state_bytes)));
    reset = text_of("\nvoid ", name, "_reset(void) {\n  memcpy(state.codes, ", initial,
                    ", sizeof(state.codes));\n}\n");
  }
  CFile file{name + ".c",
             {text_of("#include \"", name, ".h\"\n\n#include <string.h>\n",
                      program.kernels.headers(), program.kernels.text(), '\n')}};
  for (CPiece& piece : program.constants) file.pieces.push_back(std::move(piece));
  file.pieces.emplace_back(
      text_of(static_memory("arena", values.arena_bytes),
              static_memory("state", values.state_bytes), accessors(model, name, values), reset,
              "\nvoid ", name, "_run(void) {\n", values.load, program.calls, values.save, "}\n"));
  return file;
}

/// The model's own files; its packed weights are gone when this returns.
CExport without_test(const Graph& graph, const CExportOptions& options) {
  const Model model = make_model(graph, options);
  const CValues values = place_values(model.impl());
  CProgram program{KernelSet(model.rounding(), options.simd), {}, 0, {}};
  write_steps(model, values, program);
  CExport made{.files = {}, .arena_bytes = values.arena_bytes, .state_bytes = values.state_bytes};
  CFile source = source_file(model, options, values, program);
  made.constant_bytes = program.constant_bytes;
  made.files.push_back(header_file(model, options, made));
  made.files.push_back(std::move(source));
  return made;
}

}  // namespace

CExport export_c(const Graph& graph, const CExportOptions& options) {
  CExport made = without_test(graph, options);
  if (options.test_main) made.files.push_back(test_file(graph, options));
  for (const char* path :
       {"Makefile", "cortex_m/Makefile", "cortex_m/startup.c", "cortex_m/sections.ld",
        "cortex_m/mps2-an385.ld", "cortex_m/mps2-an500.ld", "cortex_m/mps3-an547.ld"}) {
    made.files.push_back(template_file(path, options));
  }
  return made;
}

std::vector<std::string> without_c_form(const Graph& graph, const CExportOptions& options) {
  std::vector<std::string> refused;
  for_steps(make_model(graph, options),
            [&](const int8::Step& step, const int8::NodeView& view, WriteStep write) {
              if (!write) refused.push_back(operator_text(step, view));
            });
  return refused;
}

}  // namespace octet::c99
