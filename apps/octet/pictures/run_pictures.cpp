// octet run MODEL PICTURE...: what the pictures show.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/octet/pictures/picture_arguments.h"
#include "apps/octet/pictures/picture_scores.h"
#include "apps/octet/pictures/shown_result.h"
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

}  // namespace

void run_pictures(const ModelArguments& model, int threads, const RunPicturesOptions& options) {
  const std::vector<fs::path> files = files_of(options.pictures);
  const PictureModel of(model, options.about);
  OCTET_CHECK(
      !of.of_numbers(), printable_text(model.path),
      ": its input is numbers, not pixels: expected --input FILE --output FILE --float, with "
      "(number - mean) / std as float32; or --mean and --std of pixels");
  OCTET_CHECK(options.masks.empty() || of.task() == Task::segmentation,
              "--masks: ", printable_text(model.path), " is for ", task_name(of.task()),
              ", which makes none");
  if (of.labels().empty() && of.task() == Task::classification) {
    std::cerr << "octet: note: " << printable_text(model.path)
              << " does not name its classes: they are numbers here (--labels)\n";
  }
  PictureScores scores(of, {.threads = threads, .memory_limit = model.memory_limit()});
  std::size_t width = 0, unread = 0;
  for (const fs::path& file : files)
    width = std::max(width, text_width(printable_text(file.string())));
  Json all = Json::array();
  std::set<fs::path> masks;
  for (const fs::path& file : files) {
    const std::string name = printable_text(file.string());
    try {
      const PictureResult result = scores(file);
      Json shown = shown_json(of, result, options.top);
      if (!options.masks.empty()) {
        const fs::path mask = fs::path(options.masks) / (file.stem().string() + ".png");
        OCTET_CHECK(masks.insert(mask).second, mask.string(),
                    ": the mask of another picture of that name");
        write_mask(of, result, mask);
        shown["mask"] = printable_text(mask.string());
      }
      if (options.json) {
        Json entry{{"file", name}};
        entry.update(shown);
        all.push_back(std::move(entry));
      } else {
        std::cout << name << std::string(width - text_width(name) + 2, ' ') << shown_text(shown)
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
