// Aligned columns for people, or the same as Markdown.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace octet::app {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}
  /// As many cells as the header has.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Columns two blanks apart; those whose cells are all numbers are aligned to the right.
  void print(std::ostream& out) const;
  void print_markdown(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t n);
/// `value` with `digits` behind the point.
std::string fixed(double value, int digits);

}  // namespace octet::app
