// BATCH_MATMUL of floats.
#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/ops/operand_shapes.h"

namespace octet::int8::floats {
namespace {

class BatchMatMulStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    const auto results = static_cast<std::int64_t>(shape.factors[0].offsets.size());
    for_tasks(args.threads, args.batch * results * shape.m, 1,
              [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i) {
                  const std::int64_t product = i / shape.m;
                  const auto r = static_cast<std::size_t>(product % results);
                  const float* x = vector(0, args, product / results, r);
                  const float* z = vector(1, args, product / results, r);
                  write_row(x + i % shape.m * shape.factors[0].row, z, output(args) + i * shape.n);
                }
              });
  }
  const char* kernel_name() const noexcept override { return "float"; }
  std::size_t packed_bytes() const noexcept override {
    return operands[0].bytes() + operands[1].bytes();
  }

  MatMulShape shape;
  Operand operands[2];
  std::int64_t samples[2] = {};  ///< elements of one

 private:
  const float* vector(int i, const RunArgs& args, std::int64_t sample,
                      std::size_t r) const noexcept {
    return operands[i].data(args) + operands[i].sample(samples[i]) * sample +
           shape.factors[i].offsets[r];
  }
  /// Products in their order.
  void write_row(const float* x, const float* z, float* y) const noexcept {
    const MatMulFactor &a = shape.factors[0], &b = shape.factors[1];
    for (std::int64_t j = 0; j < shape.n; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < shape.depth; ++k)
        sum += x[k * a.step] * z[j * b.row + k * b.step];
      y[j] = canonical(sum);
    }
  }
};

}  // namespace

std::unique_ptr<Step> create_batch_matmul(const NodeView& node) {
  auto step = new_step<BatchMatMulStep>(node, {});
  step->shape = matmul_shape_of(node);
  expect_f32(node.output());
  for (int i = 0; i < 2; ++i) {
    step->operands[i] = Operand(node, i, *step);
    step->samples[i] = element_count(node.input(i).shape);
  }
  OCTET_CHECK(!step->inputs.empty(), "expected a computed value, got two constants");
  step->macs = element_count(node.output().shape) * step->shape.depth;
  return step;
}

}  // namespace octet::int8::floats
