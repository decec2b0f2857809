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

std::vector<OnnxOperator> onnx_operators() {
  std::vector<OnnxOperator> all;
  for (const onnx::OpRow& r : onnx::rows) {
    std::string notes(r.import ? "" : "constants");
    notes += (notes.empty() || r.text.empty() ? "" : "; ") + std::string(r.text);
    all.push_back({r.op, std::max(r.since, 7), r.until, std::move(notes)});
  }
  return all;
}

}  // namespace octet
