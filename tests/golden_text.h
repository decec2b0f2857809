// Reads the golden files that tests/golden/golden_text.py writes: named arrays of numbers.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "tests/support.h"

namespace octet::test {

class GoldenText {
 public:
  /// A file in tests/golden.
  explicit GoldenText(const std::string& file) {
    std::ifstream in(source_dir() / "tests" / "golden" / file);
    REQUIRE_MESSAGE(in.good(), "no golden file ", file);
    std::string line;
    while (std::getline(in, line)) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream head(line);
      std::string name;
      head >> name;
      Array& a = arrays_[name];
      for (std::int64_t d; head >> d;) a.dims.push_back(d);
      REQUIRE(std::getline(in, line));
      std::istringstream values(line);
      for (double v; values >> v;) a.values.push_back(v);
      REQUIRE_MESSAGE(static_cast<std::int64_t>(a.values.size()) == Shape(a.dims).numel(), name);
    }
  }

  const std::vector<double>& values(const std::string& name) const { return at(name).values; }
  bool has(const std::string& name) const { return arrays_.count(name) > 0; }

  Tensor tensor(const std::string& name) const {
    const Array& a = at(name);
    Tensor t = Tensor::empty(Shape(a.dims));
    for (std::size_t i = 0; i < a.values.size(); ++i) t.r()[i] = static_cast<real>(a.values[i]);
    return t;
  }

  /// Largest |t - golden| / (1 + |golden|); infinite if the numbers of elements differ.
  double distance(const std::string& name, const Tensor& t) const {
    const Array& a = at(name);
    if (t.numel() != static_cast<std::int64_t>(a.values.size())) return INFINITY;
    double worst = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i) {
      const double d = std::abs(static_cast<double>(t.r()[i]) - a.values[i]);
      if (!(d / (1 + std::abs(a.values[i])) <= worst)) worst = d / (1 + std::abs(a.values[i]));
    }
    return worst;
  }

 private:
  struct Array {
    std::vector<std::int64_t> dims;
    std::vector<double> values;
  };
  const Array& at(const std::string& name) const {
    const auto it = arrays_.find(name);
    REQUIRE_MESSAGE(it != arrays_.end(), "no golden array ", name);
    return it->second;
  }
  std::map<std::string, Array> arrays_;
};

/// Deviation allowed against golden numbers made in double.
constexpr double golden_tolerance(double in_float) {
  return sizeof(real) == sizeof(double) ? 1e-12 : in_float;
}

}  // namespace octet::test
