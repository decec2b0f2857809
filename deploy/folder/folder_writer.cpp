#include "deploy/folder/folder_writer.h"

#include <fstream>
#include <string>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/error.h"

namespace octet::deploy {
namespace fs = std::filesystem;
namespace {

/// What tells a folder of this program from others: the third line of its README, as the template
/// has it.
constexpr const char* readme = "README.md";
constexpr std::string_view made_from = ", made from ";
constexpr std::string_view made_by = " by `octet deploy`. It computes in ";
constexpr std::string_view sentence_end = " rounding.";

bool is_deployed(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(folder / readme, error))) return false;
  std::ifstream file(folder / readme, std::ios::binary);
  std::string title, blank, sentence;
  std::getline(file, title);
  std::getline(file, blank);
  std::getline(file, sentence);
  const auto from = sentence.find(made_from);
  return title.starts_with("# ") && blank.empty() && from != sentence.npos &&
         sentence.find(made_by, from) != sentence.npos && sentence.ends_with(sentence_end);
}

void check(const fs::path& path, bool overwrite) {
  const fs::file_status status = fs::symlink_status(path);
  if (!fs::exists(status) || (fs::is_directory(status) && fs::is_empty(path))) return;
  OCTET_CHECK(overwrite, path.string(),
              ": there is something already: choose another --out, or replace it with --overwrite");
  OCTET_CHECK(fs::is_directory(status) && is_deployed(path), path.string(),
              ": --overwrite: expected a folder that octet deploy made");
}

/// Calls `use`; the file system's own exceptions become Errors.
void in_file_system(const fs::path& folder, const auto& use) {
  try {
    use();
  } catch (const fs::filesystem_error& error) {
    fail("cannot write ", folder.string(), ": ", error.code().message());
  }
}

}  // namespace

void check_folder(const fs::path& folder, bool overwrite) {
  in_file_system(folder, [&] { check(without_slash(folder), overwrite); });
}

void write_folder(const fs::path& folder, const Files& files, bool overwrite) {
  check_folder(folder, overwrite);
  in_file_system(folder, [&] {
    const fs::path path = without_slash(folder);
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    AtomicFolder out(path, overwrite);
    for (const auto& [name, content] : files) {
      fs::create_directories((out.temporary() / name).parent_path());
      write_file_atomically(out.temporary() / name, std::as_bytes(std::span(content)));
    }
    out.commit();
  });
}

}  // namespace octet::deploy
