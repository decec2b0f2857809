#include <algorithm>
#include <array>

#include "interop/onnx/importer.h"
#include "interop/onnx/ops/op_list.h"

namespace octet {
namespace onnx {
namespace {

constexpr std::array rows{
#define OCTET_ONNX_OP(op, since, until, function, text) OpRow{op, since, until, function, text},
#define OCTET_ONNX_CONSTANT_OP(op, since, until, text) OpRow{op, since, until, nullptr, text},
#include "interop/onnx/ops/ops.inc"
};

}  // namespace

const OpRow* find_op(std::string_view op) {
  const auto at =
      std::find_if(rows.begin(), rows.end(), [&](const OpRow& r) { return r.op == op; });
  return at == rows.end() ? nullptr : &*at;
}

}  // namespace onnx

std::vector<std::pair<std::string, std::string>> onnx_operators() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const onnx::OpRow& r : onnx::rows) all.emplace_back(r.op, r.text);
  return all;
}

}  // namespace octet
