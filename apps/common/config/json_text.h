// Commented JSON as a document, with errors that say where.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace octet::config {

using Json = nlohmann::ordered_json;

/// Lists and objects inside each other. Deeper ones are refused: values are copied and compared
/// recursively.
inline constexpr int max_json_depth = 64;

/// `origin` is the file's name, for messages. Comments are // and /* */. Throws Error with line and
/// column for a syntax error or a NUL byte, with the key for one that an object holds twice, and
/// for more than max_json_depth or an object of more keys than any has here.
Json parse_json(const std::string& text, const std::string& origin);
/// The same without comments; nothing if the text is not JSON.
std::optional<Json> parse_if_json(const std::string& text, const std::string& origin);

/// What a message says was found: "string \"x\"", "number 3", "an object", shortened.
std::string got(const Json& value);

/// The JSON pointer of a child ("/a/b"), escaped by RFC 6901.
std::string child_pointer(const std::string& pointer, const std::string& key);

}  // namespace octet::config
