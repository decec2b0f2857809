// How good a network or an integer model is at the run's task.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "apps/trainer/session.h"
#include "apps/trainer/summary.h"
#include "eval/task_score.h"

namespace octet::trainer {

/// octet::evaluate_task, of a network or an integer model. Nothing if the user asked to stop.
std::optional<TaskScore> score(Session& s, Module& model, Loader& loader,
                               TaskEvaluationOptions options = {});
std::optional<TaskScore> score(Session& s, const int8::Model& model, Loader& loader,
                               TaskEvaluationOptions options = {});

/// What chooses the best epoch: the task's first figure, larger being better, then the loss.
/// `split`: "val", "int8 test"; in the names of figures "int8_test".
EpochScore epoch_score(const Session& s, const TaskScore& score, const std::string& split);
/// The figure of which Fit::best_score() is the value.
double best_figure(const Session& s);

/// Puts loss and figures among the results, as "<part>.loss", "<part>.rmse".
void put_results(Session& s, const std::string& part, const TaskScore& score);
/// The same as an object of the summary.
Summary figures_json(const TaskScore& score);

/// The figures in an object of the summary, for a person: "98.20 %", of several figures "RMSE
/// 0.012, MAE 0.009, R2 0.998".
std::string figures_text(std::span<const FigureKind> figures, const Summary& part);

}  // namespace octet::trainer
