// Private to data/csv.cpp: a CSV file as rows of fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace octet::data_detail {

/// Reads rows one after the other. Fields may be quoted ("" in them is a quote) and then hold
/// separators and line breaks; blanks around a field are no part of it; empty lines are left out. A
/// byte order mark is passed over.
class CsvTable {
 public:
  /// `text` must outlive the table; `name` is for messages. The separator is the comma, semicolon
  /// or tab that the first line has most of.
  CsvTable(std::string_view text, std::string name);

  /// The next row's fields; false at the end. Throws Error naming the line for a quote that does
  /// not end, or text behind one.
  bool next(std::vector<std::string>& fields);
  /// "file.csv:12": of the row that was read last.
  std::string where() const { return name_ + ":" + std::to_string(row_line_); }

 private:
  std::string field();
  std::string quoted();

  std::string_view rest_;
  std::string name_;
  char separator_ = ',';
  std::int64_t line_ = 1, row_line_ = 1;
};

}  // namespace octet::data_detail
