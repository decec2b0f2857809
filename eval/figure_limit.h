// What a figure must reach for a program to succeed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eval/task_score.h"

namespace octet {

struct FigureLimit {
  FigureKind kind;
  double bound = 0;  ///< the least value where larger is better, else the largest
};

/// From `below`, texts as "0.9" or "mean_iou=0.9", and `above`: "0.1" or "rmse=0.1"; a number alone
/// is for the first of `figures`. Throws Error for another figure, for one that is not better on
/// that side and for what is no number; `below` and `above` are called --fail-below and
/// --fail-above.
std::vector<FigureLimit> parse_limits(std::span<const FigureKind> figures,
                                      std::span<const std::string> below,
                                      std::span<const std::string> above);

/// Throws Error if the score is beyond a limit or has no such figure; `what`: "int8".
void check_limits(std::span<const FigureLimit> limits, const TaskScore& score,
                  std::string_view what);

}  // namespace octet
