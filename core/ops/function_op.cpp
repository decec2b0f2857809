#include "core/ops/function_op.h"

#include <algorithm>

namespace octet {
namespace {

bool is_word(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

FunctionOp::FunctionOp(std::string name, Function f, Function derivative)
    : name_(std::move(name)), f_(std::move(f)), derivative_(std::move(derivative)) {
  OCTET_CHECK(is_word(name_), "FunctionOp: expected a name of letters, digits and '_', got '",
              one_line(name_), "'");
  OCTET_CHECK(f_ && derivative_, "FunctionOp ", name_, ": expected a function and its derivative");
}

void FunctionOp::values(Isa, const real* x, std::int64_t n, real* y) const noexcept {
  for (std::int64_t i = 0; i < n; ++i) y[i] = f_(x[i]);
}

void FunctionOp::gradients(Isa, const real* x, const real* dy, std::int64_t n, real beta,
                           real* dx) const noexcept {
  for (std::int64_t i = 0; i < n; ++i) {
    const real d = derivative_(x[i]) * dy[i];
    dx[i] = beta == 0 ? d : dx[i] + d;
  }
}

Var apply_function(std::shared_ptr<const FunctionOp> f, Var x) {
  OCTET_CHECK(f, "apply_function: expected a function, got none");
  return x.tape->record(std::move(f), {x});
}

}  // namespace octet
