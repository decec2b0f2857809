// Opening a data set by format, path and split, as configurations name them.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "data/data_options.h"
#include "data/dataset.h"

namespace octet {

/// Kinds of data sets: see open_dataset().
enum class DataFormat { hdf5, idx, cifar10, image_folder, mask_folder, numpy, csv };
/// Their names, in this order.
std::vector<std::string_view> data_format_names();
/// whole: `path` itself is the data set, without a split.
enum class Split { train, val, test, whole };

/// "hdf5", "idx", ...; "train", "val", "test", "whole". Throw Error listing the names.
DataFormat parse_data_format(std::string_view name);
/// The split of that name; see above.
Split parse_split(std::string_view name);
/// The name of a format.
std::string_view to_string(DataFormat format) noexcept;
/// The name of a split.
std::string_view to_string(Split split) noexcept;

/// Where each format keeps its splits:
///   hdf5          groups "train", "test" and optionally "val" of the file; whole: the datasets at
///                 its root
///   idx           a folder with {train,t10k}-{images-idx3,labels-idx1}-ubyte, plain or .gz;
///                 whole: the images' file, its labels' file named alike
///   cifar10       a folder with data_batch_*.bin and test_batch.bin, and optionally the class
///                 names in batches.meta.txt; whole: one .bin file
///   image_folder  sub-folders "train", "test" and optionally "val" of class folders; whole: the
///                 class folders
///   mask_folder   likewise of folders with images/ and masks/
///   numpy         an .npz file, or a folder of .npy files, with x_train, y_train, x_test, y_test
///                 and optionally x_val, y_val; whole: x, y
///   csv           a folder with train.csv, test.csv and optionally val.csv; whole: the file
/// Throws Error as the readers do, and for an option that the format does not know.
Dataset open_dataset(DataFormat format, const std::filesystem::path& path, Split split,
                     const DataOptions& options = {});
/// The same by names.
Dataset open_dataset(std::string_view format, const std::filesystem::path& path,
                     std::string_view split, const DataOptions& options = {});

/// Splits with the same pictures' extents and classes. Training may choose by `val`; `test` only
/// measures the result.
struct DataSource {
  Dataset train, test;
  Dataset val = {};  ///< no samples: there is none
};
/// Train and test, and the validation split where there is one. Classes are those of the split that
/// has more of them. Throws Error if the extents, the
/// kinds of targets or the class names (see DataOptions::join_classes) differ.
DataSource open_data_source(DataFormat format, const std::filesystem::path& path,
                            const DataOptions& options = {});

}  // namespace octet
