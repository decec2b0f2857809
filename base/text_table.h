// Aligned columns for people, or the same as Markdown.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace octet {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// As many cells as the header has.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Columns two blanks apart; those whose cells are all numbers are aligned to the right.
  void print(std::ostream& out) const;
  /// What print() prints.
  std::string text() const;
  void print_markdown(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// Columns of a terminal that printable UTF-8 text takes; of Chinese, Japanese and Korean
/// characters two each.
std::size_t text_width(std::string_view text) noexcept;
/// As much of printable UTF-8 text as `width` columns have room for, its end replaced by "~" where
/// that is not all of it. Requires width >= 1.
std::string shortened(std::string_view text, std::size_t width);

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t n);
/// `value` with `digits` behind the point.
std::string fixed(double value, int digits);
/// Three significant digits: "0.0123", "1.23", "12346", "1.2e+07".
std::string short_number(double value);

}  // namespace octet
