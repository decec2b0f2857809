// PAD with the code of real zero, PADV2 with a given code.
#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

class PadStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    copy.run_padded(args.in_i8(0), in_sample, args.out_i8(), out_sample, value, args.batch,
                    args.threads);
  }
  const char* kernel_name() const noexcept override { return copy.kernel_name(); }

  StridedBytes copy;
  std::int64_t in_sample = 0, out_sample = 0;
  std::int8_t value = 0;
};

std::unique_ptr<Step> create_with(const NodeView& node, std::int32_t value) {
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const std::size_t rank = x.shape.size();
  const std::vector<std::int32_t> pads = node.i32_constant(1);
  OCTET_CHECK(rank >= 1 && rank <= 5 && pads.size() == 2 * rank, quoted(node.input(1)),
              ": expected a pair for each of at most 5 dimensions of ", to_string(x.shape),
              ", got ", pads.size(), " values");
  Dims shape(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t before = pads[2 * d], after = pads[2 * d + 1];
    OCTET_CHECK(before >= 0 && after >= 0, quoted(node.input(1)), ": expected paddings >= 0, got ",
                to_string(pads));
    const std::int64_t size = before + x.shape[d] + after;
    OCTET_CHECK(size < std::int64_t{1} << 31, quoted(node.input(1)), ": padded dimension ", d,
                " overflows");
    shape[d] = static_cast<std::int32_t>(size);
  }
  node.expect_output_shape(shape);

  auto step = new_step<PadStep>(node);
  step->value = static_cast<std::int8_t>(value);
  step->in_sample = element_count(x.shape);
  step->out_sample = element_count(shape);
  const auto in = row_major_strides(x.shape), out = row_major_strides(shape);
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < rank; ++d) {
    step->copy.push({x.shape[d], in[d], out[d]});
    offset += pads[2 * d] * out[d];
  }
  step->copy.set_offsets(0, offset);
  step->copy.prepare();
  return step;
}

}  // namespace

std::unique_ptr<Step> create_pad(const NodeView& node) {
  node.expect_operands(2, 2);
  return create_with(node, zero_code(node.output()));
}

std::unique_ptr<Step> create_padv2(const NodeView& node) {
  node.expect_operands(3, 3);
  node.expect_movable(node.input(2), node.output());
  const std::span<const std::int8_t> value = node.moved_constant(2);
  OCTET_CHECK(value.size() == 1, quoted(node.input(2)), ": expected one value, got ", value.size());
  return create_with(node, value[0]);
}

}  // namespace octet::int8
