// .npy: one array of NumPy; .npz: a zip archive of them by name.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "interop/arrays/stored_tensor.h"
#include "interop/zip/zip.h"

namespace octet {

/// A file of NumPy's format 1.0, 2.0 or 3.0; its data points into `file`. Throws Error, beginning
/// with `where`, naming expected and got, unless the header is exactly a dictionary of descr,
/// fortran_order and shape, and the data as long as they say. Numbers are little-endian; pickled
/// objects are refused. Types that are no floats give the format `other`.
StoredTensor parse_npy(std::span<const std::byte> file, const std::string& where);

/// The arrays of an archive with this directory, all of whose entries are .npy, each under its
/// entry's name without that ending. Throws Error, beginning with `path`, naming the entry.
WeightFile read_npz(const std::vector<ZipEntry>& entries, const std::string& path);

}  // namespace octet
