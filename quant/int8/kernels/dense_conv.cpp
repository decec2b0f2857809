// Blocks of output pixels are computed from a slab: their input in the kernels' format, padding
// written out, so that every tap is one fixed offset from a pixel's address. Converting costs one
// pass over the input; weights are read block of channels by block of channels.
#include "quant/int8/kernels/dense_conv.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "quant/int8/kernels/aligned_buffer.h"
#include "quant/int8/kernels/channel_table.h"
#include "quant/int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

constexpr std::int64_t slab_target = 48 * 1024;  // bytes: with a block's weights, well within L2
constexpr std::int64_t pixels_target = 448;      // of a block: 64 tiles of 7
constexpr std::int64_t output_cost = 24;         // of requantizing one value, in multiplications

struct Block : ChannelBlock {
  const ConvKernels* kernels = nullptr;
  int vectors = 0;
  std::int64_t input_offset = 0;  // bytes from a pixel's first element to the group's
  std::int64_t weights = 0;       // byte offset in the packed weights
};

class DenseConv final : public ConvAlgorithm {
 public:
  DenseConv(const ConvGeometry& g, const ConvKernels& kernels)
      : ConvAlgorithm(g), k_(kernels), sums_(g.out_c) {
    plan_pixels();
    plan_segments();
    plan_channels();
    weights_ = AlignedBuffer(static_cast<std::size_t>(block_bytes_total_));
  }

  void pack(const std::int8_t* weights) noexcept override;
  void prepare(std::int32_t input_zero_point, const Requantization& out) override;
  std::size_t packed_bytes() const noexcept override {
    return weights_.size() + sums_.bytes() + constants_.size();
  }
  std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept override {
    return shared_bytes() + static_cast<std::size_t>(threads) * slab_bytes(batch);
  }
  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept override;
  std::int64_t unit_bytes(std::int64_t batch) const noexcept override;
  Range bytes_read(Range units, std::int64_t batch) const noexcept override;
  void run_units(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                 std::int64_t batch, Range units, std::byte* scratch) const noexcept override;

 private:
  // Output pixels [first, first + count) of one sample (flat: of the whole batch).
  struct PixelBlock {
    std::int64_t sample = 0;
    int row = 0, column = 0, rows = 1, columns = 1;
    std::int64_t first = 0;
    int count = 0;
  };
  struct Run {
    const std::int8_t* x;
    std::int32_t input_zero_point;
    const ConvOutput& out;
    const std::byte* table;
    const BlockMode* modes;
  };

  void fill_constants(std::int32_t input_zero_point, const ConvOutput& out,
                      std::byte* memory) const noexcept;
  [[gnu::noinline]] Run bind(const std::int8_t* x, std::int32_t input_zero_point,
                             const ConvOutput& out, std::byte* scratch) const noexcept;
  void fetch_weights(const Block& b) const noexcept;
  PixelBlock units_block(Range units, int column, std::int64_t pixels) const noexcept;
  void plan_pixels();
  void plan_segments();
  void plan_channels();
  PixelBlock pixel_block(std::int64_t index, std::int64_t pixels_total) const noexcept;
  [[gnu::noinline]] void fill_slab(const PixelBlock& p, const Run& run,
                                   std::uint8_t* slab) const noexcept;
  void fill_row(const std::int8_t* image, int iy, int ix, int columns, std::int32_t zero_point,
                std::uint8_t* to) const noexcept;
  [[gnu::noinline]] void compute(const PixelBlock& p, std::size_t block, const Run& run,
                                 const std::uint8_t* slab) const noexcept;
  void compute_one_by_one(BlockArgs args, const Block& b, const Requantization& r) const noexcept;

  /// At the front of scratch.
  std::size_t shared_bytes() const noexcept {
    return constants_.size() > 0 ? 0 : constants_bytes();
  }
  std::size_t constants_bytes() const noexcept {
    return align64(ChannelTable::bytes(slots_)) + align64(blocks_.size() * sizeof(BlockMode));
  }
  /// Flat slabs hold no more pixels than the batch has.
  std::size_t slab_bytes(std::int64_t batch) const noexcept {
    std::int64_t bytes = slab_;
    if (flat_) bytes = std::min(bytes, batch * g_.out_h * g_.out_w * pixel_bytes_);
    return align64(static_cast<std::size_t>(bytes) + 64);
  }

  const ConvKernels& k_;

  // Flat: 1x1, stride 1, no padding: every pixel of the batch is a row of a matrix.
  // Sampled: 1x1 with a stride: the slab holds only the pixels that are read.
  bool flat_ = false, sampled_ = false;
  int step_h_ = 1, step_w_ = 1;  // strides within the slab
  int rows_ = 1, columns_ = 1;   // of output, in a full block
  int row_blocks_ = 1, column_blocks_ = 1;
  std::int64_t pixel_bytes_ = 0, slab_row_bytes_ = 0, slab_ = 0;
  std::vector<std::int32_t> pixel_offsets_;

  std::vector<Segment> segments_;
  int segment_elements_ = 0;
  std::int64_t units_ = 0;

  std::vector<Block> blocks_;
  int slots_ = 0;
  std::int64_t block_bytes_total_ = 0;
  AlignedBuffer weights_, constants_;
  WeightSums sums_;
};

void DenseConv::plan_pixels() {
  const bool point = g_.kernel_h == 1 && g_.kernel_w == 1;
  pixel_bytes_ = std::int64_t{g_.in_c} * k_.element_bytes;
  flat_ = point && g_.stride_h == 1 && g_.stride_w == 1 && g_.pad_top == 0 && g_.pad_left == 0 &&
          g_.out_h == g_.in_h && g_.out_w == g_.in_w;
  if (flat_) {
    const std::int64_t fitting = slab_target / pixel_bytes_;
    const std::int64_t tiles =
        std::clamp<std::int64_t>(fitting / k_.tile_pixels, 2, pixels_target / k_.tile_pixels);
    columns_ = static_cast<int>(tiles * k_.tile_pixels);
    slab_row_bytes_ = columns_ * pixel_bytes_;
    slab_ = slab_row_bytes_;
  } else {
    sampled_ = point;
    step_h_ = sampled_ ? 1 : g_.stride_h;
    step_w_ = sampled_ ? 1 : g_.stride_w;
    const std::int64_t span_h = std::int64_t{g_.kernel_h - 1} * g_.dilation_h + 1;
    const std::int64_t span_w = std::int64_t{g_.kernel_w - 1} * g_.dilation_w + 1;
    column_blocks_ = static_cast<int>(ceil_div(g_.out_w, pixels_target));
    columns_ = static_cast<int>(ceil_div(g_.out_w, column_blocks_));
    column_blocks_ = static_cast<int>(ceil_div(g_.out_w, columns_));
    slab_row_bytes_ = ((std::int64_t{columns_} - 1) * step_w_ + span_w) * pixel_bytes_;
    if (column_blocks_ == 1) {
      const std::int64_t fitting = (slab_target / slab_row_bytes_ - span_h) / step_h_ + 1;
      rows_ = static_cast<int>(
          std::clamp<std::int64_t>(std::min(fitting, pixels_target / columns_), 1, g_.out_h));
      row_blocks_ = static_cast<int>(ceil_div(g_.out_h, rows_));
      rows_ = static_cast<int>(ceil_div(g_.out_h, row_blocks_));
    }
    row_blocks_ = static_cast<int>(ceil_div(g_.out_h, rows_));
    slab_ = ((std::int64_t{rows_} - 1) * step_h_ + span_h) * slab_row_bytes_ +
            std::max(0, k_.row_pixels - columns_) * step_w_ * pixel_bytes_;
  }
  pixel_offsets_.resize(static_cast<std::size_t>(rows_) * static_cast<std::size_t>(columns_));
  for (std::size_t i = 0; i < pixel_offsets_.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i) / columns_;
    const auto column = static_cast<std::int64_t>(i) % columns_;
    pixel_offsets_[i] = static_cast<std::int32_t>(row * step_h_ * slab_row_bytes_ +
                                                  column * step_w_ * pixel_bytes_);
  }
}

void DenseConv::plan_segments() {
  // Taps of a row that touch each other are one segment: with few channels, fewer part-filled
  // units.
  const int group_c = g_.in_c / g_.groups;
  const bool merged = g_.dilation_w == 1 && g_.groups == 1;
  const int taps = merged ? 1 : g_.kernel_w;
  segment_elements_ = merged ? g_.kernel_w * group_c : group_c;
  const int units = (segment_elements_ + k_.unit - 1) / k_.unit;
  const int padding =
      static_cast<int>(ceil_div(units, k_.segment_units)) * k_.segment_units - units;
  for (int ky = 0; ky < g_.kernel_h; ++ky) {
    for (int kx = 0; kx < taps; ++kx) {
      segments_.push_back({static_cast<std::int32_t>(ky * g_.dilation_h * slab_row_bytes_ +
                                                     kx * g_.dilation_w * pixel_bytes_),
                           units, padding});
    }
  }
  units_ = std::int64_t{units + padding} * static_cast<std::int64_t>(segments_.size());
}

void DenseConv::plan_channels() {
  const int group_in = g_.in_c / g_.groups;
  const int group_out = g_.out_c / g_.groups;
  for (int group = 0; group < g_.groups; ++group) {
    for (int first = 0; first < group_out;) {
      Block b;
      const int left = group_out - first;
      b.kernels = k_.narrow && left <= k_.narrow->lanes ? k_.narrow : &k_;
      b.vectors =
          std::min(b.kernels->wide_vectors, (left + b.kernels->lanes - 1) / b.kernels->lanes);
      while (!b.kernels->block[b.vectors]) ++b.vectors;
      b.padded = b.vectors * b.kernels->lanes;
      b.channels = std::min(left, b.padded);
      b.first = group * group_out + first;
      b.slot = slots_;
      b.input_offset = std::int64_t{group} * group_in * k_.element_bytes;
      b.weights = block_bytes_total_;
      blocks_.push_back(b);
      first += b.channels;
      slots_ += b.padded;
      block_bytes_total_ +=
          static_cast<std::int64_t>(align64(static_cast<std::size_t>(units_ * b.padded * 4)));
    }
  }
}

void DenseConv::pack(const std::int8_t* weights) noexcept {
  const std::int64_t per_channel = g_.weights_per_channel();
  sums_.compute(weights, per_channel);
  constants_ = {};
  for (const Block& b : blocks_) {
    std::byte* to = weights_.as<std::byte>() + b.weights;
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const std::int8_t* segment =
          weights + b.first * per_channel + static_cast<std::int64_t>(s) * segment_elements_;
      for (int e = 0; e < segment_elements_; e += k_.unit, to += b.padded * 4) {
        const int n = std::min(k_.unit, segment_elements_ - e);
        for (int c = 0; c < b.channels; ++c) {
          const std::int8_t* w = segment + c * per_channel + e;
          if (k_.element_bytes == 1) {
            std::int8_t unit[4] = {};
            if (n == 4) {
              std::memcpy(unit, w, 4);
            } else {
              std::copy_n(w, n, unit);
            }
            std::memcpy(to + c * 4, unit, 4);
          } else {
            std::int16_t unit[2] = {w[0], 0};
            if (n > 1) unit[1] = w[1];
            std::memcpy(to + c * 4, unit, 4);
          }
        }
      }
      to += std::int64_t{segments_[s].padding} * b.padded * 4;
    }
  }
}

DenseConv::PixelBlock DenseConv::pixel_block(std::int64_t index,
                                             std::int64_t pixels_total) const noexcept {
  PixelBlock p;
  if (flat_) {
    p.first = index * columns_;
    p.columns = p.count =
        static_cast<int>(std::min<std::int64_t>(columns_, pixels_total - p.first));
    return p;
  }
  p.column = static_cast<int>(index % column_blocks_) * columns_;
  index /= column_blocks_;
  p.row = static_cast<int>(index % row_blocks_) * rows_;
  p.sample = index / row_blocks_;
  p.rows = std::min(rows_, g_.out_h - p.row);
  p.columns = std::min(columns_, g_.out_w - p.column);
  p.first = (p.sample * g_.out_h + p.row) * g_.out_w + p.column;
  p.count = p.rows * p.columns;
  return p;
}

void DenseConv::fill_row(const std::int8_t* image, int iy, int ix, int columns,
                         std::int32_t zero_point, std::uint8_t* to) const noexcept {
  const std::int64_t c = g_.in_c;
  if (iy < 0 || iy >= g_.in_h) {
    k_.fill(to, columns * c, zero_point);
    return;
  }
  const std::int8_t* row = image + std::int64_t{iy} * g_.in_w * c;
  if (sampled_) {
    for (int i = 0; i < columns; ++i, ix += g_.stride_w, to += pixel_bytes_) {
      if (ix < 0 || ix >= g_.in_w) {
        k_.fill(to, c, zero_point);
      } else {
        k_.convert(to, row + ix * c, c, zero_point);
      }
    }
    return;
  }
  const int before = std::clamp(-ix, 0, columns);
  const int inside = std::clamp(g_.in_w - std::max(ix, 0), 0, columns - before);
  const int after = columns - before - inside;
  if (before > 0) k_.fill(to, before * c, zero_point);
  if (inside > 0)
    k_.convert(to + before * pixel_bytes_, row + std::max(ix, 0) * c, inside * c, zero_point);
  if (after > 0) k_.fill(to + (before + inside) * pixel_bytes_, after * c, zero_point);
}

void DenseConv::fill_slab(const PixelBlock& p, const Run& run, std::uint8_t* slab) const noexcept {
  if (flat_) {
    k_.convert(slab, run.x + p.first * g_.in_c, std::int64_t{p.count} * g_.in_c,
               run.input_zero_point);
    return;
  }
  const std::int8_t* image = run.x + p.sample * g_.in_h * g_.in_w * g_.in_c;
  const int rows =
      sampled_ ? p.rows : (p.rows - 1) * g_.stride_h + (g_.kernel_h - 1) * g_.dilation_h + 1;
  const int columns =
      sampled_ ? p.columns : (p.columns - 1) * g_.stride_w + (g_.kernel_w - 1) * g_.dilation_w + 1;
  const int row_step = sampled_ ? g_.stride_h : 1;
  for (int r = 0; r < rows; ++r) {
    fill_row(image, p.row * g_.stride_h - g_.pad_top + r * row_step,
             p.column * g_.stride_w - g_.pad_left, columns, run.input_zero_point,
             slab + r * slab_row_bytes_);
  }
}

void DenseConv::compute(const PixelBlock& p, std::size_t block, const Run& run,
                        const std::uint8_t* slab) const noexcept {
  const Block& b = blocks_[block];
  const BlockMode& mode = run.modes[block];
  BlockArgs args{};
  args.slab = slab + b.input_offset;
  args.pixel_offsets = pixel_offsets_.data();
  args.pixels = p.count;
  args.columns = p.columns;
  args.segments = segments_.data();
  args.segment_count = static_cast<int>(segments_.size());
  args.weights = weights_.as<std::uint8_t>() + b.weights;
  args.out.constants = ChannelTable::at(run.table, slots_, b.slot);
  args.out.epilogue = mode.epilogue;
  args.out.any_left = mode.any_left;
  args.out.channels = b.channels;
  args.out.stride = g_.out_c;
  const std::int64_t at = p.first * g_.out_c + b.first;
  if (run.out.acc) {
    args.out.acc = run.out.acc + at;
    b.kernels->block[b.vectors](args);
    return;
  }
  const Requantization& r = *run.out.requantization;
  args.out.zero_point = r.output_zero_point;
  args.out.lo = r.lo;
  args.out.hi = r.hi;
  args.out.y = run.out.y + at;
  if (mode.one_by_one) {
    compute_one_by_one(args, b, r);
  } else {
    b.kernels->block[b.vectors](args);
  }
}

void DenseConv::compute_one_by_one(BlockArgs args, const Block& b,
                                   const Requantization& r) const noexcept {
  constexpr int chunk = 8;  // fewer than a tile of any kernel: need not be a grid
  std::int32_t acc[chunk * 64];
  std::int8_t* y = args.out.y;
  const std::int64_t stride = args.out.stride;
  const int pixels = args.pixels;
  args.out.epilogue = Epilogue::accumulators;
  args.out.acc = acc;
  args.out.stride = b.padded;
  for (int first = 0; first < pixels; first += chunk, args.pixel_offsets += chunk) {
    args.pixels = args.columns = std::min(chunk, pixels - first);
    b.kernels->block[b.vectors](args);
    for (int i = 0; i < args.pixels; ++i) {
      for (int c = 0; c < b.channels; ++c) {
        y[(first + i) * stride + c] = requantize_one(acc[i * b.padded + c], b.first + c, r);
      }
    }
  }
}

void DenseConv::prepare(std::int32_t input_zero_point, const Requantization& out) {
  AlignedBuffer constants(constants_bytes());
  fill_constants(input_zero_point, {&out, nullptr, nullptr}, constants.as<std::byte>());
  constants_ = std::move(constants);
}

/// The table of channels, then the modes of all blocks.
void DenseConv::fill_constants(std::int32_t input_zero_point, const ConvOutput& out,
                               std::byte* memory) const noexcept {
  const ChannelTable table(memory, slots_);
  auto* modes = reinterpret_cast<BlockMode*>(memory + align64(ChannelTable::bytes(slots_)));
  const std::int32_t correction = k_.zero_point_free ? 0 : input_zero_point + k_.offset;
  std::memset(memory, 0, ChannelTable::bytes(slots_));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& b = blocks_[i];
    modes[i] = fill_channels(k_, sums_, b.first, b.channels, correction, out, table.out(b.slot));
  }
}

/// With the constants that were prepared, else with those of this run, at the front of scratch.
DenseConv::Run DenseConv::bind(const std::int8_t* x, std::int32_t input_zero_point,
                               const ConvOutput& out, std::byte* scratch) const noexcept {
  const std::byte* constants = scratch;
  if (constants_.size() > 0) {
    constants = constants_.as<std::byte>();
  } else {
    fill_constants(input_zero_point, out, scratch);
  }
  return {x, input_zero_point, out, constants,
          reinterpret_cast<const BlockMode*>(constants + align64(ChannelTable::bytes(slots_)))};
}

void DenseConv::run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                    std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept {
  const Run run = bind(x, input_zero_point, out, scratch);

  // Pieces: pixel blocks, cut by channels as well where they are too few to share out.
  const std::int64_t pixels = batch * g_.out_h * g_.out_w;
  const std::int64_t pixel_blocks =
      flat_ ? ceil_div(pixels, columns_) : batch * row_blocks_ * column_blocks_;
  const std::int64_t per_channel = g_.weights_per_channel();
  const WorkSplit work(pixels * g_.out_c * (per_channel + output_cost) + 2 * g_.out_c * per_channel,
                       pool);
  const auto block_count = static_cast<std::int64_t>(blocks_.size());
  const std::int64_t splits = work.parts(pixel_blocks, block_count);
  const std::int64_t pieces = pixel_blocks * splits;
  const std::int64_t tasks = work.tasks(pieces);
  std::byte* slabs = scratch + shared_bytes();

  pool.run(tasks, [&](std::int64_t task, int worker) {
    auto* slab = reinterpret_cast<std::uint8_t*>(slabs + static_cast<std::size_t>(worker) *
                                                             slab_bytes(batch));
    if (k_.enter) k_.enter();
    std::int64_t in_slab = -1;
    PixelBlock p;
    for (std::int64_t piece = task * pieces / tasks; piece < (task + 1) * pieces / tasks; ++piece) {
      if (piece / splits != in_slab) {
        in_slab = piece / splits;
        p = pixel_block(in_slab, pixels);
        fill_slab(p, run, slab);
      }
      const std::int64_t split = piece % splits;
      for (std::int64_t b = split * block_count / splits; b < (split + 1) * block_count / splits;
           ++b) {
        compute(p, static_cast<std::size_t>(b), run, slab);
      }
    }
    if (k_.leave) k_.leave();
  });
}

// Units of a 1x1 convolution are tiles of pixels, of a single pixel blocks of channels; else rows.

std::int64_t DenseConv::unit_bytes(std::int64_t batch) const noexcept {
  if (!flat_) return ConvAlgorithm::unit_bytes(batch);
  if (batch * g_.out_h * g_.out_w > 1) return std::int64_t{k_.tile_pixels} * g_.out_c;
  return g_.groups == 1 ? blocks_[0].channels : g_.out_c;
}

Range DenseConv::bytes_read(Range units, std::int64_t batch) const noexcept {
  if (!flat_) return ConvAlgorithm::bytes_read(units, batch);
  const std::int64_t pixels = batch * g_.out_h * g_.out_w;
  if (pixels == 1) return {0, g_.in_c};
  return {units.begin * k_.tile_pixels * g_.in_c,
          std::min(units.end * k_.tile_pixels, pixels) * g_.in_c};
}

/// Asks for weights ahead of their use: each thread reads all of them for its few pixels.
void DenseConv::fetch_weights(const Block& b) const noexcept {
  const auto* weights = weights_.as<std::uint8_t>() + b.weights;
  const std::int64_t bytes = units_ * b.padded * 4;
  for (std::int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(weights + i, 0, 2);
}

DenseConv::PixelBlock DenseConv::units_block(Range units, int column,
                                             std::int64_t pixels) const noexcept {
  PixelBlock p;
  if (flat_) {
    p.first = units.begin * k_.tile_pixels;
    p.columns = p.count = static_cast<int>(std::min(units.end * k_.tile_pixels, pixels) - p.first);
    return p;
  }
  p.row = static_cast<int>(units.begin);
  p.rows = static_cast<int>(units.size());
  p.column = column * columns_;
  p.columns = std::min(columns_, g_.out_w - p.column);
  p.first = std::int64_t{p.row} * g_.out_w + p.column;
  p.count = p.rows * p.columns;
  return p;
}

void DenseConv::run_units(const std::int8_t* x, std::int32_t input_zero_point,
                          const ConvOutput& out, std::int64_t batch, Range units,
                          std::byte* scratch) const noexcept {
  const Run run = bind(x, input_zero_point, out, scratch);
  auto* slab = reinterpret_cast<std::uint8_t*>(scratch + shared_bytes());
  const std::int64_t pixels = batch * g_.out_h * g_.out_w;
  if (flat_ && pixels == 1 && g_.groups == 1) {
    const PixelBlock p = pixel_block(0, 1);
    fill_slab(p, run, slab);
    for (std::int64_t b = units.begin; b < units.end; ++b) {
      compute(p, static_cast<std::size_t>(b), run, slab);
    }
    return;
  }
  if (k_.enter) k_.enter();
  // Blocks of about the same size.
  const std::int64_t parts = ceil_div(units.size(), flat_ ? columns_ / k_.tile_pixels : rows_);
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t begin = units.begin + units.size() * part / parts;
    const std::int64_t end = units.begin + units.size() * (part + 1) / parts;
    for (int column = 0; column < column_blocks_; ++column) {
      const PixelBlock p = units_block({begin, end}, column, pixels);
      fill_slab(p, run, slab);
      for (std::size_t b = 0; b < blocks_.size(); ++b) {
        if (part == 0 && b + 1 < blocks_.size()) fetch_weights(blocks_[b + 1]);
        compute(p, b, run, slab);
      }
    }
  }
  if (k_.leave) k_.leave();
}

}  // namespace

std::unique_ptr<ConvAlgorithm> make_dense_conv(const ConvGeometry& g, const ConvKernels& kernels) {
  return std::make_unique<DenseConv>(g, kernels);
}

}  // namespace octet::int8
