// The samples that a run's network gets most wrong, for its report.
#pragma once

#include <string>
#include <vector>

#include "apps/trainer/judge.h"
#include "report/report_html.h"

namespace octet::trainer {

/// A heading, and the samples: with their pictures where they have some; with masks in colours, and
/// reconstructions.
std::string worst_title(Task task);
std::vector<report::WorstSample> worst_samples(const Session& s, const Judgement& judgement);

}  // namespace octet::trainer
