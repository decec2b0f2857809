#include "data/source.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "data/array_dataset.h"
#include "data/file.h"
#include "data/named.h"
#include "data/readers.h"

namespace octet {

namespace fs = std::filesystem;

namespace {

constexpr data_detail::NameTable<DataFormat, 7> format_names{
    {{DataFormat::hdf5, "hdf5"},
     {DataFormat::idx, "idx"},
     {DataFormat::cifar10, "cifar10"},
     {DataFormat::image_folder, "image_folder"},
     {DataFormat::mask_folder, "mask_folder"},
     {DataFormat::numpy, "numpy"},
     {DataFormat::csv, "csv"}}};
constexpr data_detail::NameTable<Split, 4> split_names{
    {{Split::train, "train"}, {Split::val, "val"}, {Split::test, "test"}, {Split::whole, "whole"}}};

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

/// The format whose files lie in this folder, as far as that is certain.
std::string_view format_there(const fs::path& folder) {
  const auto has = [&](const char* name) {
    std::error_code ignored;
    return fs::exists(folder / name, ignored);
  };
  if (has("train/images") && has("train/masks")) return to_string(DataFormat::mask_folder);
  if (has("train")) return to_string(DataFormat::image_folder);
  if (has("train-images-idx3-ubyte") || has("train-images-idx3-ubyte.gz"))
    return to_string(DataFormat::idx);
  if (has("data_batch_1.bin")) return to_string(DataFormat::cifar10);
  if (has("x_train.npy")) return to_string(DataFormat::numpy);
  if (has("train.csv")) return to_string(DataFormat::csv);
  return {};
}

void check_is_file(DataFormat format, const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return;
  const std::string_view there = format_there(path);
  fail(path.string(), " is a folder, but format ", to_string(format), " is a file: ",
       there.empty() ? "expected another path or format"
                     : "it looks like format " + std::string(there));
}

void check_options(DataFormat format, const DataOptions& o) {
  const bool folder = format == DataFormat::image_folder || format == DataFormat::mask_folder;
  OCTET_CHECK(folder || o.channels == 0, "data format ", to_string(format),
              ": channels: expected 0 (as stored), got ", o.channels);
  OCTET_CHECK(folder || !o.stream, "data format ", to_string(format),
              ": stream: only folders of pictures can stay on the disk");
  OCTET_CHECK(format == DataFormat::csv || o.target_columns.empty(), "data format ",
              to_string(format), ": target_columns: are for format csv");
}

/// Of formats that bring the classes of pictures and nothing else.
Dataset fitted(Dataset d, const DataOptions& options) {
  d.images = data_detail::to_input_size(std::move(d.images), options.input, d.name);
  if (d.class_names.empty() && !options.class_names.empty()) {
    d.class_names = options.class_names;
    d.classes = static_cast<int>(std::min<std::size_t>(d.class_names.size(), max_classes));
    d.validate();
  }
  return d;
}

}  // namespace

DataFormat parse_data_format(std::string_view name) {
  return data_detail::value_of(format_names, name, "data format");
}
Split parse_split(std::string_view name) {
  return data_detail::value_of(split_names, name, "split");
}
std::vector<std::string_view> data_format_names() {
  return data_detail::names_in(format_names);
}
std::string_view to_string(DataFormat format) noexcept {
  return data_detail::name_of(format_names, format);
}
std::string_view to_string(Split split) noexcept {
  return data_detail::name_of(split_names, split);
}

Dataset open_dataset(DataFormat format, const fs::path& path, Split split,
                     const DataOptions& options) {
  check_options(format, options);
  const std::string name = split == Split::whole ? "" : std::string(to_string(split));
  const fs::path folder = name.empty() ? path : path / name;
  switch (format) {
    case DataFormat::hdf5:
      check_is_file(format, path);
      return read_hdf5(path, name, options);
    case DataFormat::idx:
      return fitted(open_idx(path, split), options);
    case DataFormat::cifar10:
      return fitted(open_cifar10(path, split), options);
    case DataFormat::image_folder:
      return read_image_folder(folder, options);
    case DataFormat::mask_folder:
      return read_mask_folder(folder, options);
    case DataFormat::numpy:
      return read_numpy(path, name, options);
    case DataFormat::csv:
      return read_csv(name.empty() ? path : path / (name + ".csv"), options);
  }
  fail("data format: expected one of the enumerators, got ", static_cast<int>(format));
}

Dataset open_dataset(std::string_view format, const fs::path& path, std::string_view split,
                     const DataOptions& options) {
  return open_dataset(parse_data_format(format), path, parse_split(split), options);
}

namespace {

/// Whether the data have a validation split of their own.
bool has_validation(DataFormat format, const fs::path& path) {
  const auto has = [&](const char* name) {
    std::error_code ignored;
    return fs::exists(path / name, ignored);
  };
  switch (format) {
    case DataFormat::image_folder:
    case DataFormat::mask_folder:
      return has("val");
    case DataFormat::csv:
      return has("val.csv");
    case DataFormat::numpy:
      return numpy_has_split(path, "val");
    case DataFormat::hdf5: {
      const std::vector<std::string> groups = hdf5_groups(path);
      return std::find(groups.begin(), groups.end(), "val") != groups.end();
    }
    default:
      return false;
  }
}

std::string names_beside(const std::vector<std::string>& names,
                         const std::vector<std::string>& others) {
  std::string text;
  for (const std::string& name : names) {
    if (std::find(others.begin(), others.end(), name) != others.end()) continue;
    text += (text.empty() ? "'" : ", '") + one_line(name, 40) + "'";
  }
  return text;
}

/// Throws Error unless samples and classes of the split are those of train.
/// `joins`: other class names than train's are none's fault.
void check_like_train(const Dataset& split, std::string_view which, const Dataset& train,
                      const fs::path& path, bool joins) {
  OCTET_CHECK(
      train.image_shape() == split.image_shape() && train.image_type() == split.image_type(),
      path.string(), ": ", which, " images: expected ", train.image_shape(), " as in train, got ",
      split.image_shape(), train.image_type() == split.image_type() ? "" : " of another type");
  OCTET_CHECK(
      train.target() == split.target() &&
          (train.target() != TargetKind::values || train.target_shape() == split.target_shape()),
      path.string(), ": ", which, " targets: expected the kind and number of those in train");
  if (train.class_names == split.class_names || joins) return;
  const std::string more = names_beside(train.class_names, split.class_names);
  const std::string other = names_beside(split.class_names, train.class_names);
  fail(path.string(), ": expected the same class names in train and ", which,
       more.empty() && other.empty() ? ": their order differs" : "",
       more.empty() ? "" : "; only in train: " + more,
       other.empty() ? "" : "; only in " + std::string(which) + ": " + other);
}

/// Throws Error if both files name their columns and differ: columns are told by their places.
void check_header(const fs::path& file, const fs::path& train, const DataOptions& options) {
  const std::vector<std::string> expected = csv_header(train, options);
  const std::vector<std::string> names = csv_header(file, options);
  for (std::size_t i = 0; i < std::min(names.size(), expected.size()); ++i) {
    OCTET_CHECK(names[i] == expected[i], file.string(), ":1: column ", i + 1, ": expected '",
                one_line(expected[i], 40), "' as in ", train.string(), ", got '",
                one_line(names[i], 40), "'");
  }
}

/// Gives all splits the names of all, those of train first.
void join_class_names(DataSource& source) {
  std::vector<std::string> names;
  for (const Dataset* d : {&source.train, &source.test, &source.val}) {
    for (const std::string& name : d->class_names) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  for (Dataset* d : {&source.train, &source.test, &source.val}) {
    if (d->size() == 0 || d->target() != TargetKind::classes || d->class_names == names) continue;
    Tensor labels = Tensor::empty(d->labels.shape(), ElementType::i32);
    std::ranges::transform(
        d->labels.span<std::int32_t>(), labels.data<std::int32_t>(), [&](std::int32_t k) {
          const std::string& name = d->class_names[static_cast<std::size_t>(k)];
          return static_cast<std::int32_t>(std::find(names.begin(), names.end(), name) -
                                           names.begin());
        });
    d->labels = std::move(labels);
    d->classes = static_cast<int>(names.size());
    d->class_names = names;
  }
}

}  // namespace

DataSource open_data_source(DataFormat format, const fs::path& path, const DataOptions& options) {
  DataSource source;
  source.train = open_dataset(format, path, Split::train, options);
  DataOptions as_train =
      options;  // where a file alone says neither what its targets are nor all names
  as_train.targets =
      source.train.target() == TargetKind::values ? TargetChoice::values : TargetChoice::classes;
  if (format == DataFormat::csv) as_train.class_names = source.train.class_names;
  int classes = source.train.classes;
  const auto open = [&](Split split) {
    Dataset d = open_dataset(format, path, split, as_train);
    if (format == DataFormat::csv) {
      const auto file = [&](Split s) { return path / (std::string(to_string(s)) + ".csv"); };
      check_header(file(split), file(Split::train), options);
    }
    check_like_train(d, to_string(split), source.train, path, options.join_classes);
    classes = std::max(classes, d.classes);
    return d;
  };
  source.test = open(Split::test);
  if (has_validation(format, path)) source.val = open(Split::val);
  for (Dataset* d : {&source.train, &source.test, &source.val}) {
    if (d->size() > 0) d->classes = std::max(d->classes, classes);
  }
  if (options.join_classes) join_class_names(source);
  return source;
}

}  // namespace octet
