#include "apps/trainer/run_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace octet::trainer {
namespace fs = std::filesystem;

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

void remove_leftovers(const fs::path& dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(dir, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".") && name.ends_with(".tmp")) fs::remove(entry.path(), ignored);
  }
}

void remove_outputs(const RunFiles& files) {
  for (const auto& file : {files.checkpoint, files.metrics, files.model, files.summary}) {
    std::error_code error;
    fs::remove(file, error);
    OCTET_CHECK(!error, "cannot remove ", file.string(), ": ", error.message());
  }
}

std::string key_difference(const std::string& before, const std::string& now) {
  using Json = nlohmann::json;
  const Json a = Json::parse(before, nullptr, false), b = Json::parse(now, nullptr, false);
  if (a == b) return {};
  if (a.is_discarded()) return "its configuration cannot be read";
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
