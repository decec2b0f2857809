// C source text as pieces: what is large stays where it is until it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace octet::c99 {

/// `static const TYPE NAME[] = {...};` of integers.
struct CArray {
  enum class Element : std::uint8_t { i8, u8, i32 };
  std::string name;
  Element element = Element::i8;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;  ///< keeps the bytes
};

/// An array with values of its own.
CArray make_array(std::string name, std::vector<std::int8_t> values);
CArray make_array(std::string name, std::vector<std::int32_t> values);
/// "int8_t" etc.
std::string_view c_type(CArray::Element element) noexcept;

using CPiece = std::variant<std::string, CArray>;

struct CFile {
  std::string path;  ///< in the folder of the export, "/" between
  std::vector<CPiece> pieces;
};
/// The files of an export.
using CFiles = std::vector<CFile>;

/// Calls sink(text) for the file's text from the beginning to the end.
void for_text(const CFile& file, const std::function<void(std::string_view)>& sink);
/// All of it.
std::string text_of_file(const CFile& file);

/// Makes the folder with these files: whole, or not at all. Throws Error, also if there is one
/// already that is not empty.
void write_c_folder(const CFiles& files, const std::filesystem::path& folder);

}  // namespace octet::c99
