// octet new: a folder to begin with.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "apps/octet/commands.h"
#include "apps/octet/new/project_files.h"
#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/printable.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

/// A name that runs can have.
std::string project_name(const fs::path& folder) {
  std::string name = fs::absolute(folder).lexically_normal().filename().string();
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  for (char& c : name) c = allowed(c) ? c : '_';
  if (name.empty() || name[0] == '.' || name[0] == '-') name = "project" + name;
  return name.substr(0, 100);
}

std::string filled(std::string_view text, const std::string& name) {
  constexpr std::string_view place = "@NAME@";
  std::string result(text);
  for (std::size_t at = result.find(place); at != result.npos; at = result.find(place, at)) {
    result.replace(at, place.size(), name);
    at += name.size();
  }
  return result;
}

void make_project(const fs::path& given) {
  const fs::path folder = without_slash(given);
  const std::string name = project_name(folder);
  AtomicFolder made(folder);
  for (const char* split : {"data/train", "data/test"}) {
    fs::create_directories(made.temporary() / split);
  }
  for (const EmbeddedFile& file : embedded_files()) {
    const std::string path(file.name == "gitignore" ? ".gitignore" : file.name);
    const std::string text = filled(file.text, name);
    write_file_atomically(made.temporary() / path, std::as_bytes(std::span(text)));
  }
  made.commit();
  std::cout << "made " << printable_text(folder.string())
            << ": put pictures into data/train/CLASS/ and data/test/CLASS/; README.md says what "
               "comes next\n";
}

}  // namespace

void add_new(CLI::App& app) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "new",
      "Make a folder for a network of your own: a configuration with comments, folders for "
      "pictures, and a README with the commands from there to the device.");
  command->add_option("DIR", *folder, "the folder to make; its name is the project's")->required();
  command->callback([folder] { make_project(*folder); });
}

}  // namespace octet::app
