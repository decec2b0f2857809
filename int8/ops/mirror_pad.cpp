// MIRROR_PAD: around the values their mirror image, of the border (SYMMETRIC) or without it
// (REFLECT).
#include <array>

#include "base/error.h"
#include "int8/ops/strided_bytes.h"

namespace octet::int8 {
namespace {

/// Elements from + step * i of one dimension, which go to to + i.
struct Interval {
  std::int64_t from, to, count, step;
};

class MirrorPadStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for (const StridedBytes& region : regions) {
      region.run(args.in_i8(0), in_sample, args.out_i8(), out_sample, args.batch, args.threads);
    }
  }
  std::size_t packed_bytes() const noexcept override {
    return regions.size() * sizeof(StridedBytes);
  }
  const char* kernel_name() const noexcept override { return "copy"; }

  std::vector<StridedBytes> regions;  ///< 3 for each padded dimension of each region without it
  std::int64_t in_sample = 0, out_sample = 0;
};

}  // namespace

std::unique_ptr<Step> create_mirror_pad(const NodeView& node) {
  node.expect_operands(2, 2);
  const TensorDef& x = node.moved_activation(0);
  node.expect_movable(x, node.output());
  const bool symmetric = node.attributes<MirrorPadAttributes>().symmetric;
  const std::size_t rank = x.shape.size();
  const std::vector<std::int32_t> pads = node.i32_constant(1);
  OCTET_CHECK(pads.size() == 2 * rank, quoted(node.input(1)),
              ": expected a pair for each dimension of ", to_string(x.shape), ", got ", pads.size(),
              " values");
  Dims shape(rank);
  std::vector<std::vector<Interval>> intervals(rank);
  for (std::size_t d = 0; d < rank; ++d) {
    const std::int64_t size = x.shape[d], before = pads[2 * d], after = pads[2 * d + 1];
    const std::int64_t border = symmetric ? 0 : 1, most = size - border;
    OCTET_CHECK(before >= 0 && before <= most && after >= 0 && after <= most, quoted(node.input(1)),
                ": expected paddings of 0 to ", most, " in dimension ", d, " of ",
                to_string(x.shape), ", got ", to_string(pads));
    OCTET_CHECK(before + size + after < std::int64_t{1} << 31, quoted(node.input(1)),
                ": padded dimension ", d, " overflows");
    shape[d] = static_cast<std::int32_t>(before + size + after);
    if (before > 0) intervals[d].push_back({before - 1 + border, 0, before, -1});
    intervals[d].push_back({0, before, size, 1});
    if (after > 0) intervals[d].push_back({size - 1 - border, before + size, after, -1});
  }
  node.expect_output_shape(shape);

  auto step = new_step<MirrorPadStep>(node);
  step->in_sample = element_count(x.shape);
  step->out_sample = element_count(shape);
  const auto in = row_major_strides(x.shape), out = row_major_strides(shape);
  std::vector<std::size_t> chosen(rank, 0);  // an interval of each dimension: a region
  for (bool more = true; more;) {
    StridedBytes region;
    std::int64_t from = 0, to = 0;
    for (std::size_t d = 0; d < rank; ++d) {
      const Interval& p = intervals[d][chosen[d]];
      region.push({p.count, p.step * in[d], out[d]});
      from += p.from * in[d];
      to += p.to * out[d];
    }
    region.set_offsets(from, to);
    region.prepare();
    step->regions.push_back(region);
    more = false;
    for (std::size_t d = rank; d-- > 0 && !more;) {
      more = ++chosen[d] < intervals[d].size();
      if (!more) chosen[d] = 0;
    }
  }
  return step;
}

}  // namespace octet::int8
