#include "apps/trainer/run_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "apps/common/config/json_text.h"
#include "base/error.h"

namespace octet::trainer {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view overwritten = "overwritten";

/// The names that put_aside gives: "overwritten", "overwritten-2", ...
bool is_overwritten(std::string_view name) {
  if (!name.starts_with(overwritten)) return false;
  name.remove_prefix(overwritten.size());
  if (name.empty()) return true;
  return name.size() > 1 && name[0] == '-' && name.find_first_not_of("0123456789", 1) == name.npos;
}

/// What can be made from the checkpoint.
std::vector<fs::path> outputs_of(const RunFiles& files) {
  std::vector<fs::path> list{files.model, files.labels, files.report, files.curves, files.events};
  for (const FloatFile& file : float_files()) list.push_back(files.path_of(file));
  list.insert(list.end(), {files.summary, files.metrics});
  return list;
}

/// The checkpoint last.
std::vector<fs::path> all_of(const RunFiles& files) {
  std::vector<fs::path> list = outputs_of(files);
  list.push_back(files.checkpoint);
  return list;
}

}  // namespace

RunDirLock::RunDirLock(const fs::path& dir) : dir_(dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  OCTET_CHECK(!error, "cannot make the folder ", dir.string(), ": ", error.message());
  descriptor_ = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  OCTET_CHECK(descriptor_ >= 0, "cannot open the folder ", dir.string(), ": ",
              std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(descriptor_);
    OCTET_CHECK(reason != EWOULDBLOCK, dir.string(), ": another process is working on this run");
    // A file system without locks: go on without.
    descriptor_ = -1;
  }
}

RunDirLock::~RunDirLock() {
  ::rmdir(dir_.c_str());  // fails unless it is empty
  if (descriptor_ >= 0) ::close(descriptor_);
}

void remove_leftovers(const RunFiles& files) {
  // AtomicFile's: ".checkpoint.h5.4711.0.tmp"
  const auto ours = [&](const std::string& name) {
    for (const fs::path& file : all_of(files)) {
      const std::string begin = "." + file.filename().string() + ".", end = ".tmp";
      if (!name.starts_with(begin) || !name.ends_with(end)) continue;
      const auto other = name.find_first_not_of("0123456789.", begin.size());
      return other != name.npos && other == name.size() - end.size() + 1;
    }
    return false;
  };
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(files.dir, ignored)) {
    if (ours(entry.path().filename().string())) fs::remove(entry.path(), ignored);
  }
}

std::string output_there(const RunFiles& files) {
  for (const fs::path& file : outputs_of(files)) {
    std::error_code error;
    const bool there = fs::exists(fs::symlink_status(file));
    // A run begins with empty metrics.
    const bool empty = file == files.metrics && fs::file_size(file, error) == 0 && !error;
    if (there && !empty) return file.filename().string();
  }
  return {};
}

void put_aside(const RunFiles& files) {
  if (output_there(files).empty() && !fs::exists(fs::symlink_status(files.checkpoint))) return;
  fs::path folder = files.dir / overwritten;
  std::error_code error;
  for (int i = 2; !fs::create_directory(folder, error); ++i) {
    OCTET_CHECK(!error || error == std::errc::file_exists, "cannot make the folder ",
                folder.string(), ": ", error.message());
    folder = files.dir / (std::string(overwritten) + "-" + std::to_string(i));
  }
  std::vector<fs::path> moved;
  for (const fs::path& file : all_of(files)) {
    if (!fs::exists(fs::symlink_status(file))) continue;
    fs::rename(file, folder / file.filename(), error);
    if (!error) {
      moved.push_back(file);
      continue;
    }
    const std::string reason = error.message();
    for (const fs::path& back : moved) fs::rename(folder / back.filename(), back, error);
    fs::remove(folder, error);
    fail("cannot move ", file.string(), " to ", folder.string(), ": ", reason);
  }
}

std::vector<fs::path> overwritten_runs(const RunFiles& files) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(files.dir, ignored)) {
    if (!is_overwritten(entry.path().filename().string())) continue;
    if (fs::is_directory(entry.symlink_status(ignored))) found.push_back(entry.path());
  }
  const auto earlier = [](const fs::path& a, const fs::path& b) {
    const std::string x = a.filename().string(), y = b.filename().string();
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  };
  std::sort(found.begin(), found.end(), earlier);
  return found;
}

void remove_overwritten(const RunFiles& files) {
  std::error_code ignored;
  for (const fs::path& folder : overwritten_runs(files)) {
    for (const fs::path& file : all_of(RunFiles(folder))) fs::remove(file, ignored);
    fs::remove(folder, ignored);  // fails unless it is empty
  }
}

std::string key_difference(const std::string& before, const std::string& now) {
  using Json = nlohmann::json;
  const auto parsed = [](const std::string& text) -> Json {  // whatever the order of its keys
    return config::parse_json(text, "run key");
  };
  Json a;
  try {
    a = parsed(before);
  } catch (const Error&) {
    return "its configuration cannot be read";
  }
  const Json b = parsed(now);
  if (a == b) return {};
  const Json flat_a = a.flatten(), flat_b = b.flatten();
  const auto value = [](const Json& flat, const std::string& key) {
    return flat.contains(key) ? flat.at(key).dump() : std::string("absent");
  };
  for (const Json* flat : {&flat_a, &flat_b}) {
    for (const auto& [key, v] : flat->items()) {
      const std::string was = value(flat_a, key), is = value(flat_b, key);
      if (was != is) return key + " was " + was + ", is " + is;
    }
  }
  return "its configuration differs";
}

}  // namespace octet::trainer
