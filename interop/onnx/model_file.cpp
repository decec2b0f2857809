#include "interop/onnx/model_file.h"

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace octet::onnx {
namespace {

constexpr int first_opset = 7, last_opset = 28;

/// What protobuf has to say beside true or false is not for the terminal.
void be_quiet() {
  static const auto silenced = google::protobuf::SetLogHandler(nullptr);
  static_cast<void>(silenced);
}

void check_model(const ModelFile& file, bool parsed) {
  OCTET_CHECK(parsed && file.model.has_graph(), file.path,
              ": not an ONNX model: expected a protobuf message with a graph");
  const int opset = opset_of(file.model);
  OCTET_CHECK(opset >= first_opset && opset <= last_opset, file.path,
              ": expected an operator set of ", first_opset, " to ", last_opset, ", got ", opset);
}

void check_size(const std::string& path, std::uint64_t bytes) {
  constexpr std::uint64_t largest = std::numeric_limits<std::int32_t>::max();
  OCTET_CHECK(bytes <= largest, path, ": expected at most ", largest,
              " bytes (larger models have external data), got ", bytes);
}

}  // namespace

int opset_of(const proto::ModelProto& model) {
  std::int64_t version = 0;
  for (const auto& set : model.opset_import()) {
    if (set.domain().empty() || set.domain() == "ai.onnx") version = set.version();
  }
  return version > 0 && version < std::numeric_limits<int>::max() ? static_cast<int>(version) : 0;
}

std::string type_name(int type) {
  static constexpr const char* names[] = {
      "undefined",      "float32",  "uint8",        "int8",           "uint16",
      "int16",          "int32",    "int64",        "string",         "bool",
      "float16",        "float64",  "uint32",       "uint64",         "complex64",
      "complex128",     "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
      "float8e5m2fnuz", "uint4",    "int4",         "float4e2m1",     "float8e8m0",
      "uint2",          "int2"};
  const bool known = type >= 0 && type < static_cast<int>(std::size(names));
  return known ? names[type] : "type " + std::to_string(type);
}

ModelFile read_model_file(const std::string& path) {
  be_quiet();
  // O_NONBLOCK: opening a pipe that nobody writes to must not hang.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  OCTET_CHECK(fd >= 0, "cannot read ", path, ": ", std::strerror(errno));
  google::protobuf::io::FileInputStream stream(fd);
  stream.SetCloseOnDelete(true);
  struct stat status {};
  OCTET_CHECK(::fstat(fd, &status) == 0 && S_ISREG(status.st_mode), "cannot read ", path,
              ": not a regular file");
  check_size(path, static_cast<std::uint64_t>(status.st_size));
  ModelFile file{path, {}};
  check_model(file, file.model.ParseFromZeroCopyStream(&stream));
  return file;
}

ModelFile parse_model_file(std::span<const std::byte> bytes, const std::string& path) {
  be_quiet();
  check_size(path, bytes.size());
  ModelFile file{path, {}};
  check_model(file, file.model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return file;
}

}  // namespace octet::onnx
