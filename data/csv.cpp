// CSV files as data sets.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/mapped_file.h"
#include "data/array_dataset.h"
#include "data/csv_table.h"
#include "data/readers.h"

namespace octet {

namespace {

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Which columns are targets, and in which order.
class Columns {
 public:
  /// `first` is the first row of the file, a header or not.
  Columns(const std::vector<std::string>& first, const std::vector<std::string>& targets,
          const std::string& where)
      : place_(first.size()) {
    if (targets.empty()) place_.back() = targets_++;
    for (const std::string& name : targets) {
      const auto found = std::ranges::find(first, name);
      OCTET_CHECK(found != first.end() || name == "first" || name == "last", where,
                  ": expected a column named '", one_line(name), "', the first line has ",
                  one_line(joined(first)));
      named_ = named_ || found != first.end();
      const auto column = found != first.end() ? static_cast<std::size_t>(found - first.begin())
                          : name == "first"    ? 0
                                               : first.size() - 1;
      OCTET_CHECK(!place_[column], where, ": '", one_line(name), "' is a target twice");
      place_[column] = targets_++;
    }
    OCTET_CHECK(targets_ < first.size(), where, ": expected columns beside the targets, got ",
                first.size(), first.size() == 1 ? " column" : " columns", " in all");
  }

  /// The column's place among the targets; nothing if it is none.
  const std::optional<std::size_t>& place(std::size_t column) const { return place_[column]; }
  std::size_t count() const noexcept { return place_.size(); }
  std::size_t targets() const noexcept { return targets_; }
  /// Whether the first row names the columns.
  bool has_header(const std::vector<std::string>& first) const {
    if (named_) return true;
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (!place_[i] && !first[i].empty() && !number_in(first[i])) return true;
    }
    return false;
  }

 private:
  static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 20; ++i) text += (i ? ", " : "") + names[i];
    return text + (names.size() > 20 ? ", ..." : "");
  }

  std::vector<std::optional<std::size_t>> place_;
  std::size_t targets_ = 0;
  bool named_ = false;
};

/// The one column that is a target, as text until all of it is known.
struct TextTargets {
  std::vector<std::string> texts;

  bool all_numbers() const {
    return std::ranges::all_of(texts, [](const auto& t) { return number_in(t).has_value(); });
  }
  /// Whether some are numbers that name no class.
  bool any_value() const {
    return std::ranges::any_of(texts, [](const auto& t) {
      const std::optional<double> v = number_in(t);
      return v && std::isfinite(*v) &&
             (*v < 0 || *v >= static_cast<double>(max_classes) || *v != std::floor(*v));
    });
  }
};

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& name, const DataOptions& options)
      : table_(text, name), name_(name), options_(options) {}

  Dataset read() {
    std::vector<std::string> row;
    OCTET_CHECK(table_.next(row), name_, ": expected lines of numbers, got none");
    const Columns columns(row, options_.target_columns, table_.where());
    if (!columns.has_header(row)) take(row, columns);
    while (table_.next(row)) take(row, columns);
    OCTET_CHECK(rows_ > 0, name_, ": expected lines of numbers behind the header, got none");
    const auto features = static_cast<std::int64_t>(columns.count() - columns.targets());
    Tensor samples = Tensor::from<real>({rows_, 1, 1, features}, numbers_);
    numbers_ = {};
    samples = data_detail::to_input_size(std::move(samples), options_.input, name_);
    std::vector<std::string> class_names = options_.class_names;
    Tensor targets =
        columns.targets() == 1 ? single_target(class_names) : value_rows(columns.targets());
    return make_dataset(std::move(samples), std::move(targets), std::move(class_names), name_);
  }

 private:
  void take(const std::vector<std::string>& row, const Columns& columns) {
    OCTET_CHECK(row.size() == columns.count(), table_.where(), ": expected ", columns.count(),
                " fields as in the first line, got ", row.size());
    const std::size_t before = values_.size();
    if (columns.targets() > 1) values_.resize(before + columns.targets());
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto place = columns.place(i);
      if (!place) {
        numbers_.push_back(number(row[i], i));
      } else if (columns.targets() == 1) {
        targets_.texts.push_back(row[i]);
      } else {
        values_[before + *place] = target(row[i], i, *place);
      }
    }
    ++rows_;
  }

  /// A number, or the number of the class that has this name.
  real target(const std::string& text, std::size_t column, std::size_t place) const {
    if (place < options_.target_classes.size()) {
      const std::vector<std::string>& names = options_.target_classes[place];
      const auto found = std::ranges::find(names, text);
      if (found != names.end()) return static_cast<real>(found - names.begin());
    }
    return number(text, column);
  }

  real number(const std::string& text, std::size_t column) const {
    const std::optional<double> v = number_in(text);
    OCTET_CHECK(v && std::isfinite(static_cast<real>(*v)), table_.where(), ": column ", column + 1,
                ": expected a finite number, got ",
                text.empty() ? "nothing" : "'" + one_line(text, 40) + "'");
    return static_cast<real>(*v);
  }

  Tensor value_rows(std::size_t targets) const {
    return Tensor::from<real>({rows_, static_cast<std::int64_t>(targets)}, values_);
  }

  Tensor single_target(std::vector<std::string>& class_names) const {
    const bool values = options_.targets == TargetChoice::values ||
                        (options_.targets == TargetChoice::automatic && targets_.any_value());
    if (!values && !targets_.all_numbers()) return named_classes(class_names);
    std::vector<real> numbers;
    for (const std::string& text : targets_.texts) {
      const std::optional<double> v = number_in(text);
      OCTET_CHECK(v, name_, ": target of sample ", numbers.size(), ": expected a number, got '",
                  one_line(text, 40), "'");
      numbers.push_back(static_cast<real>(*v));
    }
    return data_detail::to_targets({Tensor::from<real>({rows_}, numbers), false},
                                   values ? TargetChoice::values : TargetChoice::classes, name_);
  }

  /// Names in order of their bytes, unless they are given.
  Tensor named_classes(std::vector<std::string>& names) const {
    if (names.empty()) {
      names = targets_.texts;
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
    }
    std::map<std::string_view, std::int32_t> numbers;
    for (std::size_t i = 0; i < names.size(); ++i) {
      numbers.emplace(names[i], static_cast<std::int32_t>(i));
    }
    Tensor classes = Tensor::empty({rows_}, ElementType::i32);
    std::int32_t* to = classes.data<std::int32_t>();
    for (const std::string& text : targets_.texts) {
      const auto found = numbers.find(text);
      OCTET_CHECK(found != numbers.end(), name_, ": the class '", one_line(text, 40),
                  "' is not one of those that are known");
      *to++ = found->second;
    }
    return classes;
  }

  data_detail::CsvTable table_;
  std::string name_;
  const DataOptions& options_;
  std::int64_t rows_ = 0;
  std::vector<real> numbers_, values_;
  TextTargets targets_;
};

}  // namespace

Dataset parse_csv(std::span<const std::byte> file, const std::string& name,
                  const DataOptions& options) {
  OCTET_CHECK(static_cast<std::int64_t>(file.size()) <= max_dataset_bytes, name,
              ": expected at most ", max_dataset_bytes, " bytes, got ", file.size());
  return CsvReader({reinterpret_cast<const char*>(file.data()), file.size()}, name, options).read();
}

std::vector<std::string> csv_header(const std::filesystem::path& path, const DataOptions& options) {
  const MappedFile file = map_file(path.string());
  data_detail::CsvTable table({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()},
                              path.string());
  std::vector<std::string> row;
  if (!table.next(row)) return {};
  const Columns columns(row, options.target_columns, table.where());
  return columns.has_header(row) ? row : std::vector<std::string>();
}

Dataset read_csv(const std::filesystem::path& path, const DataOptions& options) {
  return parse_csv(map_file(path.string()).bytes, path.string(), options);
}

}  // namespace octet
