#include "deploy/tflm/write_tflm.h"

#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/error.h"
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
  constexpr std::size_t per_line = 12;
  constexpr const char* digits = "0123456789abcdef";
  std::string text = source_begin;
  text.reserve(text.size() + 6 * file.size() + 128);
  for (std::size_t i = 0; i < file.size(); ++i) {
    const auto value = std::to_integer<unsigned>(file[i]);
    text += i % per_line == 0 ? "\n    0x" : " 0x";
    text += digits[value >> 4];
    text += digits[value & 15];
    text += ',';
  }
  return text + "\n};\n\nconst std::size_t model_data_size = sizeof(model_data);\n";
}

void write_tflm(const int8::Graph& graph, const ModelMetadata& metadata, const fs::path& folder) {
  const std::vector<std::byte> file = serialize_tflite(graph, metadata);
  const auto headers = tflm_headers(file);
  AtomicFolder out(folder);
  for (const auto& [name, text] : headers) write_text(out.temporary() / name, text);
  write_text(out.temporary() / "model_data.cc", tflm_array(file));
  out.commit();
}

}  // namespace octet::deploy
