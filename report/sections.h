// The parts of the page, each a string of HTML; empty where the report has nothing for it.
#pragma once

#include <string>

#include "report/report_html.h"

namespace octet::report {

std::string figures_section(const RunReport& report);
/// `drawn`: with canvases for the script, beside the table.
std::string curves_section(const RunReport& report, bool drawn);
std::string confusion_sections(const RunReport& report);
std::string plots_section(const RunReport& report);
std::string worst_section(const RunReport& report);
std::string layers_section(const RunReport& report);
std::string files_section(const RunReport& report);

/// What the script draws: {"labels", "phases": [{"name", "start"}], "charts": [{"title",
/// "percent", "log", "series": [{"name", "values"}]}]}.
std::string chart_data(const std::vector<PhaseCurves>& phases);
/// Charts: figures of one quantity in one ("train_loss", "val_loss").
std::vector<std::string> chart_titles(const std::vector<PhaseCurves>& phases);

}  // namespace octet::report
