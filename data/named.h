// Private to data/*.cpp: enumerators and their names in configurations.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace octet::data_detail {

template <class E, std::size_t N>
using NameTable = std::array<std::pair<E, std::string_view>, N>;

template <class E, std::size_t N>
std::vector<std::string_view> names_in(const NameTable<E, N>& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.second);
  return names;
}

/// Throws Error "<what>: expected one of ...; got ..." for another name.
template <class E, std::size_t N>
E value_of(const NameTable<E, N>& table, std::string_view name, const char* what) {
  std::string known;
  for (const auto& [value, known_name] : table) {
    if (name == known_name) return value;
    known += (known.empty() ? "" : ", ") + std::string(known_name);
  }
  fail(what, ": expected one of ", known, "; got \"", name, "\"");
}

template <class E, std::size_t N>
std::string_view name_of(const NameTable<E, N>& table, E value) noexcept {
  for (const auto& [v, name] : table) {
    if (v == value) return name;
  }
  return "?";
}

}  // namespace octet::data_detail
