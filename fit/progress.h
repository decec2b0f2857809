// What a person sees while a network trains: a bar on a terminal, else one line per epoch, and in a
// long epoch one every half minute.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace octet {

/// Seconds as "47 s", "3 min 20 s" or "2 h 5 min".
std::string duration_text(double seconds);
/// 0.9876 as "98.76 %".
std::string percent(double fraction);

/// What a bar shows of the epoch so far.
struct RunningMeans {
  double loss = 0;
  std::optional<double> accuracy = {};
  double images_per_second = 0;
  const char* noun = "image";  ///< what there are so many of each second
  double seconds_left = 0;     ///< of all training
};

/// Says on the console how far training is: a bar on a terminal, else lines.
class Progress {
 public:
  /// Writes to standard output; `terminal`: it is one.
  explicit Progress(bool terminal) : terminal_(terminal) {}
  static Progress for_stdout();
  /// Says nothing.
  static Progress silent();

  /// A line (or several) of its own, above the bar if there is one; what cannot be printed as '?'.
  void say(const std::string& line);
  /// Redraws the bar, at most ten times a second; where the terminal is narrow, without what fits
  /// least. Without a terminal a line, at most every half minute.
  void bar(const std::string& label, std::int64_t done, std::int64_t of, const RunningMeans& means);
  /// In place of the bar, on a terminal: how far something is that comes before training.
  void busy(const std::string& label, std::int64_t done, std::int64_t of);
  /// Takes the bar away.
  void clear();

 private:
  bool terminal_;
  bool silent_ = false;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace octet
