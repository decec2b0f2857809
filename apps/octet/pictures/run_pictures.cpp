// octet run MODEL PICTURE...: what the pictures show.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/octet/pictures/picture_arguments.h"
#include "apps/octet/pictures/picture_scores.h"
#include "base/error.h"
#include "base/printable.h"
#include "base/text_table.h"
#include "data/image.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// The pictures below a folder, in its sub-folders too, bytewise by name; hidden ones left out.
void add_folder(std::vector<fs::path>& files, const fs::path& folder) {
  std::error_code error;
  const auto begin = std::ssize(files);
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    if (!hidden && is_picture_name(entry->path()) && entry->is_regular_file())
      files.push_back(entry->path());
  }
  OCTET_CHECK(!error, folder.string(), ": cannot be listed: ", error.message());
  OCTET_CHECK(std::ssize(files) > begin, folder.string(),
              ": no pictures there (.png, .jpg or .jpeg)");
  std::sort(files.begin() + begin, files.end());
}

std::vector<fs::path> files_of(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      add_folder(files, path);
    } else {
      files.emplace_back(path);
    }
  }
  return files;
}

/// The classes with the largest probabilities, of equals the first.
std::vector<int> best(const std::vector<float>& probabilities, int top) {
  std::vector<int> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  const auto more = [&](int a, int b) {
    return probabilities[static_cast<std::size_t>(a)] > probabilities[static_cast<std::size_t>(b)];
  };
  std::stable_sort(order.begin(), order.end(), more);
  order.resize(std::min(order.size(), static_cast<std::size_t>(top)));
  return order;
}

Json as_json(const PictureClassifier& classifier, const std::vector<float>& probabilities,
             int top) {
  Json classes = Json::array();
  for (const int k : best(probabilities, top)) {
    classes.push_back({{"class", k},
                       {"name", classifier.label(k)},
                       {"probability", probabilities[static_cast<std::size_t>(k)]}});
  }
  return classes;
}

/// "ankle boot 0.93, sneaker 0.05".
std::string as_text(const Json& classes) {
  std::string text;
  for (const Json& c : classes) {
    char number[32];
    std::snprintf(number, sizeof number, " %.2f", c["probability"].get<double>());
    text += (text.empty() ? "" : ", ") + c["name"].get<std::string>() + number;
  }
  return text;
}

}  // namespace

void run_pictures(const ModelArguments& model, int threads, const RunPicturesOptions& options) {
  const std::vector<fs::path> files = files_of(options.pictures);
  const PictureClassifier classifier(model, options.about);
  if (classifier.labels().empty()) {
    std::cerr << "octet: note: " << printable_text(model.path)
              << " does not name its classes: they are numbers here (--labels)\n";
  }
  PictureScores scores(classifier, {.threads = threads, .memory_limit = model.memory_limit()});
  std::size_t width = 0, unread = 0;
  for (const fs::path& file : files)
    width = std::max(width, text_width(printable_text(file.string())));
  Json all = Json::array();
  for (const fs::path& file : files) {
    const std::string name = printable_text(file.string());
    try {
      const Json classes = as_json(classifier, scores(file), options.top);
      if (options.json) {
        all.push_back({{"file", name}, {"classes", classes}});
      } else {
        std::cout << name << std::string(width - text_width(name) + 2, ' ') << as_text(classes)
                  << std::endl;
      }
    } catch (const Error& error) {
      ++unread;
      all.push_back({{"file", name}, {"error", printable_text(error.what())}});
      std::cerr << "octet: " << printable_text(error.what()) << '\n';
    }
  }
  if (options.json)
    std::cout << Json{{"model", printable_text(model.path)}, {"pictures", all}}.dump(2) << '\n';
  OCTET_CHECK(unread == 0, unread, " of ", files.size(), " pictures could not be read");
}

}  // namespace octet::app
