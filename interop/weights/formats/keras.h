// Keras's weights: .weights.h5, the same inside a .keras archive, and HDF5 files of Keras 2.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "interop/arrays/stored_tensor.h"

namespace octet {

bool looks_like_hdf5(std::span<const std::byte> file) noexcept;

/// The tensors of an HDF5 file, under names like Keras's own paths ("block1/conv/kernel").
///
/// Keras 3 keeps a layer's variables by number in a group "vars", whose attribute "name" is the
/// layer's: the groups around it are counters and may bear another layer's name. What the variables
/// are follows from their shapes: the first of two or more axes is kernel (two of four axes:
/// depthwise_kernel and pointwise_kernel), one of one axis behind it bias; four of one axis and
/// equal lengths are gamma, beta, moving_mean, moving_variance. Others keep their numbers
/// ("norm/0"). Keras 2 names each data set; the first group, the layer's, is left out. Other HDF5
/// files give every data set its path. An optimizer's variables are left out.
///
/// Throws Error, naming the file, with HDF5's reason, for values that do not lie in one piece
/// inside the file, and for more than 8 axes.
WeightFile read_keras_weights(const std::filesystem::path& path);
/// Of a file in memory; `name` is for messages.
WeightFile read_keras_image(std::span<const std::byte> file, const std::string& name);

}  // namespace octet
