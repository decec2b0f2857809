// What can be said about how a data set is read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/resize_image.h"

namespace octet {

/// How a reader says how far it is.
struct ReadProgress {
  std::int64_t done = 0, total = 0;  ///< samples
  std::string what;                  ///< "reading 60,000 pictures: 10 classes, 32x32x3"
};

/// What numbers for targets mean. automatic: whole numbers from 0 on are classes, others values.
enum class TargetChoice { automatic, classes, values };
/// "auto", "classes", "values"
std::vector<std::string_view> target_choice_names();
/// Throws Error listing the names.
TargetChoice parse_target_choice(std::string_view name);

/// What the readers are told beside the path.
struct DataOptions {
  /// Folders of pictures: 1 (grey) or 3 (RGB) converts (see convert_channels); 0 takes what the
  /// first file has and demands it of the others.
  int channels = 0;
  /// Pictures are brought to this size. Samples without extents (CSV, arrays [N, F]) are taken for
  /// [h, w, F / (h w)].
  InputSize input = {};
  /// Folders of pictures: leaves them on the disk and reads each when it is needed.
  bool stream = false;
  TargetChoice targets = TargetChoice::automatic;
  /// CSV: names of the columns that are targets, or "first" or "last"; empty: the last.
  std::vector<std::string> target_columns = {};
  /// CSV: for each of target_columns, or for none: names of classes that may stand there in the
  /// place of their numbers.
  std::vector<std::vector<std::string>> target_classes = {};
  /// Names of the classes, of formats that have none.
  std::vector<std::string> class_names = {};
  /// open_data_source(): splits may have classes that others lack (a test split faults, of which
  /// there are none to learn from); all get the names of all, those of train first.
  bool join_classes = false;
  /// Called now and then while pictures are read.
  std::function<void(const ReadProgress&)> progress = {};
};

}  // namespace octet
