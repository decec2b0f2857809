#include "apps/common/config/origins.h"

#include "apps/common/config/json_text.h"

namespace octet::config {

const Origin* find_origin(const Origins& origins, std::string pointer) {
  for (; !pointer.empty(); pointer.erase(pointer.rfind('/'))) {
    if (const auto at = origins.find(pointer); at != origins.end()) return &at->second;
  }
  return nullptr;
}

void forget(Origins& origins, const std::string& pointer) {
  std::erase_if(origins, [&](const auto& entry) {
    return entry.first == pointer || entry.first.starts_with(pointer + "/");
  });
}

std::string where(const std::string& file, const Origins& origins, const std::string& pointer) {
  const Origin* set = find_origin(origins, pointer);
  return (set ? set->text : file) + ": " + (pointer.empty() ? "/" : one_line(pointer));
}

}  // namespace octet::config
