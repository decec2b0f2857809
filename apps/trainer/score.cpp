#include "apps/trainer/score.h"

#include <algorithm>

#include "fit/interrupt.h"

namespace octet::trainer {
namespace {

template <class Model>
std::optional<TaskScore> score_any(Session& s, Model& model, Loader& loader,
                                   TaskEvaluationOptions options) {
  options.stop = interrupted;
  const TaskScore score = evaluate_task(model, loader, s.ctx, s.measure(), options);
  if (score.stopped) return std::nullopt;
  return score;
}

}  // namespace

std::optional<TaskScore> score(Session& s, Module& model, Loader& loader,
                               TaskEvaluationOptions options) {
  return score_any(s, model, loader, std::move(options));
}

std::optional<TaskScore> score(Session& s, const int8::Model& model, Loader& loader,
                               TaskEvaluationOptions options) {
  return score_any(s, model, loader, std::move(options));
}

EpochScore epoch_score(const Session& s, const TaskScore& score, const std::string& split) {
  std::string prefix = split;
  std::ranges::replace(prefix, ' ', '_');
  EpochScore e;
  e.value = (s.main_figure().larger_is_better ? 1 : -1) * score.value();
  e.tie_break = -score.loss;
  e.text = split + " " + figures_text(s.figures, figures_json(score));
  e.figures.push_back({prefix + "_loss", score.loss});
  for (const auto& [name, value] : score.figures) e.figures.push_back({prefix + "_" + name, value});
  return e;
}

double best_figure(const Session& s) {
  return (s.main_figure().larger_is_better ? 1 : -1) * s.fit->best_score();
}

void put_results(Session& s, const std::string& part, const TaskScore& score) {
  s.results[part + ".loss"] = score.loss;
  for (const auto& [name, value] : score.figures) s.results[part + "." + name] = value;
}

Summary figures_json(const TaskScore& score) {
  Summary j;
  for (const auto& [name, value] : score.figures) j[name] = value;
  j["loss"] = score.loss;
  return j;
}

std::string figures_text(std::span<const FigureKind> kinds, const Summary& part) {
  if (kinds.size() == 1) return figure_text(kinds[0], part.at(kinds[0].name));
  std::string text;
  for (const FigureKind& kind : kinds) {
    const auto value = part.find(kind.name);
    if (value == part.end()) continue;
    text += (text.empty() ? "" : ", ") + kind.text + " " + figure_text(kind, *value);
  }
  return text;
}

}  // namespace octet::trainer
