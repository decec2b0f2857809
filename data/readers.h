// Readers of data sets. Files are not trusted: each checks type, extents, sizes and labels before
// it allocates, and throws Error saying what, in which file, expected and got.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/data_options.h"
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
/// likewise. Without `input` all pictures must have one size. Hidden files, and plain files beside
/// the class folders, are ignored. With `stream`, SampleSource::hash is of the files' names (below
/// `folder`) and sizes, in order: a file that changes and keeps its size is not noticed.
Dataset read_image_folder(const std::filesystem::path& folder, const DataOptions& options = {});

/// Pictures and masks: images/ with PNG and JPEG files and masks/ with a PNG file of each of their
/// names (before the extension) and of its size, whose pixels are classes: palette indices, or grey
/// values of up to 8 bits; 255 is ignored_class. Bars and rims that resizing adds are ignored.
/// `stream` as above, masks included; then expects class_names.
Dataset read_mask_folder(const std::filesystem::path& folder, const DataOptions& options = {});

/// HDF5: in `group` ("" is the root) the dataset "images" (or "x"), u8 or numbers, of two to four
/// extents (see Dataset::images), and "labels" (or "y"): integers [N], floats [N] or [N, K], or
/// masks (also called "masks"), integers [N, H, W]; optional attributes of the group, fixed-length
/// strings: "class_names" [classes] and "name". Contiguous, compact or chunked storage with
/// deflate, shuffle and fletcher32; no external files or links. The HDF5 functions here switch off
/// HDF5's own printing of errors.
Dataset read_hdf5(const std::filesystem::path& path, const std::string& group = "",
                  const DataOptions& options = {});
/// The names of the groups at the root of the file, sorted.
std::vector<std::string> hdf5_groups(const std::filesystem::path& path);

/// NumPy: an .npz file with the arrays x_SPLIT and y_SPLIT, or a folder with x_SPLIT.npy and
/// y_SPLIT.npy; as HDF5's, of any type of numbers. `split` "": x and y.
Dataset read_numpy(const std::filesystem::path& path, const std::string& split = "",
                   const DataOptions& options = {});

/// Of an .npz file in memory; `name` is for messages.
Dataset parse_npz(std::span<const std::byte> file, const std::string& name,
                  const std::string& split = "", const DataOptions& options = {});
/// Whether there are arrays x_SPLIT.
bool numpy_has_split(const std::filesystem::path& path, const std::string& split);

/// CSV: a sample a line, of as many numbers [1, 1, F] as there are columns beside the targets;
/// fields separated by commas, semicolons or tabs (whichever the first line has), quoted or not. A
/// first line with a field that is no number in a column of numbers is a header. One target column:
/// text (class names, sorted bytewise), or numbers as DataOptions::targets says; several: values.
Dataset read_csv(const std::filesystem::path& path, const DataOptions& options = {});
/// The names of the file's columns; empty if its first line is numbers.
std::vector<std::string> csv_header(const std::filesystem::path& path,
                                    const DataOptions& options = {});
/// Of a file in memory; `name` is for messages.
Dataset parse_csv(std::span<const std::byte> file, const std::string& name,
                  const DataOptions& options = {});

/// Writes each data set, of samples in memory, to its group ("": the root), deflated, through a
/// temporary file that is renamed. The bytes depend only on the arguments and the versions of HDF5
/// and zlib.
void write_hdf5(const std::filesystem::path& path,
                const std::vector<std::pair<std::string, Dataset>>& groups);

}  // namespace octet
