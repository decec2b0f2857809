#include "apps/common/config/extends.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "apps/common/config/expand.h"
#include "base/error.h"

namespace octet::config {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t max_file_bytes = 1 << 20;
constexpr const char* extends = "extends";

/// Every value of the document, objects apart, comes from `file`.
void note_origin(const Json& value, const std::string& pointer, const fs::path& file,
                 Origins& origins) {
  if (!value.is_object()) {
    origins[pointer] = {file.string(), file.parent_path()};
    return;
  }
  for (const auto& [key, child] : value.items()) {
    note_origin(child, child_pointer(pointer, key), file, origins);
  }
}

void merge(Json& base, const Json& over, const std::string& pointer, Origins& origins) {
  for (const auto& [key, value] : over.items()) {
    const std::string at = child_pointer(pointer, key);
    const auto there = base.find(key);
    if (value.is_object() && there != base.end() && there->is_object()) {
      merge(*there, value, at, origins);
      continue;
    }
    forget(origins, at);
    if (value.is_null()) {
      base.erase(key);
    } else {
      base[key] = value;
    }
  }
}

Json read_chain(const fs::path& file, const std::string& text, std::vector<fs::path>& chain,
                Origins& origins) {
  Json document = parse_json(text, file.string());
  OCTET_CHECK(document.is_object(), file.string(), ": expected an object, got ", got(document));
  const auto named = document.find(extends);
  if (named == document.end()) return document;
  const std::string where = file.string() + ": /" + extends;
  OCTET_CHECK(named->is_string() && !named->get<std::string>().empty(), where,
              ": expected the path of a configuration, got ", got(*named));
  const fs::path parent = expand_path(named->get<std::string>(), file.parent_path(), where);
  OCTET_CHECK(fs::exists(parent), where, ": ", parent.string(), ": no such file");
  chain.push_back(fs::weakly_canonical(file));
  OCTET_CHECK(std::find(chain.begin(), chain.end(), fs::weakly_canonical(parent)) == chain.end(),
              where, ": ", parent.string(), " extends this file: expected another");
  Json base = read_chain(parent, read_text(parent), chain, origins);
  base.erase(extends);
  Origins of_base;
  note_origin(base, "", parent, of_base);
  for (const auto& [pointer, origin] : origins) of_base[pointer] = origin;
  origins = std::move(of_base);
  merge(base, document, "", origins);
  return base;
}

}  // namespace

std::string read_text(const fs::path& file) {
  std::error_code error;
  const auto status = fs::status(file, error);
  OCTET_CHECK(fs::exists(status), file.string(), ": no such file");
  OCTET_CHECK(fs::is_regular_file(status), file.string(), ": not a regular file");
  const auto size = fs::file_size(file, error);
  OCTET_CHECK(!error && size <= max_file_bytes, file.string(),
              ": expected a configuration of at most ", max_file_bytes, " bytes, got ", size);
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  OCTET_CHECK(in.good() || in.eof(), file.string(), ": cannot be read");
  return text;
}

Json read_document(const fs::path& file, const std::string& text, Origins& origins) {
  std::vector<fs::path> chain;
  return read_chain(file, text, chain, origins);
}

}  // namespace octet::config
