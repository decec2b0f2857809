#include "deploy/tflm/write_tflm.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "deploy/tflm/resolver_names.h"
#include "interop/tflite/names.h"
#include "interop/tflite/used_operators.h"
#include "interop/tflite/writer.h"

namespace octet::deploy {
namespace {

namespace fs = std::filesystem;

constexpr const char* header = R"(// The model, a TFLite file. Written by octet.
#ifndef MODEL_DATA_H_
#define MODEL_DATA_H_

#include <cstddef>

extern const unsigned char model_data[];
extern const std::size_t model_data_size;

#endif  // MODEL_DATA_H_
)";

constexpr const char* source_begin = R"(#include "model_data.h"

alignas(16) const unsigned char model_data[] = {)";

constexpr const char* ops_begin =
    R"(// The operators of the model. Written by octet.
#ifndef MODEL_OPS_H_
#define MODEL_OPS_H_

)"
    "#include \"tensorflow/lite/micro/micro_mutable_op_resolver.h\"\n\n";

void write_text(const fs::path& path, const std::string& text) {
  write_file_atomically(path, std::as_bytes(std::span(text)));
}

/// Calls sink(text) for the array's source from its beginning to its end: the text is five times as
/// long as the file.
void for_array_text(std::span<const std::byte> bytes, const auto& sink) {
  constexpr std::size_t per_line = 16, piece = std::size_t{1} << 16;
  constexpr const char* digits = "0123456789abcdef";
  std::string text = source_begin;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto value = std::to_integer<unsigned>(bytes[i]);
    const char element[] = {'0', 'x', digits[value >> 4], digits[value & 15], ','};
    if (i % per_line == 0) text += '\n';
    text.append(element, sizeof element);
    if (text.size() >= piece) {
      sink(text);
      text.clear();
    }
  }
  text += "\n};\n\nconst std::size_t model_data_size = sizeof(model_data);\n";
  sink(text);
}

void write_array(const fs::path& path, std::span<const std::byte> bytes) {
  const auto close = [](FILE* f) { std::fclose(f); };
  const std::unique_ptr<FILE, decltype(close)> file(std::fopen(path.c_str(), "wb"), close);
  if (!file) fail_to_write(path, errno);
  for_array_text(bytes, [&](const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size())
      fail_to_write(path, errno);
  });
  if (std::fflush(file.get()) != 0) fail_to_write(path, errno);
}

std::string resolver_text(std::span<const std::byte> file) {
  std::vector<std::string> names;
  for (const std::int32_t code : used_operators(file)) {
    const auto name = resolver_name(code);
    OCTET_CHECK(name, "TFLite Micro has no kernel of ", tflite::builtin_operator_text(code));
    names.push_back(*name);
  }
  std::string text = ops_begin;
  text += "using ModelOpResolver = tflite::MicroMutableOpResolver<" + std::to_string(names.size()) +
          ">;\n\ninline TfLiteStatus AddModelOps(ModelOpResolver& resolver) {\n";
  for (const std::string& name : names)
    text += "  TF_LITE_ENSURE_STATUS(resolver." + name + "());\n";
  return text + "  return kTfLiteOk;\n}\n\n#endif  // MODEL_OPS_H_\n";
}

}  // namespace

std::map<std::string, std::string> tflm_headers(std::span<const std::byte> file) {
  return {{"model_data.h", header}, {"model_ops.h", resolver_text(file)}};
}

std::string tflm_array(std::span<const std::byte> file) {
  std::string source;
  for_array_text(file, [&](const std::string& text) { source += text; });
  return source;
}

void write_tflm(const int8::Graph& graph, const ModelMetadata& metadata, const fs::path& folder) {
  AtomicFolder out(folder);
  const fs::path file = out.temporary() / "model.tflite";
  write_tflite(graph, file, {.metadata = metadata});
  const MappedFile model = map_file(file.string());
  for (const auto& [name, text] : tflm_headers(model.bytes)) {
    write_text(out.temporary() / name, text);
  }
  write_array(out.temporary() / "model_data.cc", model.bytes);
  out.commit();
}

}  // namespace octet::deploy
