#include <map>

#include "base/error.h"
#include "data/dataset_report.h"
#include "data/file.h"
#include "data/image.h"
#include "data/picture_folder.h"
#include "data/readers.h"

namespace octet {

namespace fs = std::filesystem;

namespace {

std::string stem_of(const std::string& name) {
  return fs::path(name).stem().string();
}

data_detail::PictureFiles list_pairs(const fs::path& folder) {
  data_detail::PictureFiles files{folder, {}, {}};
  std::map<std::string, std::string> masks;
  for (const std::string& name : data_detail::list_folder(folder / "masks")) {
    const bool first = masks.emplace(stem_of(name), name).second;
    OCTET_CHECK(first, (folder / "masks" / name).string(), ": a second mask of the picture ",
                stem_of(name));
  }
  for (const std::string& name : data_detail::list_folder(folder / "images")) {
    const fs::path path = folder / "images" / name;
    OCTET_CHECK(is_picture_name(path), path.string(), ": expected a picture (.png, .jpg or .jpeg)");
    const auto mask = masks.find(stem_of(name));
    OCTET_CHECK(mask != masks.end(), path.string(), ": expected its mask, masks/", stem_of(name),
                ".png, got no such file");
    files.names.push_back("images/" + name);
    files.masks.push_back("masks/" + mask->second);
    masks.erase(mask);
  }
  OCTET_CHECK(masks.empty(), (folder / "masks" / masks.begin()->second).string(),
              ": a mask without a picture in images/");
  OCTET_CHECK(!files.names.empty(), folder.string(), ": expected pictures in images/, got none");
  return files;
}

}  // namespace

Dataset read_mask_folder(const fs::path& folder, const DataOptions& options) {
  OCTET_CHECK(!options.stream || !options.class_names.empty(), folder.string(),
              ": masks that stay on the disk: expected the classes' names (class_names), for their "
              "number");
  const data_detail::PictureFiles files = list_pairs(folder);
  Dataset pictures = data_detail::read_pictures(
      files, options,
      count_text(static_cast<std::int64_t>(files.names.size()), "picture") + " with masks");
  if (pictures.source) {
    return make_dataset(*pictures.source, static_cast<int>(options.class_names.size()),
                        options.class_names, folder.string());
  }
  return make_dataset(pictures.images, pictures.labels, options.class_names, folder.string());
}

}  // namespace octet
