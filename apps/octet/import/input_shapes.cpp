#include "apps/octet/import/input_shapes.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>

#include "base/mapped_file.h"

namespace octet::app {
namespace {

std::vector<std::int64_t> numbers(const std::string& text, const std::string& whole) {
  std::vector<std::int64_t> list;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const bool digits = !part.empty() && part.size() < 10 &&
                        part.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) throw CLI::ValidationError("--shape", "expected NAME=1,3,224,224, got " + whole);
    list.push_back(std::stoll(part));
    begin = end + 1;
  }
  return list;
}

/// The shape that a file of one sample leaves no doubt about: one extent that is open, or a square
/// image. Empty: there is none.
std::vector<std::int64_t> shape_of_size(std::vector<std::int64_t> dims, std::int64_t elements) {
  if (dims.empty()) return {};
  if (dims[0] == 0) dims[0] = 1;
  std::int64_t known = 1;
  std::vector<std::size_t> open;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 0) open.push_back(d);
    known *= std::max<std::int64_t>(dims[d], 1);
  }
  if (open.empty() || known <= 0 || elements % known != 0) return {};
  const std::int64_t rest = elements / known;
  const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(rest))));
  const bool square = open.size() == 2 && dims.size() == 4 && open[1] == 3 && side * side == rest;
  if (open.size() > 1 && !square) return {};
  for (const std::size_t d : open) dims[d] = square ? side : rest;
  return dims;
}

}  // namespace

OnnxOptions given_shapes(const std::vector<std::string>& shapes) {
  OnnxOptions result;
  for (const std::string& s : shapes) {
    const std::size_t at = s.rfind('=');
    if (at == std::string::npos)
      throw CLI::ValidationError("--shape", "expected NAME=1,3,224,224, got " + s);
    result.shapes[s.substr(0, at)] = numbers(s.substr(at + 1), s);
  }
  return result;
}

void add_shapes_of_files(OnnxOptions& options, const std::string& path,
                         const std::vector<std::string>& files) {
  const std::vector<OnnxValue> inputs = onnx_inputs(path);
  for (std::size_t i = 0; i < std::min(inputs.size(), files.size()); ++i) {
    if (options.shapes.contains(inputs[i].name)) continue;
    const auto elements = static_cast<std::int64_t>(map_file(files[i]).bytes.size() / 4);
    const auto shape = shape_of_size(inputs[i].dims, elements);
    if (!shape.empty()) options.shapes[inputs[i].name] = shape;
  }
}

}  // namespace octet::app
