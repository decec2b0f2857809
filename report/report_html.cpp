#include "report/report_html.h"

#include <fstream>
#include <iterator>
#include <span>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "report/html_text.h"
#include "report/sections.h"

namespace octet::report {
namespace {

/// Empty where there is no such file.
std::string read_script(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return {};
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  OCTET_CHECK(in.is_open() && !in.bad(), "report: cannot read ", file.string());
  OCTET_CHECK(text.find("</script") == std::string::npos && text.find("<!--") == std::string::npos,
              "report: ", file.string(), ": has text that ends a script inside a page");
  return text;
}

std::string scripts(const RunReport& report, const std::string& script) {
  return "<script type=\"application/json\" id=\"curves\">" +
         escape_script_json(chart_data(report.phases)) + "</script>\n<script>" + script +
         "</script>\n<script>" + std::string(page_file("draw.js")) + "</script>\n";
}

}  // namespace

std::filesystem::path chart_script() {
  return "/usr/share/javascript/chart.js/chart.min.js";
}

std::string report_html(const RunReport& report, const std::filesystem::path& script_file) {
  const std::string script = report.phases.empty() ? std::string() : read_script(script_file);
  const std::string name = escape_html(report.name);
  // Nothing is fetched, whatever the texts are.
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src "
         "data:; "
         "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>" +
         name + "</title>\n<style>\n" + std::string(page_file("style.css")) +
         "</style>\n</head>\n<body>\n<header><h1>" + name + "</h1>\n<p class=\"muted\">" +
         escape_html(report.description) + "</p></header>\n" + figures_section(report) +
         curves_section(report, !script.empty()) + confusion_sections(report) +
         plots_section(report) + worst_section(report) + layers_section(report) +
         files_section(report) + "<footer>Made by octet." +
         (script.empty() ? "" : " Curves by Chart.js (MIT licence, in the page's source).") +
         "</footer>\n" + (script.empty() ? "" : scripts(report, script)) + "</body>\n</html>\n";
}

void write_report(const RunReport& report, const std::filesystem::path& file,
                  const std::filesystem::path& script) {
  const std::string page = report_html(report, script);
  write_file_atomically(file, std::as_bytes(std::span(page)));
}

}  // namespace octet::report
