#include "interop/c99/c_program.h"

#include <array>
#include <charconv>

#include "base/error.h"

namespace octet::c99 {

std::string CProgram::add(CArray array) {
  constant_bytes += array.bytes.size();
  std::string name = array.name;
  constants.emplace_back(std::move(array));
  return name;
}

std::string CNode::as(std::string_view type, const std::string& pointer) {
  return text_of('(', type, " *)(void *)(", pointer, ')');
}

std::string CNode::at(const std::string& pointer, std::int64_t offset) {
  return offset == 0 ? pointer : text_of(pointer, " + ", offset);
}

std::string CNode::name(std::string_view what, std::string_view suffix) const {
  return text_of(what, '_', step.node_index, suffix);
}

std::string CNode::array(std::string_view what, std::span<const std::int8_t> codes,
                         std::shared_ptr<const void> owner) {
  return program_.add({name(what), CArray::Element::i8, std::as_bytes(codes), std::move(owner)});
}

std::string CNode::constant(std::string_view type, const Members& members) {
  std::string text = text_of("static const struct ", type, ' ', name(type), " = {\n");
  for (const auto& [member, value] : members) text += text_of("  .", member, " = ", value, ",\n");
  program_.constants.emplace_back(text + "};\n");
  return "&" + name(type);
}

std::string CNode::table(std::string_view type, const std::vector<std::string>& rows,
                         std::string_view suffix) {
  std::string text = text_of("static const struct ", type, ' ', name(type, suffix), "[] = {\n");
  for (const std::string& row : rows) text += "  " + row + ",\n";
  program_.constants.emplace_back(text + "};\n");
  return name(type, suffix);
}

void CNode::call(std::string_view function, const std::vector<std::string>& arguments) {
  program_.calls += text_of("  ", function, '(');
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    program_.calls += (i ? ", " : "") + arguments[i];
  }
  program_.calls += ");\n";
}

void CNode::call_images(std::string_view function, std::vector<std::string> arguments,
                        std::int64_t images, std::int64_t in, std::int64_t out) {
  arguments.resize(arguments.size() + 2);
  for (std::int64_t i = 0; i < images; ++i) {
    *(arguments.end() - 2) = at(x(), i * in);
    arguments.back() = at(y(), i * out);
    call(function, arguments);
  }
}

void CNode::call_in_loops(const std::vector<std::int64_t>& sizes, std::string_view function,
                          const std::vector<std::string>& arguments) {
  if (sizes.empty()) return call(function, arguments);
  std::string& text = program_.calls;
  text += "  {\n    int32_t ";
  for (std::size_t d = 0; d < sizes.size(); ++d) text += text_of(d ? ", i" : "i", d);
  text += ";\n";
  for (std::size_t d = 0; d < sizes.size(); ++d)
    text += text_of("    for (i", d, " = 0; i", d, " < ", sizes[d], "; ++i", d, ")\n");
  text += "    ";
  call(function, arguments);
  text += "  }\n";
}

std::string braced(const std::vector<std::int64_t>& numbers) {
  std::string text = "{";
  for (std::size_t i = 0; i < numbers.size(); ++i) text += (i ? ", " : "") + number(numbers[i]);
  return text + "}";
}

std::string number(std::int64_t value) {
  return value == INT32_MIN ? "(-2147483647 - 1)" : std::to_string(value);
}

std::string real(float value) {
  std::array<char, 32> text{};
  std::string literal(text.data(), std::to_chars(text.data(), text.end(), value).ptr);
  if (literal.find_first_of(".e") == std::string::npos) literal += ".0";
  return literal + "f";
}

}  // namespace octet::c99
