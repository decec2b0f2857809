#include "eval/figure_limit.h"

#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace octet {
namespace {

std::string option_of(bool larger_is_better) {
  return larger_is_better ? "--fail-below" : "--fail-above";
}

FigureLimit parse(std::span<const FigureKind> figures, const std::string& text, bool below) {
  const std::string option = option_of(below);
  const std::size_t equals = text.find('=');
  FigureLimit limit{equals == text.npos ? figures[0]
                                        : find_figure(figures, text.substr(0, equals))};
  const std::string number = equals == text.npos ? text : text.substr(equals + 1);
  char* end = nullptr;
  limit.bound = std::strtod(number.c_str(), &end);
  OCTET_CHECK(!number.empty() && *end == '\0' && std::isfinite(limit.bound), option,
              ": expected a number, or one behind a figure's name and '=', got '", one_line(text),
              "'");
  OCTET_CHECK(limit.kind.larger_is_better == below, option, ": ", limit.kind.name,
              " is better the ", below ? "smaller" : "larger", " it is: use ", option_of(!below));
  OCTET_CHECK(!limit.kind.percent || (limit.bound >= 0 && limit.bound <= 1), option, ": ",
              limit.kind.name, ": expected a part of 1, got ", limit.bound);
  return limit;
}

}  // namespace

std::vector<FigureLimit> parse_limits(std::span<const FigureKind> figures,
                                      std::span<const std::string> below,
                                      std::span<const std::string> above) {
  std::vector<FigureLimit> limits;
  for (const std::string& text : below) limits.push_back(parse(figures, text, true));
  for (const std::string& text : above) limits.push_back(parse(figures, text, false));
  return limits;
}

void check_limits(std::span<const FigureLimit> limits, const TaskScore& score,
                  std::string_view what) {
  for (const FigureLimit& limit : limits) {
    const std::string option = option_of(limit.kind.larger_is_better);
    const auto value = score.figure(limit.kind.name);
    OCTET_CHECK(value, option, ": the data have no ", limit.kind.name,
                ": there are not both normal samples and anomalies");
    const bool good = limit.kind.larger_is_better ? *value >= limit.bound : *value <= limit.bound;
    OCTET_CHECK(good, what, what.empty() ? "" : " ", limit.kind.text, " ",
                figure_text(limit.kind, *value), " is ",
                limit.kind.larger_is_better ? "below" : "above", " ", option, " ", limit.bound);
  }
}

}  // namespace octet
