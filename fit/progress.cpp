#include "fit/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "base/printable.h"

namespace octet {
namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr std::chrono::milliseconds line_interval{30000};

std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

template <class... Args>
std::string print(const char* format, Args... args) {
  char buffer[200];
  std::snprintf(buffer, sizeof buffer, format, args...);
  return buffer;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<std::int64_t>(std::lround(std::clamp(seconds, 0.0, 1e9)));
  if (s < 60) return print("%d s", static_cast<int>(s));
  if (s < 3600) return print("%d min %d s", static_cast<int>(s / 60), static_cast<int>(s % 60));
  return print("%d h %d min", static_cast<int>(s / 3600), static_cast<int>(s % 3600 / 60));
}

std::string percent(double fraction) {
  return print("%.2f %%", 100 * fraction);
}

Progress Progress::for_stdout() {
  return Progress(isatty(STDOUT_FILENO) != 0);
}

Progress Progress::silent() {
  Progress p(false);
  p.silent_ = true;
  return p;
}

void Progress::say(const std::string& line) {
  if (silent_) return;
  clear();
  for (std::string_view rest = line;;) {  // names in it may hold anything
    const std::size_t end = rest.find('\n');
    std::printf("%s\n", printable_text(rest.substr(0, end)).c_str());
    if (end == rest.npos) break;
    rest.remove_prefix(end + 1);
  }
  std::fflush(stdout);
}

void Progress::clear() {
  if (!drawn_) return;
  std::printf("\r\033[K");
  std::fflush(stdout);
  drawn_ = false;
}

void Progress::busy(const std::string& label, std::int64_t done, std::int64_t of) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - last_ < redraw_interval) return;
  last_ = now;
  std::printf("\r%s: %lld of %lld\033[K", label.c_str(), static_cast<long long>(done),
              static_cast<long long>(of));
  std::fflush(stdout);
  drawn_ = true;
}

void Progress::bar(const std::string& label, std::int64_t done, std::int64_t of,
                   const RunningMeans& m) {
  if (silent_) return;
  const auto now = std::chrono::steady_clock::now();
  const bool redraw = drawn_ || !terminal_;
  if (redraw && now - last_ < (terminal_ ? redraw_interval : line_interval)) return;
  last_ = now;
  of = std::max<std::int64_t>(of, 1);
  const std::string part = print("%3d %%", static_cast<int>(100 * done / of));
  std::string means = print("loss %.4f", m.loss);
  if (m.accuracy) means += "  accuracy " + percent(*m.accuracy);
  const std::string rate = print("  %.0f ", m.images_per_second) + m.noun + "s/s";
  const std::string left = "  " + duration_text(m.seconds_left) + " left";
  if (!terminal_) {
    say(label + "  " + part + "  " + means + rate + left);
    return;
  }
  const std::size_t width = terminal_width();
  std::string line = label + "  " + part + "  " + means + rate + left;
  if (line.size() + 5 <= width) {
    const std::size_t cells = std::min<std::size_t>(30, width - line.size() - 3);
    const auto full = static_cast<std::size_t>(static_cast<std::int64_t>(cells) * done / of);
    line.insert(label.size(), " [" + std::string(full, '=') + std::string(cells - full, ' ') + "]");
  } else if (line.size() >= width) {
    line = label + "  " + part + "  " + means + left;
  }
  if (line.size() >= width) line = label + "  " + part + left;
  if (line.size() >= width) line.resize(width - 1);
  std::printf("\r%s\033[K", line.c_str());
  std::fflush(stdout);
  drawn_ = true;
}

}  // namespace octet
