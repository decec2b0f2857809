#include "apps/common/text_table.h"

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <sstream>

namespace octet::app {

void TextTable::print(std::ostream& out) const {
  const std::size_t columns = rows_[0].size();
  std::vector<std::size_t> width(columns);
  std::vector<bool> numeric(columns, rows_.size() > 1);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string& cell = rows_[r][c];
      width[c] = std::max(width[c], cell.size());
      if (r > 0 && cell.find_first_not_of("0123456789.,%-") != std::string::npos)
        numeric[c] = false;
    }
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::string padding(width[c] - row[c].size(), ' ');
      if (c > 0) line += "  ";
      if (numeric[c]) line += padding;
      line += row[c];
      if (!numeric[c]) line += padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
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

}  // namespace octet::app
