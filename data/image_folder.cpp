#include <cstring>

#include "base/error.h"
#include "data/file.h"
#include "data/image.h"
#include "data/readers.h"

namespace octet {

namespace fs = std::filesystem;

namespace {

struct Listing {
  std::vector<std::string> class_names;
  std::vector<fs::path> files;
  std::vector<std::int64_t> labels;
};

Listing list_classes(const fs::path& folder) {
  Listing list;
  for (const std::string& name : data_detail::list_folder(folder)) {
    std::error_code ignored;
    if (!fs::is_directory(folder / name, ignored)) continue;
    const std::vector<std::string> files = data_detail::list_folder(folder / name);
    OCTET_CHECK(!files.empty(), (folder / name).string(), ": expected pictures, got no file");
    for (const std::string& file : files) {
      list.files.push_back(folder / name / file);
      list.labels.push_back(static_cast<std::int64_t>(list.class_names.size()));
      OCTET_CHECK(is_picture_name(list.files.back()), list.files.back().string(),
                  ": expected a picture (.png, .jpg or .jpeg)");
    }
    list.class_names.push_back(name);
  }
  OCTET_CHECK(!list.files.empty(), folder.string(), ": expected a sub-folder for each class");
  return list;
}

}  // namespace

Dataset read_image_folder(const fs::path& folder, int channels) {
  OCTET_CHECK(channels == 0 || channels == 1 || channels == 3,
              "image folder: channels: expected 1, 3 or 0 (as stored), got ", channels);
  Listing list = list_classes(folder);
  const auto n = static_cast<std::int64_t>(list.files.size());
  Tensor images;
  std::int64_t bytes = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const fs::path& file = list.files[static_cast<std::size_t>(i)];
    Image image = read_image(file);
    if (channels) image = convert_channels(std::move(image), channels);
    if (i == 0) {
      bytes = static_cast<std::int64_t>(image.pixels.size());
      OCTET_CHECK(bytes <= max_dataset_bytes / n, folder.string(), ": ", n, " pictures of ", bytes,
                  " bytes: expected at most ", max_dataset_bytes, " bytes in all");
      images = Tensor::empty({n, image.height, image.width, image.channels}, ElementType::u8);
    }
    const Shape& all = images.shape();
    OCTET_CHECK(image.height == all[1] && image.width == all[2] && image.channels == all[3],
                file.string(), ": expected ", all[2], " x ", all[1], " pixels of ", all[3],
                " channels (as ", list.files.front().string(), "), got ", image.width, " x ",
                image.height, " of ", image.channels);
    std::memcpy(images.data<std::uint8_t>() + i * bytes, image.pixels.data(),
                static_cast<std::size_t>(bytes));
  }
  return make_dataset(std::move(images), list.labels, std::move(list.class_names), folder.string());
}

}  // namespace octet
