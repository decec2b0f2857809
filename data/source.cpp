#include "data/source.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <utility>

#include "data/file.h"
#include "data/readers.h"

namespace octet {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::pair<DataFormat, std::string_view>, 4> format_names{
    {{DataFormat::hdf5, "hdf5"},
     {DataFormat::idx, "idx"},
     {DataFormat::cifar10, "cifar10"},
     {DataFormat::image_folder, "image_folder"}}};
constexpr std::array<std::pair<Split, std::string_view>, 4> split_names{
    {{Split::train, "train"}, {Split::val, "val"}, {Split::test, "test"}, {Split::whole, "whole"}}};

template <class Names>
auto parse(const Names& names, std::string_view name, const char* what) {
  std::string known;
  for (const auto& [value, known_name] : names) {
    if (name == known_name) return value;
    known += (known.empty() ? "" : ", ") + std::string(known_name);
  }
  fail(what, ": expected one of ", known, "; got \"", name, "\"");
}

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) noexcept {
  for (const auto& [v, name] : names) {
    if (v == value) return name;
  }
  return "?";
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// `stem` or `stem`.gz in `folder`.
fs::path plain_or_gz(const fs::path& folder, const std::string& stem) {
  for (const char* extension : {"", ".gz"}) {
    const fs::path path = folder / (stem + extension);
    if (is_file(path)) return path;
  }
  fail(folder.string(), ": IDX: expected the file ", stem, " or ", stem, ".gz");
}

Dataset open_idx(const fs::path& path, Split split) {
  OCTET_CHECK(split != Split::val, path.string(), ": IDX: there is no validation split");
  if (split != Split::whole) {
    const std::string prefix = split == Split::train ? "train" : "t10k";
    const fs::path images = plain_or_gz(path, prefix + "-images-idx3-ubyte");
    return read_idx(images, plain_or_gz(path, prefix + "-labels-idx1-ubyte"));
  }
  std::string name = path.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"images", "labels"},
                                 {"idx3", "idx1"},
                                 {"idx4", "idx1"}}) {
    const std::size_t at = name.find(from);
    if (at != std::string::npos) name.replace(at, from.size(), to);
  }
  return read_idx(path, plain_or_gz(path.parent_path(), name));
}

std::vector<std::string> cifar_class_names(const fs::path& folder) {
  const fs::path path = folder / "batches.meta.txt";
  if (!is_file(path)) return {};
  std::vector<std::string> names;
  constexpr std::int64_t most_bytes = 1 << 16;
  const std::vector<std::uint8_t> bytes = data_detail::read_bytes(path, most_bytes);
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  // Ten names; a longer file is not what it claims to be.
  for (std::string line; names.size() <= 10 && std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  OCTET_CHECK(names.size() == 10, path.string(), ": expected 10 class names, got ",
              names.size() > 10 ? "more" : std::to_string(names.size()));
  return names;
}

Dataset open_cifar10(const fs::path& path, Split split) {
  OCTET_CHECK(split != Split::val, path.string(), ": CIFAR-10: there is no validation split");
  if (split == Split::whole) return read_cifar10({path});
  std::vector<fs::path> files;
  for (const std::string& name : data_detail::list_folder(path)) {
    const bool wanted = split == Split::test
                            ? name == "test_batch.bin"
                            : name.starts_with("data_batch_") && name.ends_with(".bin");
    if (wanted) files.push_back(path / name);
  }
  OCTET_CHECK(!files.empty(), path.string(), ": CIFAR-10: expected ",
              split == Split::test ? "test_batch.bin" : "data_batch_*.bin", ", got no such file");
  return read_cifar10(files, cifar_class_names(path));
}

}  // namespace

DataFormat parse_data_format(std::string_view name) {
  return parse(format_names, name, "data format");
}
Split parse_split(std::string_view name) {
  return parse(split_names, name, "split");
}
std::string_view to_string(DataFormat format) noexcept {
  return name_of(format_names, format);
}
std::string_view to_string(Split split) noexcept {
  return name_of(split_names, split);
}

Dataset open_dataset(DataFormat format, const fs::path& path, Split split, int channels) {
  OCTET_CHECK(channels == 0 || format == DataFormat::image_folder, "data format ",
              to_string(format), ": channels: expected 0 (as stored), got ", channels);
  const std::string name = split == Split::whole ? "" : std::string(to_string(split));
  switch (format) {
    case DataFormat::hdf5:
      return read_hdf5(path, name);
    case DataFormat::idx:
      return open_idx(path, split);
    case DataFormat::cifar10:
      return open_cifar10(path, split);
    case DataFormat::image_folder:
      return read_image_folder(name.empty() ? path : path / name, channels);
  }
  fail("data format: expected one of the enumerators, got ", static_cast<int>(format));
}

Dataset open_dataset(std::string_view format, const fs::path& path, std::string_view split,
                     int channels) {
  return open_dataset(parse_data_format(format), path, parse_split(split), channels);
}

namespace {

/// Whether the data have a validation split of their own.
bool has_validation(DataFormat format, const fs::path& path) {
  if (format == DataFormat::image_folder) return fs::is_directory(path / "val");
  if (format != DataFormat::hdf5) return false;
  const std::vector<std::string> groups = hdf5_groups(path);
  return std::find(groups.begin(), groups.end(), "val") != groups.end();
}

/// Throws Error unless pictures and classes of the split are those of train.
void check_like_train(const Dataset& split, std::string_view which, const Dataset& train,
                      const fs::path& path) {
  OCTET_CHECK(train.image_shape() == split.image_shape(), path.string(), ": ", which,
              " images: expected ", train.image_shape(), " as in train, got ", split.image_shape());
  OCTET_CHECK(train.class_names == split.class_names, path.string(),
              ": expected the same class names in train and ", which);
}

}  // namespace

DataSource open_data_source(DataFormat format, const fs::path& path, int channels) {
  DataSource source{open_dataset(format, path, Split::train, channels),
                    open_dataset(format, path, Split::test, channels)};
  check_like_train(source.test, "test", source.train, path);
  int classes = std::max(source.train.classes, source.test.classes);
  if (has_validation(format, path)) {
    source.val = open_dataset(format, path, Split::val, channels);
    check_like_train(source.val, "val", source.train, path);
    classes = std::max(classes, source.val.classes);
    source.val.classes = classes;
  }
  source.train.classes = source.test.classes = classes;
  return source;
}

}  // namespace octet
