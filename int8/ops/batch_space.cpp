// SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND. The wide side is [images, spatial ..., inner], after the
// padding or before the cropping; it is cut into blocks, and image b * images + i of the other side
// holds element b of every block of image i. What is padded is the zero point.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

class BatchSpaceStep final : public Step {
 public:
  /// One of the spatial dimensions. Element p of it on the other side is element
  /// p * block + b - before of the wide side's tensor, for element b of a block.
  struct Dim {
    std::int64_t size = 1;  ///< of the wide side's tensor
    std::int64_t other = 1, block = 1, before = 0;
    std::int64_t stride = 1, other_stride = 1;
  };

  void run(const RunArgs& args) const noexcept override {
    const std::int8_t* x = args.in_i8(0);
    std::int8_t* y = args.out_i8();
    const std::int64_t out_sample = to_batch ? other_sample : wide_sample;
    if (padded) {
      for_tasks(args.threads, args.batch * out_sample, bytes_per_task,
                [&](std::int64_t begin, std::int64_t end) {
                  std::memset(y + begin, zero, static_cast<std::size_t>(end - begin));
                });
    }
    for (std::int64_t b = 0; b < blocks; ++b) {
      StridedBytes copy;
      if (!element_of_blocks(b, copy)) continue;
      copy.run(x, to_batch ? wide_sample : other_sample, y, out_sample, args.batch, args.threads);
    }
  }
  const char* kernel_name() const noexcept override { return "copy"; }

  std::vector<Dim> dims;
  StridedBytes::Dim image;  ///< in: of the wide side, out: of the other
  std::int64_t inner = 1, blocks = 1, wide_sample = 1, other_sample = 1;
  std::int8_t zero = 0;
  bool to_batch = true, padded = false;

 private:
  /// False if all of it is padding or cropped.
  bool element_of_blocks(std::int64_t b, StridedBytes& copy) const noexcept {
    std::int64_t wide = 0, other = b * image.size * image.out;
    push(copy, image);
    for (std::size_t d = 0; d < dims.size(); ++d) {
      const Dim& dim = dims[d];
      std::int64_t rest = b;
      for (std::size_t e = dims.size(); --e > d;) rest /= dims[e].block;
      const std::int64_t shift = rest % dim.block - dim.before;
      const std::int64_t begin = std::max<std::int64_t>(0, (dim.block - 1 - shift) / dim.block);
      const std::int64_t end = std::min(dim.other, (dim.size - shift + dim.block - 1) / dim.block);
      if (begin >= end) return false;
      wide += (begin * dim.block + shift) * dim.stride;
      other += begin * dim.other_stride;
      push(copy, {end - begin, dim.block * dim.stride, dim.other_stride});
    }
    push(copy, {inner, 1, 1});
    to_batch ? copy.set_offsets(wide, other) : copy.set_offsets(other, wide);
    copy.prepare();
    return true;
  }
  void push(StridedBytes& copy, StridedBytes::Dim dim) const noexcept {
    if (!to_batch) std::swap(dim.in, dim.out);
    copy.push(dim);
  }
};

std::unique_ptr<Step> create_batch_space(const NodeView& node, bool to_batch) {
  node.expect_operands(3, 3);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const std::vector<std::int32_t> block = node.i32_constant(1), pads = node.i32_constant(2);
  const std::size_t spatial = block.size();
  OCTET_CHECK(spatial >= 1 && spatial < x.shape.size() && pads.size() == 2 * spatial,
              "block_shape: expected fewer entries than ", to_string(x.shape),
              " has dimensions, and a pair of paddings or crops for each, got ", spatial, " and ",
              pads.size(), " values");
  auto step = new_step<BatchSpaceStep>(node);
  step->to_batch = to_batch;
  Dims y = x.shape;
  for (std::size_t d = 0; d < spatial; ++d) {
    const std::int64_t size = x.shape[d + 1], before = pads[2 * d], after = pads[2 * d + 1];
    OCTET_CHECK(block[d] >= 1 && before >= 0 && after >= 0,
                "expected block sizes >= 1 and paddings or crops >= 0, got ", to_string(block),
                " and ", to_string(pads));
    const std::int64_t wide = to_batch ? size + before + after : size * block[d];
    const std::int64_t got = to_batch ? wide / block[d] : wide - before - after;
    OCTET_CHECK(to_batch ? wide % block[d] == 0 : got >= 1, "dimension ", d + 1, " of ",
                to_string(x.shape), ": expected ",
                to_batch ? "a padded size divisible by its block" : "something left by the crops",
                ", got block ", block[d], ", paddings or crops ", before, " and ", after);
    OCTET_CHECK(got < std::int64_t{1} << 31, "dimension ", d + 1, " overflows");
    y[d + 1] = static_cast<std::int32_t>(got);
    step->blocks *= block[d];
    OCTET_CHECK(step->blocks < std::int64_t{1} << 31, "block_shape: ", to_string(block),
                " overflows");
    step->padded = step->padded || (to_batch && before + after > 0);
  }
  const std::int64_t n = x.shape[0];
  OCTET_CHECK(to_batch || n % step->blocks == 0, quoted(x), ": expected a batch divisible by ",
              step->blocks, ", got ", n);
  const std::int64_t images = to_batch ? n * step->blocks : n / step->blocks;
  OCTET_CHECK(images < std::int64_t{1} << 31, "the batch overflows");
  y[0] = static_cast<std::int32_t>(images);
  node.expect_output_shape(y);

  const Dims &wide = to_batch ? x.shape : y, &other = to_batch ? y : x.shape;
  const auto stride = row_major_strides(wide), other_stride = row_major_strides(other);
  step->wide_sample = element_count(wide);
  step->other_sample = element_count(other);
  step->image = {wide[0], stride[0], other_stride[0]};
  step->inner = stride[spatial];
  step->zero = static_cast<std::int8_t>(zero_code(x));
  for (std::size_t d = 0; d < spatial; ++d) {
    step->dims.push_back(
        {wide[d + 1], other[d + 1], block[d], pads[2 * d], stride[d + 1], other_stride[d + 1]});
  }
  return step;
}

}  // namespace

std::unique_ptr<Step> create_space_to_batch_nd(const NodeView& node) {
  return create_batch_space(node, true);
}
std::unique_ptr<Step> create_batch_to_space_nd(const NodeView& node) {
  return create_batch_space(node, false);
}

}  // namespace octet::int8
