#include "apps/octet/pictures/labelled_pictures.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "data/source.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

DataFormat format_of(const LabelledPictures& data) {
  if (!data.format.empty()) return parse_data_format(data.format);
  if (fs::is_directory(data.path)) return DataFormat::image_folder;
  const std::string extension = fs::path(data.path).extension().string();
  return extension == ".npz"   ? DataFormat::numpy
         : extension == ".csv" ? DataFormat::csv
                               : DataFormat::hdf5;
}

/// The test split; of class folders and a CSV file, which have none, the whole.
Split split_of(const LabelledPictures& data, DataFormat format) {
  if (!data.split.empty()) return parse_split(data.split);
  const bool whole = format == DataFormat::image_folder
                         ? !fs::is_directory(fs::path(data.path) / "test")
                         : format == DataFormat::csv && !fs::is_directory(data.path);
  return whole ? Split::whole : Split::test;
}

/// The classifier's numbers of the data set's classes.
std::vector<std::int32_t> classes_of(const Dataset& data, const PictureClassifier& classifier) {
  std::vector<std::int32_t> numbers;
  const std::vector<std::string>& known = classifier.labels();
  if (known.empty() || data.class_names.empty()) {
    OCTET_CHECK(data.classes <= classifier.classes(), data.name, ": ", data.classes,
                " classes, expected at most ", classifier.classes(), ", as the model has");
    for (std::int32_t k = 0; k < data.classes; ++k) numbers.push_back(k);
    return numbers;
  }
  for (const std::string& name : data.class_names) {
    const auto at = std::find(known.begin(), known.end(), name);
    OCTET_CHECK(at != known.end(), data.name, ": class '", one_line(name),
                "' is none of the model's, which are ", one_line(known.front()), ", ",
                one_line(known[1]), known.size() > 2 ? ", ..." : "",
                " (octet inspect shows them, --labels replaces them)");
    numbers.push_back(static_cast<std::int32_t>(at - known.begin()));
  }
  return numbers;
}

}  // namespace

void LabelledPictures::add_to(CLI::App& command) {
  command
      .add_option("DATA", path,
                  "a folder with a sub-folder of pictures for each class, or with such folders "
                  "train and test; or data of another format")
      ->required();
  std::string formats;
  for (const std::string_view name : data_format_names())
    formats += (formats.empty() ? "" : ", ") + std::string(name);
  command.add_option(
      "--format", format,
      formats + "; default: image_folder of a folder, numpy of .npz, csv of .csv, else hdf5");
  command.add_option("--split", split,
                     "train, val, test or whole; default: test, of class folders whole");
}

Dataset open_labelled(const LabelledPictures& from, const PictureClassifier& classifier) {
  const DataFormat format = format_of(from);
  DataOptions options;
  options.input = classifier.size();
  options.targets = TargetChoice::classes;
  if (format == DataFormat::image_folder)
    options.channels = static_cast<int>(classifier.input()[2]);
  Dataset data = open_dataset(format, from.path, split_of(from, format), options);
  OCTET_CHECK(data.target() == TargetKind::classes, data.name,
              ": expected a class for each sample, got ",
              data.target() == TargetKind::masks ? "masks" : "numbers");
  OCTET_CHECK(data.image_shape()[2] == classifier.input()[2], data.name, ": samples of ",
              data.image_shape()[2], " channels, expected ", classifier.input()[2],
              ", as the model takes them");
  const std::vector<std::int32_t> numbers = classes_of(data, classifier);
  Tensor labels = Tensor::empty(data.labels.shape(), ElementType::i32);
  std::transform(data.labels.data<std::int32_t>(), data.labels.data<std::int32_t>() + data.size(),
                 labels.data<std::int32_t>(),
                 [&](std::int32_t k) { return numbers[static_cast<std::size_t>(k)]; });
  data.labels = std::move(labels);
  data.classes = classifier.classes();
  if (!classifier.labels().empty() || std::ssize(data.class_names) != data.classes)
    data.class_names = classifier.labels();
  return data;
}

}  // namespace octet::app
