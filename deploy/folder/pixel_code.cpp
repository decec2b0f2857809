#include "deploy/folder/pixel_code.h"

#include "deploy/folder/number_text.h"

namespace octet::deploy {
namespace {

using Form = Preprocessing::Form;

struct Syntax {
  const char* open;
  const char* close;
  const char* end;
};

Syntax syntax(Language language) {
  switch (language) {
    case Language::c:
    case Language::java:
      return {"{", "}", ";"};
    case Language::javascript:
      return {"[", "]", ";"};
    case Language::python:
      break;
  }
  return {"[", "]", ""};
}

/// The beginning of a constant's declaration. `extents`: "[3]", "[3][256]".
std::string declaration(Language language, const std::string& type, const char* name,
                        const std::string& extents) {
  switch (language) {
    case Language::c:
      return "static const " + type + " " + name + extents + " = ";
    case Language::java: {
      std::string brackets;
      for (const char c : extents) brackets += c == '[' ? "[]" : "";
      return "  private static final " + type + brackets + " " + name + " = ";
    }
    case Language::javascript:
      return "const " + std::string(name) + " = ";
    case Language::python:
      break;
  }
  return std::string(name) + " = ";
}

std::string numbers(const std::vector<double>& values, const Syntax& s) {
  std::string text = s.open;
  for (std::size_t i = 0; i < values.size(); ++i)
    text += (i > 0 ? ", " : "") + exact_text(values[i]);
  return text + s.close;
}

std::string rows(const std::vector<std::vector<int>>& table, const Syntax& s) {
  std::string text = s.open;
  for (std::size_t r = 0; r < table.size(); ++r) {
    text += (r > 0 ? "," : "") + std::string("\n    ") + s.open;
    for (std::size_t i = 0; i < table[r].size(); ++i)
      text += (i == 0 ? "" : i % 16 == 0 ? ",\n     " : ", ") + std::to_string(table[r][i]);
    text += s.close;
  }
  return text + s.close;
}

/// "numpy.int8"
std::string numpy_type(int8::DType type) {
  return type == int8::DType::f32  ? "numpy.float32"
         : type == int8::DType::u8 ? "numpy.uint8"
                                   : "numpy.int8";
}

std::string in_numpy(std::string text, const std::string& type) {
  return "numpy.array(" + std::move(text) + ", " + type + ")";
}

}  // namespace

PixelCode pixel_code(const Preprocessing& p, Language language, const int8::ValueInfo& input) {
  const Syntax s = syntax(language);
  const bool python = language == Language::python;
  const std::string type = numpy_type(input.type);
  const std::string channels = std::to_string(p.channels());
  const std::string channel = p.channels() == 1 ? "0"
                              : python          ? "numpy.arange(" + channels + ")"
                                                : "channel";
  PixelCode code;
  switch (p.form()) {
    case Form::offset: {
      const std::string sum = p.offset() == 0  ? ""
                              : p.offset() < 0 ? " - " + std::to_string(-p.offset())
                                               : " + " + std::to_string(p.offset());
      code.expression = "pixel" + sum;
      if (python) {
        code.expression = sum.empty()
                              ? "pixels.astype(" + type + ")"
                              : "(pixels.astype(numpy.int16)" + sum + ").astype(" + type + ")";
      }
      break;
    }
    case Form::table: {
      const std::string row = p.table().size() == 1 ? "0" : channel;
      const std::string extents = "[" + std::to_string(p.table().size()) + "][256]";
      const std::string element = language == Language::java      ? "short"
                                  : input.type == int8::DType::u8 ? "uint8_t"
                                                                  : "int8_t";
      std::string table = rows(p.table(), s);
      if (python) table = in_numpy(table, type);
      code.declarations = declaration(language, element, "CODES", extents) + table + s.end + "\n";
      code.expression = python ? "CODES[" + row + ", pixels]" : "CODES[" + row + "][pixel]";
      break;
    }
    case Form::real: {
      for (const auto& [name, values] :
           {std::pair{"MEAN", &p.mean()}, std::pair{"STD", &p.std()}}) {
        std::string text = numbers(*values, s);
        if (python) text = in_numpy(text, "numpy.float64");
        code.declarations +=
            declaration(language, "double", name, "[" + channels + "]") + text + s.end + "\n";
      }
      code.expression = python ? "((pixels - MEAN) / STD).astype(numpy.float32)"
                               : "(pixel - MEAN[" + channel + "]) / STD[" + channel + "]";
      break;
    }
  }
  return code;
}

}  // namespace octet::deploy
