// A confusion matrix for people and for files.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "eval/confusion_matrix.h"

namespace octet {

/// More classes do not fit a terminal.
inline constexpr int most_classes_shown = 12;

/// Rows: true classes, columns: predictions, no line wider than `width` columns (80 to 100 is
/// what terminals have): names are shortened. Of more than most_classes_shown classes the ten most
/// frequent confusions instead. `names`: printed as printable text; empty: numbers. Throws Error
/// for another number of names than classes.
std::string confusion_text(const ConfusionMatrix& matrix, std::span<const std::string> names,
                           std::size_t width = 100);
/// One row a class: precision, recall, F1, support; of pixels with the intersection over union.
/// Throws as above.
std::string class_table(const ConfusionMatrix& matrix, std::span<const std::string> names,
                        bool of_pixels = false);

/// {"classes": [{"name", "precision", "recall", "f1", "support"}, ...],
///  "matrix": [[counts of predictions] for each true class]} as JSON text; of pixels a class has
/// "iou", too. Throws as above.
std::string confusion_json(const ConfusionMatrix& matrix, std::span<const std::string> names,
                           bool of_pixels = false);

/// The printable name of class `k`, or its number.
std::string class_label(std::span<const std::string> names, int k);

}  // namespace octet
