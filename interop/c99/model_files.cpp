#include "interop/c99/model_files.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "int8/engine/random_inputs.h"
#include "int8/ops/node_view.h"
#include "interop/c99/c_program.h"

namespace octet::c99 {
namespace {

/// Of an input or output: how to call it, its sizes and what its codes mean.
std::string declarations(const int8::ValueInfo& info, std::string_view name, const char* what,
                         std::size_t i) {
  const std::string macro = text_of(macro_prefix(name), what[0] == 'i' ? "INPUT_" : "OUTPUT_", i);
  std::string text =
      text_of("\n/* ", what[0] == 'i' ? "Input " : "Output ", i, ", '", in_comment(info.name),
              "': ", int8::dtype_name(info.type), ' ', int8::to_string(info.shape), '.');
  if (info.scale > 0) text += " Its reals are SCALE * (code - ZERO_POINT).";
  text += text_of(" */\n#define ", macro, "_SIZE ", info.bytes / int8::dtype_size(info.type), '\n');
  if (info.scale > 0) {
    text += text_of("#define ", macro, "_SCALE ", real(info.scale), "\n#define ", macro,
                    "_ZERO_POINT ", "(", info.zero_point, ")\n");
  }
  const bool input = what[0] == 'i';
  return text + text_of(input ? "" : "const ", c_type(info.type), " *", name, '_', what, '_', i,
                        "(void);\n");
}

/// sample after sample
CArray bytes_array(std::string name, std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return {std::move(name), CArray::Element::u8, *owner, owner};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

std::string macro_prefix(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper + "_";
}

std::string_view c_type(int8::DType type) noexcept {
  switch (type) {
    case int8::DType::f32:
      return "float";
    case int8::DType::i32:
      return "int32_t";
    case int8::DType::u8:
      return "uint8_t";
    case int8::DType::i16:
      return "int16_t";
    case int8::DType::i64:
      return "int64_t";
    case int8::DType::i8:
      break;
  }
  return "int8_t";
}

std::string in_comment(std::string_view text) {
  std::string line = one_line(text);
  for (char& c : line) {
    const bool plain = c >= ' ' && c <= '~' && c != '*' && c != '\\' && c != '?';
    if (!plain) c = '_';
  }
  return line;
}

CFile header_file(const int8::Model& model, const CExportOptions& options, const CExport& made) {
  const std::string& name = options.name;
  const std::string macro = macro_prefix(name);
  std::string text =
      text_of("/* A quantized network as C99: ", model.macs(), " multiply-accumulates a run, ",
              rounding_name(model.rounding()),
              " rounding.\n   Values are in static memory: one run at a time. */\n", "#ifndef ",
              macro, "H\n#define ", macro, "H\n\n#include <stdint.h>\n\n",
              "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
              "/* Bytes of static memory for values, for states, and of constants. */\n#define ",
              macro, "ARENA_BYTES ", made.arena_bytes, "\n#define ", macro, "STATE_BYTES ",
              made.state_bytes, "\n#define ", macro, "CONSTANT_BYTES ", made.constant_bytes, "\n");
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    text += declarations(model.inputs()[i], name, "input", i);
  }
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    text += declarations(model.outputs()[i], name, "output", i);
  }
  if (model.state_bytes() > 0) {
    text += text_of("\n/* Begins a stream. To be called before the first run. */\nvoid ", name,
                    "_reset(void);\n");
  }
  text += text_of(
      "\n/* From the inputs, which are to be written before each run since it uses their "
      "memory, to\n   the outputs, which hold until the next run",
      model.state_bytes() > 0 ? ": one step of a stream. */\n" : ". */\n", "void ", name,
      "_run(void);\n\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
  return {name + ".h", {std::move(text)}};
}

CFile test_file(const int8::Model& model, const CExportOptions& options) {
  const std::string& name = options.name;
  const auto samples = static_cast<std::size_t>(options.samples);
  int8::RandomInputs random(model.inputs());
  int8::ExecutionContext context(model);
  std::vector<std::vector<std::byte>> in(model.inputs().size()), out(model.outputs().size());
  for (std::size_t s = 0; s < samples; ++s) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      const auto x = context.input(static_cast<int>(i));
      random.fill(model.inputs()[i], x);
      in[i].insert(in[i].end(), x.begin(), x.end());
    }
    context.run();
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto y = context.output(static_cast<int>(i));
      out[i].insert(out[i].end(), y.begin(), y.end());
    }
  }
  CFile file{"test_main.c",
             {text_of("/* Runs samples, and compares bytes with what octet made of them (of ",
                      "little-endian numbers). */\n#include <stdio.h>\n#include <string.h>\n\n",
                      "#include \"", name, ".h\"\n\n")}};
  std::string body;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::size_t n = in[i].size() / samples;
    file.pieces.emplace_back(bytes_array(text_of("inputs_", i), std::move(in[i])));
    body += text_of("    memcpy(", name, "_input_", i, "(), inputs_", i, " + sample * ", n, ", ", n,
                    ");\n");
  }
  body += text_of("    ", name, "_run();\n");
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t n = out[i].size() / samples;
    file.pieces.emplace_back(bytes_array(text_of("outputs_", i), std::move(out[i])));
    body += text_of("    same = same && memcmp(", name, "_output_", i, "(), outputs_", i,
                    " + sample * ", n, ", ", n, ") == 0;\n");
  }
  file.pieces.emplace_back(
      text_of("\nint main(void) {\n  int32_t sample, equal = 0;\n",
              model.state_bytes() > 0 ? text_of("  ", name, "_reset();\n") : "",
              "  for (sample = 0; sample < ", samples, "; ++sample) {\n    int same = 1;\n", body,
              "    equal += same;\n  }\n", "  printf(\"%d of ", samples,
              " equal\\n\", (int)equal);\n  return equal != ", samples, ";\n}\n"));
  return file;
}

CFile template_file(std::string_view path, const CExportOptions& options) {
  constexpr std::string_view flags[] = {"", " -mcpu=cortex-m4", " -mcpu=cortex-m55"};
  std::string text(text_of_c99("templates/" + std::string(path)));
  text = replaced(std::move(text), "@NAME@", options.name);
  return {std::string(path),
          {replaced(std::move(text), "@SIMD_FLAGS@", flags[static_cast<int>(options.simd)])}};
}

}  // namespace octet::c99
