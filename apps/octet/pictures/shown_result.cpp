#include "apps/octet/pictures/shown_result.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include "base/atomic_file.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "data/mask_colors.h"
#include "eval/confusion_matrix.h"

namespace octet::app {
namespace {

using Json = nlohmann::ordered_json;

/// The classes with the largest numbers, of equals the first.
std::vector<int> best(const std::vector<float>& numbers, int top) {
  std::vector<int> order(numbers.size());
  std::iota(order.begin(), order.end(), 0);
  const auto more = [&](int a, int b) {
    return numbers[static_cast<std::size_t>(a)] > numbers[static_cast<std::size_t>(b)];
  };
  std::stable_sort(order.begin(), order.end(), more);
  order.resize(std::min(order.size(), static_cast<std::size_t>(top)));
  return order;
}

/// What a class or a number is called.
using Label = std::function<std::string(int)>;

Label label_of(const PictureModel& model) {
  return [&model](int k) { return model.label(k); };
}

Label label_of(const HeadEntry& head) {
  return [&head](int k) {
    const auto at = static_cast<std::size_t>(k);
    return at < head.labels.size() ? printable_text(head.labels[at]) : std::to_string(k);
  };
}

Json classes_json(const Label& label, const std::vector<float>& numbers, int top,
                  const char* what) {
  Json classes = Json::array();
  for (const int k : best(numbers, top)) {
    classes.push_back(
        {{"class", k}, {"name", label(k)}, {what, numbers[static_cast<std::size_t>(k)]}});
  }
  return {{"classes", std::move(classes)}};
}

std::vector<std::uint8_t> mask_of(const PictureModel& model, const PictureResult& result) {
  const auto classes = static_cast<std::size_t>(model.classes());
  const std::span<const float> logits = result.output;
  std::vector<std::uint8_t> mask;
  for (std::size_t at = 0; at < logits.size(); at += classes)
    mask.push_back(static_cast<std::uint8_t>(argmax(logits.subspan(at, classes))));
  return mask;
}

Json shares_json(const PictureModel& model, const PictureResult& result) {
  std::vector<float> shares(static_cast<std::size_t>(model.classes()));
  const std::vector<std::uint8_t> mask = mask_of(model, result);
  for (const std::uint8_t k : mask) shares[k] += 1 / static_cast<float>(mask.size());
  Json json = classes_json(label_of(model), shares, model.classes(), "share");
  Json& classes = json["classes"];
  while (!classes.empty() && classes.back()["share"] == 0) classes.erase(classes.size() - 1);
  return json;
}

Json values_json(const Label& label, const std::vector<float>& numbers) {
  Json values = Json::array();
  for (std::size_t k = 0; k < numbers.size(); ++k)
    values.push_back({{"name", label(static_cast<int>(k))}, {"value", numbers[k]}});
  return {{"values", std::move(values)}};
}

Json heads_json(const PictureModel& model, const PictureResult& result, int top) {
  Json heads;
  for (std::size_t h = 0; h < result.heads.size(); ++h) {
    const HeadEntry& head = model.about_task().heads[h];
    heads[printable_text(head.name)] =
        head.task == Task::regression
            ? values_json(label_of(head), result.heads[h])
            : classes_json(label_of(head), result.heads[h], top, "probability");
  }
  return {{"heads", std::move(heads)}};
}

Json score_json(const PictureModel& model, const PictureResult& result) {
  double sum = 0;
  for (std::size_t i = 0; i < result.input.size(); ++i) {
    const double off = double{result.output[i]} - double{result.input[i]};
    sum += off * off;
  }
  const double score = sum / static_cast<double>(result.input.size());
  Json json{{"score", score}};
  if (const auto threshold = model.about_task().threshold) {
    json["threshold"] = *threshold;
    json["anomaly"] = score > *threshold;
  }
  return json;
}

}  // namespace

Json shown_json(const PictureModel& model, const PictureResult& result, int top) {
  switch (model.task()) {
    case Task::regression:
      return values_json(label_of(model), result.output);
    case Task::autoencoder:
      return score_json(model, result);
    case Task::segmentation:
      return shares_json(model, result);
    case Task::multi_task:
      return heads_json(model, result, top);
    case Task::classification:
      break;
  }
  return classes_json(label_of(model), result.output, top, "probability");
}

std::string shown_text(const Json& shown) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (shown.contains("heads")) {
    for (const auto& [name, head] : shown["heads"].items())
      text += (text.empty() ? "" : "; ") + name + ": " + shown_text(head);
  } else if (shown.contains("classes")) {
    for (const Json& c : shown["classes"]) {
      const bool share = c.contains("share");
      const double number = c[share ? "share" : "probability"];
      add(c["name"].get<std::string>() + " " +
          (share ? fixed(100 * number, 1) + " %" : fixed(number, 2)));
    }
  } else if (shown.contains("values")) {
    for (const Json& v : shown["values"])
      add(v["name"].get<std::string>() + " " + short_number(v["value"].get<double>()));
  } else {
    add("score " + short_number(shown["score"].get<double>()));
    if (shown.contains("anomaly")) add(shown["anomaly"].get<bool>() ? "anomaly" : "normal");
  }
  if (shown.contains("mask")) add(shown["mask"].get<std::string>());
  return text;
}

void write_mask(const PictureModel& model, const PictureResult& result,
                const std::filesystem::path& file) {
  std::error_code ignored;  // if there is none, writing says so
  std::filesystem::create_directories(file.parent_path(), ignored);
  const std::vector<std::uint8_t> mask = mask_of(model, result);
  write_file_atomically(file, encode_mask_png(mask, model.input()[0], model.input()[1]));
}

}  // namespace octet::app
