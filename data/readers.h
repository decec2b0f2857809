// Readers of labelled image files. Files are not trusted: each checks type, extents, sizes and
// labels before it allocates, and throws Error saying what, in which file, expected and got.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"

namespace octet {

/// IDX, the format of MNIST and its relatives: images u8 [N, H, W] or [N, H, W, C] and labels u8
/// [N], each plain or gzipped. Source of the format: yann.lecun.com/exdb/mnist.
Dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels);

/// The binary version of CIFAR-10: records of one label byte and 3 x 32 x 32 pixels (CHW; made HWC
/// here), one file after the other. Source: cs.toronto.edu/~kriz/cifar.html.
Dataset read_cifar10(const std::vector<std::filesystem::path>& files,
                     std::vector<std::string> class_names = {});

/// One sub-folder a class, sorted bytewise by name (the class names), of PNG and JPEG files, sorted
/// likewise. All pictures must have one size. `channels`: 1 or 3 converts (see convert_channels);
/// 0 takes what the first file has and demands it of the others. Hidden files, and plain files
/// beside the class folders, are ignored.
Dataset read_image_folder(const std::filesystem::path& folder, int channels = 0);

/// HDF5: in `group` ("" is the root) the datasets "images" u8 [N, H, W, C] or [N, H, W] and
/// "labels", integers [N]; optional attributes of the group, fixed-length strings: "class_names"
/// [classes] and "name". Contiguous, compact or chunked storage with deflate, shuffle and
/// fletcher32; no external files or links. The HDF5 functions here switch off HDF5's own printing
/// of errors.
Dataset read_hdf5(const std::filesystem::path& path, const std::string& group = "");
/// The names of the groups at the root of the file, sorted.
std::vector<std::string> hdf5_groups(const std::filesystem::path& path);

/// Writes each data set to its group ("": the root), deflated, through a temporary file that is
/// renamed. The bytes depend only on the arguments and the versions of HDF5 and zlib.
void write_hdf5(const std::filesystem::path& path,
                const std::vector<std::pair<std::string, Dataset>>& groups);

}  // namespace octet
