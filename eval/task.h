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
};
/// Their names, in this order.
std::vector<std::string_view> task_names();
std::string_view task_name(Task task) noexcept;
/// Throws Error listing the names.
Task parse_task(std::string_view name);

/// A number that says how good a network is.
struct FigureKind {
  std::string_view name;  ///< in files: "mean_iou"
  std::string_view text;  ///< for people: "mean IoU"
  bool larger_is_better = true;
  bool percent = false;  ///< a part of 1, for people in percent
};

/// The figures of a task; the first chooses between networks. All tasks have a loss, too.
std::span<const FigureKind> figures_of(Task task) noexcept;
/// The figure of that name, or the loss. Throws Error listing the names.
const FigureKind& find_figure(Task task, std::string_view name);

/// "98.20 %", "0.0123"
std::string figure_text(const FigureKind& kind, double value);

}  // namespace octet
