// Commented JSON as a document, with errors that say where.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace octet::config {

using Json = nlohmann::ordered_json;

/// `origin` is the file's name, for messages. Comments are // and /* */. Throws Error with line and
/// column for a syntax error, and with the key for one that an object holds twice.
Json parse_json(const std::string& text, const std::string& origin);

/// What a message says was found: "string \"x\"", "number 3", "an object", shortened.
std::string got(const Json& value);

/// The JSON pointer of a child ("/a/b"), escaped by RFC 6901.
std::string child_pointer(const std::string& pointer, const std::string& key);

}  // namespace octet::config
