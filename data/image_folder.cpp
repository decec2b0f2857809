#include "base/error.h"
#include "base/printable.h"
#include "data/dataset_report.h"
#include "data/file.h"
#include "data/image.h"
#include "data/picture_folder.h"
#include "data/readers.h"

namespace octet {

namespace fs = std::filesystem;

namespace {

struct Listing {
  std::vector<std::string> class_names;
  data_detail::PictureFiles files;
  std::vector<std::int32_t> labels;
};

Listing list_classes(const fs::path& folder) {
  Listing list;
  list.files.folder = folder;
  for (const std::string& name : data_detail::list_folder(folder)) {
    std::error_code ignored;
    if (!fs::is_directory(folder / name, ignored)) continue;
    const std::vector<std::string> files = data_detail::list_folder(folder / name);
    OCTET_CHECK(!files.empty(), (folder / name).string(), ": expected pictures, got no file");
    for (const std::string& file : files) {
      const fs::path path = folder / name / file;
      list.files.names.push_back(name + "/" + file);
      list.labels.push_back(static_cast<std::int32_t>(list.class_names.size()));
      OCTET_CHECK(is_picture_name(path), path.string(),
                  ": expected a picture (.png, .jpg or .jpeg)");
    }
    list.class_names.push_back(name);
  }
  OCTET_CHECK(!list.files.names.empty(), folder.string(), ": expected a sub-folder for each class");
  return list;
}

}  // namespace

Dataset read_image_folder(const fs::path& folder, const DataOptions& options) {
  Listing list = list_classes(folder);
  const std::string summary =
      count_text(static_cast<std::int64_t>(list.labels.size()), "picture") + ": " +
      count_text(static_cast<std::int64_t>(list.class_names.size()), "class");
  Dataset d = data_detail::read_pictures(list.files, options, summary);
  d.labels = Tensor::from<std::int32_t>({d.size()}, list.labels);
  d.classes = static_cast<int>(list.class_names.size());
  d.class_names = std::move(list.class_names);
  d.name = printable_text(folder.string());
  d.validate();
  return d;
}

}  // namespace octet
