#include "interop/weights/read_weights.h"

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "interop/arrays/npy.h"
#include "interop/arrays/unzip.h"
#include "interop/weights/formats/keras.h"
#include "interop/weights/formats/safetensors.h"

namespace octet {
namespace {

using Bytes = std::span<const std::byte>;

bool begins(Bytes file, std::string_view text, std::size_t at = 0) {
  return file.size() >= at + text.size() &&
         std::equal(text.begin(), text.end(), file.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::byte b) { return static_cast<std::byte>(a) == b; });
}

WeightFile read_safetensors(Bytes file, const std::string& path) {
  return {
      .path = path, .kind = "safetensors", .tensors = parse_safetensors(file, path), .owners = {}};
}

[[noreturn]] void refuse_pickle(const std::string& path) {
  fail(path,
       ": a pickle (PyTorch's .pt or .pth) is a program, which is not run here. Convert it in "
       "Python: from safetensors.torch import save_file; save_file(torch.load('",
       one_line(path, 200), "', map_location='cpu', weights_only=True), 'x.safetensors')");
}

/// A .keras archive, PyTorch's, or arrays.
WeightFile read_zip(Bytes file, const std::string& path) {
  const std::vector<ZipEntry> entries = read_zip_directory(file, path);
  for (const ZipEntry& e : entries) {
    if (e.name.ends_with("data.pkl")) refuse_pickle(path);
    if (e.name != "model.weights.h5") continue;
    const std::string where = path + ": " + e.name;
    const Unpacked h5 = unpack(e, where);
    OCTET_CHECK(looks_like_hdf5(h5.bytes), where, ": expected an HDF5 file");
    WeightFile out = read_keras_image(h5.bytes, where);
    out.path = path;
    return out;
  }
  return read_npz(entries, path);
}

/// How to read a file that begins like this. The place for another kind: a row.
struct Kind {
  bool (*matches)(Bytes file);
  WeightFile (*read)(Bytes file, const std::string& path);
};
constexpr Kind kinds[] = {
    // First: its length may look like anything's beginning.
    {is_whole_safetensors, read_safetensors},
    {looks_like_zip, read_zip},
    {looks_like_hdf5,
     [](Bytes, const std::string& path) {
       return read_keras_weights(std::filesystem::path(path));
     }},
    {[](Bytes f) { return begins(f, "octet checkpoint\n"); },
     [](Bytes, const std::string& path) -> WeightFile {
       fail(path, ": a checkpoint of octet: give it as 'checkpoint' instead of 'import'");
     }},
    {[](Bytes f) { return begins(f, "\x80") && f.size() > 1 && f[1] <= std::byte{5}; },
     [](Bytes, const std::string& path) -> WeightFile { refuse_pickle(path); }},
    {[](Bytes f) { return begins(f, "\x93NUMPY"); },
     [](Bytes, const std::string& path) -> WeightFile {
       fail(path, ": one array without a name: save named ones, numpy.savez('x.npz', **arrays)");
     }},
    {looks_like_safetensors, read_safetensors},
};

}  // namespace

WeightFile read_weights(const std::filesystem::path& path) {
  const MappedFile file = map_file(path.string());
  for (const Kind& kind : kinds) {
    if (!kind.matches(file.bytes)) continue;
    WeightFile weights = kind.read(file.bytes, path.string());
    weights.owners.push_back(file.owner);
    return weights;
  }
  fail(path.string(),
       ": expected weights as safetensors, NumPy's .npz, or Keras's .weights.h5 or .keras");
}

}  // namespace octet
