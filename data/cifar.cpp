#include <algorithm>

#include "base/error.h"
#include "data/file.h"
#include "data/readers.h"

namespace octet {

Dataset read_cifar10(const std::vector<std::filesystem::path>& files,
                     std::vector<std::string> class_names) {
  static constexpr std::int64_t side = 32, plane = side * side, record = 1 + 3 * plane;
  OCTET_CHECK(!files.empty(), "CIFAR-10: expected at least one file, got none");
  const std::string name = files.front().string();
  std::int64_t records = 0;
  for (const auto& path : files) {
    const std::int64_t size = data_detail::size_of_file(path);
    OCTET_CHECK(size > 0 && size % record == 0, path.string(),
                ": CIFAR-10: expected a multiple of ", record, " bytes, got ", size);
    records += size / record;
  }
  OCTET_CHECK(records <= max_dataset_bytes / record, name, ": CIFAR-10: expected at most ",
              max_dataset_bytes, " bytes, got ", records, " records");
  Tensor images = Tensor::empty({records, side, side, 3}, ElementType::u8);
  std::uint8_t* pixel = images.data<std::uint8_t>();
  std::vector<std::int64_t> labels;
  for (const auto& path : files) {
    const std::vector<std::uint8_t> bytes = data_detail::read_bytes(
        path, (records - static_cast<std::int64_t>(labels.size())) * record);
    for (std::size_t at = 0; at + record <= bytes.size(); at += record) {
      OCTET_CHECK(bytes[at] <= 9, path.string(), ": CIFAR-10: label of record ", at / record,
                  ": expected 0 to 9, got ", int{bytes[at]});
      labels.push_back(bytes[at]);
      const std::uint8_t* planes = &bytes[at + 1];
      for (std::int64_t i = 0; i < plane; ++i) {
        for (std::int64_t c = 0; c < 3; ++c) *pixel++ = planes[c * plane + i];
      }
    }
  }
  OCTET_CHECK(static_cast<std::int64_t>(labels.size()) == records, name,
              ": CIFAR-10: a file changed while it was read");
  if (class_names.empty()) {
    class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                   "dog",      "frog",       "horse", "ship", "truck"};
  }
  return make_dataset(std::move(images), labels, std::move(class_names), name);
}

}  // namespace octet
