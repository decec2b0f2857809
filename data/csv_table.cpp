#include "data/csv_table.h"

#include <algorithm>

#include "base/error.h"

namespace octet::data_detail {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\r' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

CsvTable::CsvTable(std::string_view text, std::string name) : rest_(text), name_(std::move(name)) {
  if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  std::ptrdiff_t most = 0;
  for (const char candidate : {',', ';', '\t'}) {
    const auto count = std::count(line.begin(), line.end(), candidate);
    if (count > most) {
      most = count;
      separator_ = candidate;
    }
  }
}

std::string CsvTable::quoted() {
  std::string value;
  for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
    const char c = rest_.front();
    if (c == '\n') ++line_;
    if (c != '"') {
      value += c;
    } else if (rest_.substr(1).starts_with('"')) {
      value += c;
      rest_.remove_prefix(1);
    } else {
      rest_.remove_prefix(1);
      return value;
    }
  }
  fail(where(), ": a quoted field does not end");
}

std::string CsvTable::field() {
  const auto is_end = [this](char c) { return c == separator_ || c == '\n'; };
  const std::size_t start = rest_.find_first_not_of(" ");
  if (start != std::string_view::npos && rest_[start] == '"') {
    rest_.remove_prefix(start);
    std::string value = quoted();
    while (!rest_.empty() && !is_end(rest_.front())) {
      OCTET_CHECK(is_blank(rest_.front()), where(), ": expected a separator behind a quoted field");
      rest_.remove_prefix(1);
    }
    return value;
  }
  const auto end = std::find_if(rest_.begin(), rest_.end(), is_end);
  const auto length = static_cast<std::size_t>(end - rest_.begin());
  const std::string value(trimmed(rest_.substr(0, length)));
  rest_.remove_prefix(length);
  return value;
}

bool CsvTable::next(std::vector<std::string>& fields) {
  while (!rest_.empty()) {
    fields.clear();
    row_line_ = line_;
    for (bool more = true; more;) {
      fields.push_back(field());
      more = !rest_.empty() && rest_.front() == separator_;
      if (!rest_.empty()) rest_.remove_prefix(1);  // the separator, or the line's end
    }
    ++line_;
    if (fields.size() > 1 || !fields[0].empty()) return true;
  }
  return false;
}

}  // namespace octet::data_detail
