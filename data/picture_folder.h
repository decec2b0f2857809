// Private to data/*.cpp: many picture files as the samples of a data set, in memory or on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/data_options.h"

namespace octet::data_detail {

/// Files of one kind below a folder.
struct PictureFiles {
  std::filesystem::path folder;
  std::vector<std::string> names;       ///< below `folder`
  std::vector<std::string> masks = {};  ///< none, or as many
  std::filesystem::path path(std::size_t i) const { return folder / names[i]; }
};

/// All of them, of one size and number of channels, read as `options` say: a Dataset with images,
/// and with masks as labels if the files have some; or with a source of them. `summary` is what
/// progress is called with, before the extents: "60,000 pictures: 10 classes". Throws Error naming
/// the file that is not as the others, or not there.
Dataset read_pictures(const PictureFiles& files, const DataOptions& options,
                      const std::string& summary);

}  // namespace octet::data_detail
