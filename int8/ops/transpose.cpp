// TRANSPOSE: output dimension d is input dimension perm[d].
#include "base/error.h"
#include "int8/ops/strided_copy.h"

namespace octet::int8 {
namespace {

class TransposeStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    copy.run(args.in_i8(0), sample, args.out_i8(), sample, args.batch, args.threads);
  }
  const char* kernel_name() const noexcept override { return copy.kernel_name(); }

  StridedCopy copy;
  std::int64_t sample = 0;
};

}  // namespace

std::unique_ptr<Step> create_transpose(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const std::vector<std::int32_t> perm = node.i32_constant(1);
  const std::size_t rank = x.shape.size();
  OCTET_CHECK(perm.size() == rank, quoted(node.input(1)), ": expected ", rank,
              " dimensions to permute, got ", perm.size());
  std::vector<bool> seen(rank, false);
  Shape shape(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    const bool valid = perm[d] >= 0 && perm[d] < static_cast<std::int32_t>(rank) &&
                       !seen[static_cast<std::size_t>(perm[d])];
    OCTET_CHECK(valid, quoted(node.input(1)), ": expected a permutation of 0 to ", rank - 1,
                ", got ", to_string(perm));
    seen[static_cast<std::size_t>(perm[d])] = true;
    shape[d] = x.shape[static_cast<std::size_t>(perm[d])];
  }
  node.expect_output_shape(shape);

  auto step = new_step<TransposeStep>(node);
  step->sample = element_count(shape);
  const auto in = row_major_strides(x.shape), out = row_major_strides(shape);
  for (std::size_t d = 0; d < rank; ++d) {
    step->copy.push({shape[d], in[static_cast<std::size_t>(perm[d])], out[d]});
  }
  step->copy.prepare();
  return step;
}

}  // namespace octet::int8
