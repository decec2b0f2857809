#include "report/report_html.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "report/html_text.h"
#include "report/sections.h"
#include "tests/report/sample_report.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::report;

namespace {

RunReport sample() {
  static const Dataset digits =
      open_dataset("hdf5", test::source_dir() / "data" / "digits.h5", "test");
  return test::sample_report(digits);
}

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

std::size_t count(const std::string& page, const std::string& text) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = page.find(text, at)) != std::string::npos; ++at) ++n;
  return n;
}

}  // namespace

TEST_CASE("the page has everything that the report has, and no text is markup") {
  const test::TempDir dir;
  const std::string code = "/*! a licence */ var Chart = {};";
  test::write_file(dir / "chart.js", {code.begin(), code.end()});
  const std::string page = report_html(sample(), dir / "chart.js");
  for (const char* text :
       {"<title>digits-lenet</title>", "98.20 %", "layer conv2: 9.1 dB", "acht 八", "conv2",
        "98.55 %", "model.tflite", "// &lt;b&gt;\n}", "a licence", "MIT licence"}) {
    CAPTURE(text);
    CHECK(has(page, text));
  }
  CHECK(count(page, "<canvas") == 3);  // loss, accuracy, lr
  CHECK(count(page, "<figure>") == 12);
  CHECK(count(page, "data:image/png;base64,iVBORw0KGgo") == 12);
  CHECK(!has(page, test::hostile));
  CHECK(!has(page, "<img src=x"));
  CHECK(has(page, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;&lt;/script&gt;"));
  CHECK(count(page, "</script>") == 3);
  // Nothing that would be fetched.
  CHECK(!has(page, "http://"));
  CHECK(!has(page, "https://"));
  CHECK(has(page, "default-src 'none'"));
}

TEST_CASE("without Chart.js the page says so and has the figures as a table") {
  const std::string page = report_html(sample(), "/nowhere/chart.js");
  CHECK(has(page, "libjs-chart.js"));
  CHECK(!has(page, "<canvas"));
  CHECK(!has(page, "<script"));
  CHECK(has(page, "<th>val_accuracy</th>"));
  CHECK(has(page, "<td class=\"text\">qat</td><td>5</td>"));
}

TEST_CASE("what is empty is left out") {
  const std::string page = report_html({.name = "x"});
  CHECK(!has(page, "<section"));
  CHECK(!has(page, "<script"));
}

TEST_CASE("many classes: the most frequent confusions instead of the matrix") {
  RunReport r{.name = "x"};
  r.confusions = {{.matrix = ConfusionMatrix(41)}};
  r.confusions[0].matrix.add(40, 3);
  const std::string page = report_html(r);
  CHECK(!has(page, "class=\"matrix\""));
  CHECK(has(page, "<td class=\"name\">40</td><td class=\"name\">3</td><td>1</td>"));
}

TEST_CASE("plots of test samples, and samples with several pictures") {
  RunReport r{.name = "x"};
  r.scatters = {{test::hostile, "true", "predicted", {{1, 2}, {std::nan(""), 1}, {3, 2.5}}}};
  r.histograms = {
      {"Scores", "score", {{"normal", {1, 1, 2}}, {"anomaly", {5, INFINITY}}}, 3, "limit"}};
  const Image image{1, 1, 1, {7}};
  r.worst_title = "Worst";
  r.worst = {{{image, image}, "truth", "", "no. 3"},
             {{}, "a", "a, 60 %", "no. 4"},
             {{}, "a", "b, 90 %", "no. 5", true}};
  const std::string page = report_html(r);
  const auto times = [&](const char* what) {
    int n = 0;
    for (std::size_t at = page.find(what); at != page.npos; at = page.find(what, at + 1)) ++n;
    return n;
  };
  CHECK(times("<svg class=\"plot\"") == 2);
  CHECK(times("<circle") == 2);
  CHECK(times(">limit</text>") == 1);
  CHECK(times("<img alt=\"no. 3\"") == 2);
  CHECK(has(page, "<h2>Worst</h2>"));
  CHECK(has(page, "<b>a, 60 %</b>"));
  CHECK(has(page, "<b class=\"wrong\">b, 90 %</b>"));
  CHECK(!has(page, "<img src=x"));
  CHECK(!has(page, "nan"));
  CHECK(!has(page, "inf"));
  CHECK(has(histogram_svg({"t", "x"}), "<svg"));  // of nothing
  CHECK(has(scatter_svg({"t", "x", "y", {{2, 2}}}), "<circle"));
}

TEST_CASE("what cannot be shown is refused") {
  RunReport names{.name = "x"};
  names.confusions = {{.matrix = ConfusionMatrix(2), .class_names = {"a"}}};
  CHECK_THROWS_WITH_AS(report_html(names), doctest::Contains("expected 2 class names or none"),
                       Error);
  RunReport picture{.name = "x"};
  picture.worst.push_back(
      {{{.height = 1, .width = 1, .channels = 2, .pixels = {0, 0}}}, "0", "1", "no. 0"});
  CHECK_THROWS_AS(report_html(picture), Error);
  const test::TempDir dir;
  const std::string code = "var a = '</script>';";
  test::write_file(dir / "chart.js", {code.begin(), code.end()});
  CHECK_THROWS_WITH_AS(report_html(sample(), dir / "chart.js"), doctest::Contains("ends a script"),
                       Error);
}

TEST_CASE("texts inside the page") {
  CHECK(escape_html("a<b>\n\t\x1b\"'&\xff") == "a&lt;b&gt;\n\t?&quot;&#39;&amp;?");
  CHECK(escape_script_json("{\"a\":\"</script><!--\"}") == "{\"a\":\"\\u003c/script>\\u003c!--\"}");
  const auto text = [](std::string_view bytes) {
    return base64(std::as_bytes(std::span(bytes.data(), bytes.size())));
  };
  CHECK(text("") == "");
  CHECK(text("f") == "Zg==");
  CHECK(text("fo") == "Zm8=");
  CHECK(text("foobar") == "Zm9vYmFy");
}

TEST_CASE("charts: figures of one quantity together, epochs of all phases behind each other") {
  const std::vector<PhaseCurves> phases{
      {"float", {{.epoch = 1, .figures = {{"train_loss", 2}, {"val_accuracy", 0.5}}}}},
      {"qat",
       {{.epoch = 1, .figures = {{"train_loss", 1}, {"int8_accuracy", 0.75}}},
        {.epoch = 2, .figures = {{"train_loss", std::nan("")}, {"f1", 1}}}}}};
  const auto data = nlohmann::json::parse(chart_data(phases));
  CHECK(data["labels"] == nlohmann::json::parse("[1,1,2]"));
  CHECK(data["phases"][1]["start"] == 1);
  CHECK(chart_titles(phases) == std::vector<std::string>{"loss", "accuracy", "f1"});
  CHECK(data["charts"][0]["series"][0]["values"] == nlohmann::json::parse("[2.0,1.0,null]"));
  const auto& accuracy = data["charts"][1];
  CHECK(accuracy["percent"] == true);
  CHECK(accuracy["series"].size() == 2);
  CHECK(accuracy["series"][1]["values"] == nlohmann::json::parse("[null,75.0,null]"));
  const std::vector<PhaseCurves> heads{
      {"qat", {{.epoch = 1, .figures = {{"val_a.rmse", 2}, {"int8_val_a.rmse", 3}, {"b.r2", 1}}}}}};
  CHECK(chart_titles(heads) == std::vector<std::string>{"a.rmse", "b.r2"});
}

TEST_CASE("curves as CSV") {
  const std::vector<PhaseCurves> phases{
      {"float", {{.epoch = 1, .figures = {{"loss, mean", 0.1}}}}},
      {"q\"at\n", {{.epoch = 2, .figures = {{"accuracy", 1.0 / 3}}}}}};
  CHECK(curves_csv(phases) ==
        "phase,epoch,\"loss, mean\",accuracy\r\n"
        "float,1,0.1,\r\n"
        "\"q\"\"at?\",2,,0.3333333333333333\r\n");
}

TEST_CASE("an event file: records as TensorBoard has them") {
  // Of an Event with wall_time 0 and file_version "brain.Event:2"; its checksums computed apart.
  const std::string expected = std::string("\x18\0\0\0\0\0\0\0", 8) + "\xa3\x7f\x4b\x22" +
                               std::string("\x09\0\0\0\0\0\0\0\0", 9) + "\x1a\x0d" +
                               "brain.Event:2" + "\xee\xdf\x28\xa3";
  CHECK(event_file({}) == expected);
  const std::string all =
      event_file({{"a", {{.epoch = 300, .time = 2, .figures = {{"loss", 0.5}}}}}});
  // Value: tag "a/loss", simple_value 0.5 as the file has it.
  CHECK(has(all, std::string("\x0a\x06"
                             "a/loss\x15\0\0\0\x3f",
                             13)));
  CHECK(has(all, std::string("\x10\xac\x02", 3)));  // step 300
}
