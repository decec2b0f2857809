// What a network is trained for, and the figures that judge it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

enum class Task : std::uint8_t {
  classification,  ///< a class for each sample: logits [N, K]
  regression,      ///< K numbers for each sample
  autoencoder,     ///< the input again; how badly it succeeds tells anomalies
  segmentation,    ///< a class for each pixel: logits [N, H, W, K]
  multi_task,      ///< several outputs, each with a task of its own: see TaskHead
};
/// Their names, in this order.
std::vector<std::string_view> task_names();
std::string_view task_name(Task task) noexcept;
/// Throws Error listing the names.
Task parse_task(std::string_view name);

/// A number that says how good a network is.
struct FigureKind {
  std::string name;  ///< in files: "mean_iou"
  std::string text;  ///< for people: "mean IoU"
  bool larger_is_better = true;
  bool percent = false;  ///< a part of 1, for people in percent
};

/// The figures of a task; the first chooses between networks. All tasks have a loss, too, which is
/// that of multi_task; the others of that are its heads'.
std::span<const FigureKind> figures_of(Task task);
/// The one of that name, or the loss. Throws Error listing the names.
const FigureKind& find_figure(std::span<const FigureKind> figures, std::string_view name);

/// "98.20 %", "0.0123"
std::string figure_text(const FigureKind& kind, double value);

}  // namespace octet
