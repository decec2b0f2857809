#include "interop/c99/kernel_texts.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace octet::c99 {
namespace {

constexpr std::pair<std::string_view, std::string_view> texts[] = {
#include "interop/c99/c99_texts.inc"
};

constexpr std::string_view include = "#include ";

}  // namespace

std::string_view text_of_c99(std::string_view name) {
  const auto* row = std::find_if(std::begin(texts), std::end(texts),
                                 [&](const auto& text) { return text.first == name; });
  OCTET_CHECK(row != std::end(texts), "no text is called ", name);
  return row->second;
}

/// Some names stand for one of several forms.
std::string KernelSet::form_of(std::string_view name) const {
  std::string form(name);
  if (name == "rescale" || name == "bilinear_round") {
    form += rounding_ == int8::Rounding::single_rounding ? "_single" : "_double";
  }
  if (name == "dot") form += simd_ == CSimd::dsp ? "_dsp" : simd_ == CSimd::mve ? "_mve" : "_plain";
  return form;
}

void KernelSet::add(std::string_view name) {
  if (name == "base" || !seen_.insert(form_of(name)).second) return;
  std::string own;
  std::string_view left = text_of_c99("kernels/" + form_of(name) + ".c");
  while (!left.empty()) {
    const std::size_t end = left.find('\n') + 1;
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(end);
    if (!line.starts_with(include)) {
      own += line;
    } else if (line[include.size()] == '<') {
      headers_.emplace(line);
    } else {
      const std::string_view file = line.substr(line.rfind('/') + 1);
      add(file.substr(0, file.find('.')));
    }
  }
  text_ += own;
}

std::string KernelSet::headers() const {
  std::string lines;
  for (const std::string& line : headers_) lines += line;
  return lines;
}

}  // namespace octet::c99
