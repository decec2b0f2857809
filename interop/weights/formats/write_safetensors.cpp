#include "interop/weights/formats/write_safetensors.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"

namespace octet {

void write_safetensors(const std::filesystem::path& path, std::span<const StoredTensor> tensors) {
  using Json = nlohmann::ordered_json;
  Json header = Json::object();
  std::size_t end = 0;
  for (const StoredTensor& t : tensors) {
    OCTET_CHECK(t.format == NumberFormat::f32 && !t.fortran, path.string(), ": tensor ",
                one_line(t.name), ": expected 32-bit floats in row-major order, got ", t.type);
    OCTET_CHECK(t.name != "__metadata__", path.string(),
                ": a tensor named __metadata__, which the format has for texts");
    header[t.name] = {
        {"dtype", "F32"}, {"shape", t.shape}, {"data_offsets", {end, end + t.data.size()}}};
    end += t.data.size();
  }
  std::string text = header.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::vector<std::byte> file(sizeof length + text.size() + end);
  std::byte* to = file.data();
  const auto put = [&](const void* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
    to += bytes;
  };
  put(&length, sizeof length);
  put(text.data(), text.size());
  for (const StoredTensor& t : tensors) put(t.data.data(), t.data.size());
  write_file_atomically(path, file);
}

}  // namespace octet
