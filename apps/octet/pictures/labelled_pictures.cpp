#include "apps/octet/pictures/labelled_pictures.h"

#include <algorithm>
#include <filesystem>

#include "apps/common/head_targets.h"
#include "base/error.h"
#include "data/source.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

bool has(const LabelledPictures& data, const char* name) {
  std::error_code ignored;
  return fs::exists(fs::path(data.path) / name, ignored);
}

DataFormat format_of(const LabelledPictures& data) {
  if (!data.format.empty()) return parse_data_format(data.format);
  if (fs::is_directory(data.path)) {
    return has(data, "masks") || has(data, "test/masks") ? DataFormat::mask_folder
           : has(data, "test.csv")                       ? DataFormat::csv
           : has(data, "x_test.npy")                     ? DataFormat::numpy
                                                         : DataFormat::image_folder;
  }
  const std::string extension = fs::path(data.path).extension().string();
  return extension == ".npz"   ? DataFormat::numpy
         : extension == ".csv" ? DataFormat::csv
                               : DataFormat::hdf5;
}

/// The test split; of folders of pictures without one and of a CSV file the whole.
Split split_of(const LabelledPictures& data, DataFormat format) {
  if (!data.split.empty()) return parse_split(data.split);
  const bool folder = format == DataFormat::image_folder || format == DataFormat::mask_folder;
  const bool whole = folder ? !fs::is_directory(fs::path(data.path) / "test")
                            : format == DataFormat::csv && !fs::is_directory(data.path);
  return whole ? Split::whole : Split::test;
}

/// The model's numbers of the data set's classes.
std::vector<std::int32_t> classes_of(const Dataset& data, const PictureModel& model) {
  std::vector<std::int32_t> numbers;
  const std::vector<std::string>& known = model.labels();
  if (known.empty() || data.class_names.empty()) {
    OCTET_CHECK(data.classes <= model.classes(), data.name, ": ", data.classes,
                " classes, expected at most ", model.classes(), ", as the model has");
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

Tensor labels_of(const Dataset& data, const std::vector<std::int32_t>& numbers) {
  Tensor labels = Tensor::empty(data.labels.shape(), ElementType::i32);
  std::transform(data.labels.data<std::int32_t>(), data.labels.data<std::int32_t>() + data.size(),
                 labels.data<std::int32_t>(),
                 [&](std::int32_t k) { return numbers[static_cast<std::size_t>(k)]; });
  return labels;
}

/// With the classifier's classes.
Dataset with_classes(Dataset data, const PictureModel& model) {
  data.labels = labels_of(data, classes_of(data, model));
  data.classes = model.classes();
  if (!model.labels().empty() || std::ssize(data.class_names) != data.classes)
    data.class_names = model.labels();
  return data;
}

/// With classes 0, normal, and 1, anomaly; all normal where nothing says what is.
Dataset with_anomalies(Dataset data, const std::vector<std::string>& normal) {
  const bool known = !normal.empty() && data.target() == TargetKind::classes;
  std::vector<std::int32_t> numbers;
  for (int k = 0; k < data.classes; ++k) {
    const std::string name = data.class_names.empty()
                                 ? std::to_string(k)
                                 : data.class_names[static_cast<std::size_t>(k)];
    numbers.push_back(known && std::find(normal.begin(), normal.end(), name) == normal.end());
  }
  OCTET_CHECK(!known || std::find(numbers.begin(), numbers.end(), 0) != numbers.end(), data.name,
              ": none of its classes is normal (--normal)");
  data.labels =
      known ? labels_of(data, numbers)
            : Tensor::from<std::int32_t>(
                  {data.size()}, std::vector<std::int32_t>(static_cast<std::size_t>(data.size())));
  data.classes = 2;
  data.class_names = {"normal", "anomaly"};
  return data;
}

/// Throws Error unless the targets are those that the model's task is judged by.
void check_targets(const Dataset& data, const PictureModel& model) {
  const TargetKind kind = data.target();
  switch (model.task()) {
    case Task::classification:
      OCTET_CHECK(kind == TargetKind::classes, data.name,
                  ": expected a class for each sample, got ",
                  kind == TargetKind::masks ? "masks" : "numbers");
      return;
    case Task::regression:
      OCTET_CHECK(kind == TargetKind::values && data.target_shape()[0] == model.classes(),
                  data.name, ": expected ", model.classes(),
                  " numbers for each sample, as the model returns");
      return;
    case Task::segmentation:
      OCTET_CHECK(kind == TargetKind::masks && data.classes <= model.classes(), data.name,
                  ": expected masks of at most ", model.classes(), " classes, as the model has");
      return;
    case Task::multi_task:
      OCTET_CHECK(kind == TargetKind::values, data.name,
                  ": expected numbers for each sample, of which each output has some");
      return;
    case Task::autoencoder:
      return;
  }
}

}  // namespace

void LabelledPictures::add_to(CLI::App& command) {
  command
      .add_option(
          "DATA", path,
          "a folder with a sub-folder of pictures for each class (or images/ and masks/), or "
          "with such folders train and test; or data of another format")
      ->required();
  std::string formats;
  for (const std::string_view name : data_format_names())
    formats += (formats.empty() ? "" : ", ") + std::string(name);
  command.add_option(
      "--format", format,
      formats + "; default: of a folder by what is in it, numpy of .npz, csv of .csv, else hdf5");
  command.add_option("--split", split,
                     "train, val, test or whole; default: test, of class folders whole");
  command
      .add_option("--normal", normal,
                  "of autoencoders: a class that is normal; the others are anomalies; may be "
                  "repeated; default: as the model's file says")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
}

Dataset open_labelled(const LabelledPictures& from, const PictureModel& model) {
  const DataFormat format = format_of(from);
  DataOptions options;
  options.input = model.size();
  options.targets = model.task() == Task::classification ? TargetChoice::classes
                    : model.task() == Task::regression || model.task() == Task::multi_task
                        ? TargetChoice::values
                        : TargetChoice::automatic;
  if (format == DataFormat::csv && model.task() == Task::regression)
    options.target_columns = model.labels();
  if (format == DataFormat::csv && model.task() == Task::multi_task)
    add_head_columns(model.about_task().heads, options);
  if (format == DataFormat::image_folder || format == DataFormat::mask_folder)
    options.channels = static_cast<int>(model.input()[2]);
  Dataset data = open_dataset(format, from.path, split_of(from, format), options);
  check_targets(data, model);
  OCTET_CHECK(data.image_shape()[2] == model.input()[2], data.name, ": samples of ",
              data.image_shape()[2], " channels, expected ", model.input()[2],
              ", as the model takes them");
  for (const TaskHead& head : judged_heads(from, model)) {
    const std::int64_t last = *std::ranges::max_element(head.columns);
    OCTET_CHECK(last < data.target_shape()[0], data.name, ": output '", one_line(head.name),
                "' is judged by number ", last, " of each sample, counted from 0, but there are ",
                data.target_shape()[0]);
  }
  if (model.task() == Task::classification) return with_classes(std::move(data), model);
  if (model.task() == Task::autoencoder) {
    return with_anomalies(std::move(data),
                          from.normal.empty() ? model.about_task().normal : from.normal);
  }
  if (model.task() == Task::segmentation) data.classes = model.classes();
  if (std::ssize(data.class_names) != data.classes) data.class_names = model.labels();
  return data;
}

std::vector<TaskHead> judged_heads(const LabelledPictures& data, const PictureModel& model) {
  const std::vector<HeadEntry>& entries = model.about_task().heads;
  const std::vector<std::string> columns =
      format_of(data) == DataFormat::csv ? head_columns(entries) : std::vector<std::string>();
  const auto outputs = model.model().outputs();
  std::vector<TaskHead> heads;
  for (std::size_t h = 0; h < entries.size(); ++h) {
    const HeadEntry& from = entries[h];
    TaskHead head{.name = from.name, .task = from.task, .columns = head_places(from, columns)};
    const bool places = std::ranges::find(head.columns, -1) == head.columns.end();
    OCTET_CHECK(!head.columns.empty(), "the model's file does not say which numbers output '",
                one_line(from.name), "' is judged by");
    OCTET_CHECK(places, data.path, ": the targets of output '", one_line(from.name),
                "' are a table's columns by their names: expected a CSV file");
    const auto numbers = static_cast<int>(outputs[h].bytes / int8::dtype_size(outputs[h].type));
    if (head.task == Task::classification) head.classes = numbers;
    heads.push_back(std::move(head));
  }
  return heads;
}

}  // namespace octet::app
