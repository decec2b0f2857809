// BATCH_MATMUL: matrices [m, k] by [k, n], of which there are several, with broadcasting.
#include <algorithm>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "int8/ops/operand_shapes.h"
#include "int8/ops/strided_bytes.h"
#include "int8/reference/batch_matmul.h"

namespace octet::int8 {
namespace {

/// One factor: the matrix of result r begins at element base + offsets[r].
struct Factor : MatMulFactor {
  int slot = -1;
  std::span<const std::int8_t> constant;
  std::int64_t sample = 0;  ///< 0: all samples have the same

  const std::int8_t* matrix(const RunArgs& args, std::int64_t of, std::size_t r) const noexcept {
    const std::int8_t* x = slot >= 0 ? args.in_i8(static_cast<std::size_t>(slot)) : constant.data();
    return x + of * sample + offsets[r];
  }
};

class BatchMatMulStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto results = static_cast<std::int64_t>(a.offsets.size());
    const auto task = [&](std::int64_t i, int worker) {
      auto* wide = reinterpret_cast<std::int16_t*>(args.scratch) + worker * (n + 1) * depth;
      const auto r = static_cast<std::size_t>(i % results);
      multiply(a.matrix(args, i / results, r), b.matrix(args, i / results, r), wide,
               args.out_i8() + i * m * n);
    };
    if (args.batch * results > 1 && m * n * depth >= elements_per_task) {
      args.threads.run(args.batch * results, task);
      return;
    }
    for (std::int64_t i = 0; i < args.batch * results; ++i) task(i, 0);
  }
  std::size_t scratch_bytes(int threads, std::int64_t) const noexcept override {
    return static_cast<std::size_t>(threads * (n + 1) * depth) * sizeof(std::int16_t);
  }
  std::size_t packed_bytes() const noexcept override {
    return (a.offsets.size() + b.offsets.size()) * sizeof(std::int64_t);
  }

  MatMulParams params;
  Factor a, b;
  std::int64_t m = 1, n = 1, depth = 1;

 private:
  void widen(const std::int8_t* x, std::int64_t step, std::int32_t zero,
             std::int16_t* y) const noexcept {
    for (std::int64_t k = 0; k < depth; ++k) y[k] = static_cast<std::int16_t>(x[k * step] - zero);
  }
  /// `wide` holds the vectors of b, and one of a.
  void multiply(const std::int8_t* x, const std::int8_t* z, std::int16_t* wide,
                std::int8_t* y) const noexcept {
    std::int16_t* row = wide + n * depth;
    for (std::int64_t i = 0; i < n; ++i) {
      widen(z + i * b.row, b.step, params.z_b, wide + i * depth);
    }
    for (std::int64_t i = 0; i < m; ++i, y += n) {
      widen(x + i * a.row, a.step, params.z_a, row);
      matmul_row(params, row, wide, n, depth, y);
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_batch_matmul(const NodeView& node) {
  const MatMulShape shape = matmul_shape_of(node);
  const QuantParams in[] = {node.i8_input(0), node.i8_input(1)}, out = node.i8_output();
  auto step = new_step<BatchMatMulStep>(node, {});
  Factor* factors[] = {&step->a, &step->b};
  for (int i = 0; i < 2; ++i) {
    const TensorDef& x = node.input(i);
    static_cast<MatMulFactor&>(*factors[i]) = shape.factors[i];
    if (x.constant) {
      factors[i]->constant = node.i8_constant(i);
    } else {
      factors[i]->slot = static_cast<int>(step->inputs.size());
      factors[i]->sample = element_count(x.shape);
      step->inputs.push_back(node.input_index(i));
    }
  }
  OCTET_CHECK(!step->inputs.empty(), "expected a computed value, got two constants");
  step->m = shape.m;
  step->n = shape.n;
  step->depth = shape.depth;
  step->macs = element_count(node.output().shape) * step->depth;
  step->params = make_matmul_params(in[0].scale, in[0].zero_point, in[1].scale, in[1].zero_point,
                                    out.scale, out.zero_point, step->depth, node.rounding());
  return step;
}

}  // namespace octet::int8
