// libFuzzer target (clang): arbitrary bytes through the readers of data sets that are ours alone:
// zip archives as npz, all else as CSV. Whatever they are, there is an octet::Error or a data set
// that is valid. `fuzz_data --seeds FOLDER` writes a corpus to begin with.
#include <cstring>
#include <fstream>
#include <memory>

#include "base/error.h"
#include "data/readers.h"
#include "interop/zip/zip.h"
#include "tests/interop/fuzz_target.h"
#include "tests/interop/weight_files.h"

namespace {

using namespace octet;
using namespace octet::test;

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const std::string x = npy(npy_header("(2, 2)", "<f4", true), raw<float>({1, 2, 3, 4}));
  const std::string pixels = npy(npy_header("(2, 1, 2)", "|u1"), "abcd");
  const std::string y = npy(npy_header("(2,)", "<i8"), raw<std::int64_t>({1, 0}));
  const std::string values = npy(npy_header("(2, 1)", "<f8"), raw<double>({1, 0.5}));
  const std::pair<const char*, std::string> seeds[] = {
      {"a.csv", "a,b,label\n1,2.5,cat\n-3e2,4,\"d\"\"og\"\n"},
      {"b.csv", "1;2;0\r\n3;4;1\r\n"},
      {"c.csv", "\xef\xbb\xbf\"x\ny\"\ty\n\n1\t0.5\n"},
      {"a.npz", zip({{.name = "x.npy", .data = x, .packed = true}, {.name = "y.npy", .data = y}})},
      {"b.npz", zip({{.name = "images.npy", .data = pixels}, {.name = "y.npy", .data = values}})}};
  for (const auto& [name, bytes] : seeds) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return write_seeds_if_asked(*argc, *argv, write_seeds);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<std::byte[]> copy(new std::byte[size]);
  if (size > 0) std::memcpy(copy.get(), data, size);
  const std::span<const std::byte> file(copy.get(), size);
  try {
    const Dataset d = looks_like_zip(file) ? parse_npz(file, "f") : parse_csv(file, "f");
    d.validate();
    for (const real v :
         d.images.dtype() == ElementType::real ? d.images.span<real>() : std::span<const real>()) {
      require(v - v == 0, "a number is not finite");
    }
  } catch (const Error& e) {
    require(std::strchr(e.what(), '\n') == nullptr, "a message of two lines");
  }
  return 0;
}
