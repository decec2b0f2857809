// BATCH_MATMUL: matrices [m, k] by [k, n], of which there are several, with broadcasting.
#include <algorithm>

#include "base/error.h"
#include "int8/ops/node_view.h"
#include "int8/ops/strided_bytes.h"
#include "int8/reference/batch_matmul.h"

namespace octet::int8 {
namespace {

/// One factor: the matrix of result r begins at element base + offsets[r].
struct Factor {
  int slot = -1;
  std::span<const std::int8_t> constant;
  std::int64_t sample = 0;  ///< 0: all samples have the same
  std::vector<std::int64_t> offsets;
  std::int64_t row = 0, step = 0;  ///< from one vector that is multiplied to the next, and within

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

/// Of all results, the first elements of the matrices of a factor with these dimensions in front.
std::vector<std::int64_t> matrix_offsets(const Dims& results, const Dims& own,
                                         std::int64_t matrix) {
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(element_count(results)), 0);
  std::int64_t inner = 1, stride = matrix;
  for (std::size_t d = results.size(); d-- > 0; inner *= results[d]) {
    const std::size_t added = results.size() - own.size();
    if (d < added || own[d - added] == 1) continue;
    for (std::size_t r = 0; r < offsets.size(); ++r) {
      offsets[r] += static_cast<std::int64_t>(r) / inner % results[d] * stride;
    }
    stride *= own[d - added];
  }
  return offsets;
}

}  // namespace

std::unique_ptr<Step> create_batch_matmul(const NodeView& node) {
  node.expect_operands(2, 2);
  const auto attributes = node.attributes<BatchMatMulAttributes>();
  const QuantParams in[] = {node.i8_input(0), node.i8_input(1)}, out = node.i8_output();
  const bool transposed[] = {attributes.adj_x, !attributes.adj_y};  // k is not the last dimension
  auto step = new_step<BatchMatMulStep>(node, {});
  Factor* factors[] = {&step->a, &step->b};
  Dims fronts[2];
  std::int64_t rows[2], depths[2];
  for (int i = 0; i < 2; ++i) {
    const TensorDef& x = node.input(i);
    OCTET_CHECK(x.shape.size() >= 2, quoted(x), ": expected at least 2 dimensions, got shape ",
                to_string(x.shape));
    fronts[i] = {x.shape.begin(), x.shape.end() - 2};
    const std::int64_t height = x.shape.end()[-2], width = x.shape.end()[-1];
    rows[i] = transposed[i] ? width : height;
    depths[i] = transposed[i] ? height : width;
    factors[i]->row = transposed[i] ? 1 : width;
    factors[i]->step = transposed[i] ? width : 1;
    if (x.constant) {
      factors[i]->constant = node.i8_constant(i);
    } else {
      factors[i]->slot = static_cast<int>(step->inputs.size());
      factors[i]->sample = element_count(x.shape);
      step->inputs.push_back(node.input_index(i));
    }
  }
  OCTET_CHECK(!step->inputs.empty(), "expected a computed value, got two constants");
  OCTET_CHECK(depths[0] == depths[1], quoted(node.input(1)), ": expected matrices of ", depths[0],
              " rows for ", to_string(node.input(0).shape), ", got shape ",
              to_string(node.input(1).shape));
  Dims results(std::max(fronts[0].size(), fronts[1].size()), 1);
  for (const Dims& front : fronts) {
    for (std::size_t d = 0; d < front.size(); ++d) {
      std::int32_t& size = results[results.size() - front.size() + d];
      OCTET_CHECK(size == 1 || front[d] == 1 || front[d] == size, quoted(node.input(1)),
                  ": expected a shape that broadcasts with ", to_string(node.input(0).shape),
                  ", got ", to_string(node.input(1).shape));
      size = std::max(size, front[d]);
    }
  }
  Dims shape = results;
  shape.push_back(static_cast<std::int32_t>(rows[0]));
  shape.push_back(static_cast<std::int32_t>(rows[1]));
  node.expect_output_shape(shape);
  OCTET_CHECK(element_count(results) <= 1 << 22, "expected at most 2^22 products, got ",
              element_count(results));
  step->m = rows[0];
  step->n = rows[1];
  step->depth = depths[0];
  step->macs = element_count(shape) * step->depth;
  for (int i = 0; i < 2; ++i) {
    factors[i]->offsets = matrix_offsets(results, fronts[i], rows[i] * depths[i]);
  }
  step->params = make_matmul_params(in[0].scale, in[0].zero_point, in[1].scale, in[1].zero_point,
                                    out.scale, out.zero_point, step->depth, node.rounding());
  return step;
}

}  // namespace octet::int8
