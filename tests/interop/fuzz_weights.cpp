// libFuzzer target (clang): arbitrary bytes through the readers of weights that are ours alone
// (HDF5's would be libhdf5's). Whatever they are, there is an octet::Error or tensors that lie
// where they say. `fuzz_weights --seeds FOLDER` writes a corpus to begin with.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "interop/arrays/npy.h"
#include "interop/arrays/unzip.h"
#include "interop/weights/formats/safetensors.h"
#include "tests/interop/fuzz_target.h"
#include "tests/interop/weight_files.h"

namespace {

using namespace octet;
using namespace octet::test;

/// Reads every number.
void use(const StoredTensor& t) {
  const std::size_t bytes = number_bytes(t.format);
  if (bytes == 0) return;
  require(t.data.size() == bytes * static_cast<std::size_t>(t.numel()),
          "a tensor has other bytes than its shape says");
  std::vector<float> floats(static_cast<std::size_t>(t.numel()));
  AxisView view;
  view.extents[3] = t.numel();
  view.steps[3] = 1;
  copy_floats(t, view, t.name, floats);
  for (const float v : floats) require(std::isfinite(v), "a number is not finite");
}

void read(std::span<const std::byte> file) {
  std::vector<StoredTensor> tensors;
  WeightFile npz;
  if (looks_like_zip(file)) {
    npz = read_npz(read_zip_directory(file, "f"), "f");
    tensors = npz.tensors;
  } else if (looks_like_safetensors(file)) {
    tensors = parse_safetensors(file, "f");
  } else {
    tensors.push_back(parse_npy(file, "f"));
  }
  for (const StoredTensor& t : tensors) use(t);
}

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const std::string data = raw<float>({1, 2, 3, 4});
  const std::string array = npy(npy_header("(2, 2)", "<f4", true), data);
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]},)"
      R"("c":{"dtype":"F16","shape":[2,1],"data_offsets":[12,16]},"__metadata__":{"d":"e"}})";
  const std::pair<const char*, std::string> seeds[] = {
      {"a.safetensors", safetensors(header, data)},
      {"b.npy", npy(npy_header("(2,)", "<f8"), data)},
      {"c.npy", npy(npy_header("()", "<i8"), "12345678", 2)},
      {"d.npz", zip({{.name = "a.npy", .data = array},
                     {.name = "b.npy", .data = array, .packed = true},
                     {.name = "c.npy", .data = array, .packed = true, .zip64 = true}})}};
  for (const auto& [name, bytes] : seeds) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return octet::test::write_seeds_if_asked(*argc, *argv, write_seeds);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<std::byte[]> copy(new std::byte[size]);
  if (size > 0) std::memcpy(copy.get(), data, size);
  try {
    read({copy.get(), size});
  } catch (const Error& e) {
    require(std::strchr(e.what(), '\n') == nullptr, "a message of two lines");
  }
  return 0;
}
