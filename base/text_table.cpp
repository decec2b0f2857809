#include "base/text_table.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "base/printable.h"

namespace octet {

void TextTable::print(std::ostream& out) const {
  const std::size_t columns = rows_[0].size();
  std::vector<std::size_t> width(columns);
  std::vector<bool> numeric(columns, rows_.size() > 1);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string& cell = rows_[r][c];
      width[c] = std::max(width[c], text_width(cell));
      if (r > 0 && cell.find_first_not_of("0123456789.,%-") != std::string::npos)
        numeric[c] = false;
    }
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string padding(width[c] - text_width(row[c]), ' ');
      if (c > 0) line += "  ";
      if (numeric[c]) line += padding;
      line += row[c];
      if (!numeric[c]) line += padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::string TextTable::text() const {
  std::ostringstream out;
  print(out);
  return out.str();
}

void TextTable::print_markdown(std::ostream& out) const {
  const auto print_row = [&out](const std::vector<std::string>& row) {
    for (const std::string& cell : row) out << "| " << cell << ' ';
    out << "|\n";
  };
  print_row(rows_[0]);
  print_row(std::vector<std::string>(rows_[0].size(), "---"));
  for (std::size_t r = 1; r < rows_.size(); ++r) print_row(rows_[r]);
}

namespace {

/// Of one character.
std::size_t character_width(std::string_view character) noexcept {
  const auto first = static_cast<unsigned char>(character[0]);
  // U+3000 to U+DFFF and what is beyond 16 bits, as good as UAX 11 ("wide").
  return (first >= 0xe3 && first <= 0xed) || first >= 0xf0 ? 2 : 1;
}

}  // namespace

std::size_t text_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) width += character_width(take_printable(text));
  return width;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) return std::string(text);
  std::string part;
  for (std::size_t used = 1; !text.empty();) {  // 1: of the mark
    const std::string_view character = take_printable(text);
    used += character_width(character);
    if (used > width) break;
    part += character;
  }
  return part + "~";
}

std::string grouped(std::int64_t n) {
  std::string text = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size < 1e-3 || size >= 1e5) {
    std::ostringstream text;
    text << std::scientific << std::setprecision(1) << value;
    return text.str();
  }
  return fixed(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
}

}  // namespace octet
