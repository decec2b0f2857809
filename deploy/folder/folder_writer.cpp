#include "deploy/folder/folder_writer.h"

#include <string>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/error.h"

namespace octet::deploy {
namespace fs = std::filesystem;
namespace {

/// What tells a folder of this program from others: a README that says so.
constexpr const char* readme = "README.md";
constexpr std::string_view made_by = "`octet deploy`";

bool is_deployed(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(folder / readme, error))) return false;
  std::string text(fs::file_size(folder / readme, error), '\0');
  FILE* file = std::fopen((folder / readme).c_str(), "rb");
  if (file == nullptr) return false;
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text.find(made_by) != text.npos;
}

/// "out/x", for "out/x/" too.
fs::path without_slash(const fs::path& folder) {
  const fs::path path = folder.lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

void check_folder(const fs::path& folder, bool overwrite) {
  const fs::path path = without_slash(folder);
  if (!fs::exists(fs::symlink_status(path))) return;
  OCTET_CHECK(overwrite, path.string(),
              ": there is something already: choose another --out, or replace it with --overwrite");
  OCTET_CHECK(
      fs::is_directory(fs::symlink_status(path)) && (fs::is_empty(path) || is_deployed(path)),
      path.string(), ": --overwrite: expected a folder that octet deploy made");
}

void write_folder(const fs::path& folder, const Files& files, bool overwrite) {
  check_folder(folder, overwrite);
  try {
    const fs::path path = without_slash(folder);
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    AtomicFolder out(path, overwrite);
    for (const auto& [name, content] : files) {
      fs::create_directories((out.temporary() / name).parent_path());
      write_file_atomically(out.temporary() / name, std::as_bytes(std::span(content)));
    }
    out.commit();
  } catch (const fs::filesystem_error& error) {
    fail("cannot write ", folder.string(), ": ", error.code().message());
  }
}

}  // namespace octet::deploy
