// A file of weights that another program wrote, of whatever kind.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "interop/arrays/stored_tensor.h"

namespace octet {

/// Reads safetensors, NumPy's .npz, Keras's .weights.h5 and .keras and the HDF5 files of Keras 2.
/// What a file is follows from its contents, not from its name. The file stays mapped as long as
/// the result: tensors point into it where they are stored as they are. Throws Error, naming the
/// file, for one that cannot be read or is not well-formed (see formats/), for pickles of PyTorch
/// with the lines that convert them, and for anything else.
WeightFile read_weights(const std::filesystem::path& path);

}  // namespace octet
