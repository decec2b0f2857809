// What elementwise functions are in double, by the C library: the one list that tests of float ops,
// of tables of codes and of quantized training loop over.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

namespace octet::test {

struct RealFunction {
  const char* name;  ///< of the float op
  const char* op;    ///< of the TFLite format; "": none
  double (*of)(double);
  double steps = 0.501;                 ///< codes of the table may be this far from it
  double trained_steps = 1.01;          ///< codes of the quantized op, or of what it becomes
  double lowest = -100, highest = 100;  ///< where the float op is it
};

inline double sigmoid_of(double x) {
  return 1 / (1 + std::exp(-x));
}
inline double hard_sigmoid_of(double x) {
  return std::clamp(x + 3, 0.0, 6.0) / 6;
}
inline double softplus_of(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}
inline double gelu_tanh_of(double x) {
  return x * sigmoid_of(2 * std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x));
}

inline const RealFunction real_functions[] = {
    {"abs", "ABS", [](double x) { return std::fabs(x); }, 1.01},
    {"elu", "ELU", [](double x) { return x < 0 ? std::expm1(x) : x; }},
    {"erf", "", [](double x) { return std::erf(x); }},
    {"exp", "EXP", [](double x) { return std::exp(x); }, 0.501, 1.01, -87, 88},
    {"gelu", "GELU", [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }},
    {"gelu_tanh", "", gelu_tanh_of, 0.501, 1.01, -6},
    {"hard_sigmoid", "", hard_sigmoid_of, 0, 2.5},
    {"hard_swish", "HARD_SWISH", [](double x) { return x * hard_sigmoid_of(x); }, 4, 1.6},
    {"leaky_relu", "LEAKY_RELU", [](double x) { return x < 0 ? 0.25 * x : x; }, 1.01},
    {"log", "LOG", [](double x) { return std::log(x); }, 0.501, 3.5, 1e-30},
    {"mish", "", [](double x) { return x * std::tanh(softplus_of(x)); }, 0, 0, -80},
    {"reciprocal", "", [](double x) { return 1 / x; }, 0, 0, 1e-30},
    {"relu", "RELU", [](double x) { return std::max(x, 0.0); }, 1.01},
    {"relu6", "RELU6", [](double x) { return std::clamp(x, 0.0, 6.0); }},
    {"relu_0_to_1", "RELU_0_TO_1", [](double x) { return std::clamp(x, 0.0, 1.0); }, 1.01},
    {"relu_n1_to_1", "RELU_N1_TO_1", [](double x) { return std::clamp(x, -1.0, 1.0); }, 1.01},
    {"rsqrt", "RSQRT", [](double x) { return 1 / std::sqrt(x); }, 1.01, 3.5, 1e-30},
    {"sigmoid", "LOGISTIC", sigmoid_of, 1.01},
    {"silu", "", [](double x) { return x * sigmoid_of(x); }, 0, 2.5},
    {"softplus", "", softplus_of, 0, 0, -80},
    {"sqrt", "SQRT", [](double x) { return std::sqrt(x); }, 1.01, 1.6, 0},
    {"tanh", "TANH", [](double x) { return std::tanh(x); }, 1.01},
};

/// The row of a float op.
inline const RealFunction& real_function(const char* name) {
  for (const RealFunction& f : real_functions) {
    if (std::strcmp(f.name, name) == 0) return f;
  }
  throw std::logic_error(std::string("no row in tests/function_list.h for ") + name);
}

}  // namespace octet::test
