// Blocks of output pixels are computed from packed input: in the kernels' format, padding
// written out, so that every tap is one fixed offset from a pixel's address. Converting costs one
// pass over the input; weights are read block of channels by block of channels.
#include "int8/kernels/dense_conv.h"

#include <algorithm>
#include <cstring>

#include "int8/kernels/blocked_conv.h"
#include "int8/kernels/dense_plan.h"
#include "int8/kernels/work_split.h"

namespace octet::int8 {
namespace {

constexpr std::int64_t output_cost = 24;  // of requantizing one value, in multiplications

class DenseConv final : public BlockedConv {
 public:
  DenseConv(const ConvGeometry& g, const ConvKernels& kernels)
      : BlockedConv(g, kernels), plan_(g, kernels) {
    allocate(plan_.slots, plan_.blocks.size(), plan_.weight_bytes);
  }

  void pack(const std::int8_t* weights) noexcept override;
  std::size_t scratch_bytes(int threads, std::int64_t batch) const noexcept override {
    return shared_bytes() + static_cast<std::size_t>(threads) * packed_input_bytes(batch);
  }
  void run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
           std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept override;
  std::int64_t unit_bytes(std::int64_t batch) const noexcept override;
  Range bytes_read(Range units, std::int64_t batch) const noexcept override;
  void run_units(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                 std::int64_t batch, Range units, std::byte* scratch) const noexcept override;

 private:
  void fill_constants(std::int32_t correction, const ConvOutput& out, const ChannelTable& table,
                      BlockMode* modes) const noexcept override;
  void fetch_weights(const DenseBlock& b) const noexcept;
  [[gnu::noinline]] void pack_input(const PixelBlock& p, const Run& run,
                                    std::uint8_t* packed) const noexcept;
  void fill_row(const std::int8_t* image, int iy, int ix, int columns, std::int32_t zero_point,
                std::uint8_t* to) const noexcept;
  [[gnu::noinline]] void compute(const PixelBlock& p, std::size_t block, const Run& run,
                                 const std::uint8_t* packed) const noexcept;
  void compute_one_by_one(BlockArgs args, const DenseBlock& b,
                          const Requantization& r) const noexcept;

  std::size_t packed_input_bytes(std::int64_t batch) const noexcept {
    return plan_.packed_bytes(batch * g_.out_h * g_.out_w);
  }

  const DensePlan plan_;
};

void DenseConv::pack(const std::int8_t* weights) noexcept {
  begin_pack(weights);
  plan_.pack(weights, weights_.as<std::byte>());
}

void DenseConv::fill_row(const std::int8_t* image, int iy, int ix, int columns,
                         std::int32_t zero_point, std::uint8_t* to) const noexcept {
  const std::int64_t c = g_.in_c;
  if (iy < 0 || iy >= g_.in_h) {
    k_.fill(to, columns * c, zero_point);
    return;
  }
  const std::int8_t* row = image + std::int64_t{iy} * g_.in_w * c;
  if (plan_.sampled) {
    for (int i = 0; i < columns; ++i, ix += g_.stride_w, to += plan_.pixel_bytes) {
      if (ix < 0 || ix >= g_.in_w) {
        k_.fill(to, c, zero_point);
      } else {
        k_.convert(to, row + ix * c, c, zero_point);
      }
    }
    return;
  }
  const int before = std::clamp(-ix, 0, columns);
  const int inside =
      static_cast<int>(std::clamp<std::int64_t>(g_.in_w - std::max(ix, 0), 0, columns - before));
  const int after = columns - before - inside;
  if (before > 0) k_.fill(to, before * c, zero_point);
  if (inside > 0)
    k_.convert(to + before * plan_.pixel_bytes, row + std::max(ix, 0) * c, inside * c, zero_point);
  if (after > 0) k_.fill(to + (before + inside) * plan_.pixel_bytes, after * c, zero_point);
}

void DenseConv::pack_input(const PixelBlock& p, const Run& run,
                           std::uint8_t* packed) const noexcept {
  if (plan_.flat) {
    k_.convert(packed, run.x + p.first * g_.in_c, std::int64_t{p.count} * g_.in_c,
               run.input_zero_point);
    return;
  }
  const std::int8_t* image = run.x + p.sample * g_.in_h * g_.in_w * g_.in_c;
  const int rows =
      plan_.sampled ? p.rows : (p.rows - 1) * g_.stride_h + (g_.kernel_h - 1) * g_.dilation_h + 1;
  const int columns = plan_.sampled
                          ? p.columns
                          : (p.columns - 1) * g_.stride_w + (g_.kernel_w - 1) * g_.dilation_w + 1;
  const int row_step = plan_.sampled ? g_.stride_h : 1;
  const int iy = p.row * g_.stride_h - g_.pad_top, ix = p.column * g_.stride_w - g_.pad_left;
  const std::int64_t row = g_.in_w * g_.in_c;  // elements
  int r = 0;
  if (!plan_.sampled && ix == 0 && columns == g_.in_w &&
      plan_.packed_row_bytes == row * k_.element_bytes) {
    // What is inside of whole rows is one run.
    const int first = std::clamp(-iy, 0, rows);
    const int end = static_cast<int>(std::clamp<std::int64_t>(g_.in_h - iy, first, rows));
    if (first > 0) k_.fill(packed, first * row, run.input_zero_point);
    if (end > first) {
      k_.convert(packed + first * plan_.packed_row_bytes, image + (iy + first) * row,
                 (end - first) * row, run.input_zero_point);
    }
    r = end;
  }
  for (; r < rows; ++r) {
    fill_row(image, iy + r * row_step, ix, columns, run.input_zero_point,
             packed + r * plan_.packed_row_bytes);
  }
}

void DenseConv::compute(const PixelBlock& p, std::size_t block, const Run& run,
                        const std::uint8_t* packed) const noexcept {
  const DenseBlock& b = plan_.blocks[block];
  const BlockMode& mode = run.modes[block];
  BlockArgs args{};
  args.packed = packed + b.input_offset;
  args.pixel_offsets = plan_.pixel_offsets.data();
  args.pixels = p.count;
  args.columns = p.columns;
  args.segments = plan_.segments.data();
  args.segment_count = static_cast<int>(plan_.segments.size());
  args.weights = weights_.as<std::uint8_t>() + b.weights;
  args.out.constants = ChannelTable::at(run.table, plan_.slots, b.slot);
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

void DenseConv::compute_one_by_one(BlockArgs args, const DenseBlock& b,
                                   const Requantization& r) const noexcept {
  constexpr int most = 32;
  std::int32_t acc[most * 64];
  std::int8_t* y = args.out.y;
  const std::int64_t stride = args.out.stride;
  const int pixels = args.pixels, columns = args.columns;
  const int tiles = most / k_.tile_pixels * k_.tile_pixels;
  args.out.epilogue = Epilogue::accumulators;
  args.out.acc = acc;
  args.out.stride = b.padded;
  // Grids, as kernels want them: whole rows, or parts of one.
  const int rows = columns <= tiles ? tiles / columns * columns : 0;
  for (int first = 0; first < pixels; first += args.pixels, args.pixel_offsets += args.pixels) {
    args.pixels =
        rows > 0 ? std::min(rows, pixels - first) : std::min(tiles, columns - first % columns);
    args.columns = std::min(columns, args.pixels);
    b.kernels->block[b.vectors](args);
    requantize_rows(k_, {acc, b.padded, args.pixels, b.first, b.channels}, r, y + first * stride,
                    stride);
  }
}

void DenseConv::fill_constants(std::int32_t correction, const ConvOutput& out,
                               const ChannelTable& table, BlockMode* modes) const noexcept {
  std::memset(table.out(0).start, 0, ChannelTable::bytes(plan_.slots));
  for (std::size_t i = 0; i < plan_.blocks.size(); ++i) {
    const DenseBlock& b = plan_.blocks[i];
    modes[i] = fill_channels(k_, sums_, b.first, b.channels, correction, out, table.out(b.slot));
  }
}

void DenseConv::run(const std::int8_t* x, std::int32_t input_zero_point, const ConvOutput& out,
                    std::int64_t batch, ThreadPool& pool, std::byte* scratch) const noexcept {
  const Run run = bind(x, input_zero_point, out, scratch);

  // Tiles: pixel blocks, cut by channels as well where they are too few to share out.
  const std::int64_t pixels = batch * g_.out_h * g_.out_w;
  const std::int64_t pixel_blocks =
      plan_.flat ? ceil_div(pixels, plan_.columns) : batch * plan_.row_blocks * plan_.column_blocks;
  const std::int64_t per_channel = g_.weights_per_channel();
  const WorkSplit work(pixels * g_.out_c * (per_channel + output_cost) + 2 * g_.out_c * per_channel,
                       pool);
  const auto block_count = static_cast<std::int64_t>(plan_.blocks.size());
  const std::int64_t splits = work.parts(pixel_blocks, block_count);
  const std::int64_t tiles = pixel_blocks * splits;
  const std::int64_t tasks = work.tasks(tiles);
  std::byte* workers = scratch + shared_bytes();

  pool.run(tasks, [&](std::int64_t task, int worker) {
    auto* packed = reinterpret_cast<std::uint8_t*>(workers + static_cast<std::size_t>(worker) *
                                                                 packed_input_bytes(batch));
    if (k_.enter) k_.enter();
    std::int64_t packed_block = -1;
    PixelBlock p;
    for (std::int64_t tile = task * tiles / tasks; tile < (task + 1) * tiles / tasks; ++tile) {
      if (tile / splits != packed_block) {
        packed_block = tile / splits;
        p = plan_.pixel_block(packed_block, pixels);
        pack_input(p, run, packed);
      }
      const std::int64_t split = tile % splits;
      for (std::int64_t b = split * block_count / splits; b < (split + 1) * block_count / splits;
           ++b) {
        compute(p, static_cast<std::size_t>(b), run, packed);
      }
    }
    if (k_.leave) k_.leave();
  });
}

// Units of a 1x1 convolution are tiles of pixels, of a single pixel blocks of channels; else rows,
// or pixels of a single row.

std::int64_t DenseConv::unit_bytes(std::int64_t batch) const noexcept {
  if (!plan_.flat) return ConvAlgorithm::unit_bytes(batch);
  if (batch * g_.out_h * g_.out_w > 1) return std::int64_t{k_.tile_pixels} * g_.out_c;
  return g_.groups == 1 ? plan_.blocks[0].channels : g_.out_c;
}

Range DenseConv::bytes_read(Range units, std::int64_t batch) const noexcept {
  if (!plan_.flat) return ConvAlgorithm::bytes_read(units, batch);
  const std::int64_t pixels = batch * g_.out_h * g_.out_w;
  if (pixels == 1) return {0, g_.in_c};
  return {units.begin * k_.tile_pixels * g_.in_c,
          std::min(units.end * k_.tile_pixels, pixels) * g_.in_c};
}

/// Asks for weights ahead of their use: each thread reads all of them for its few pixels.
void DenseConv::fetch_weights(const DenseBlock& b) const noexcept {
  const auto* weights = weights_.as<std::uint8_t>() + b.weights;
  const std::int64_t bytes = plan_.units * b.padded * 4;
  for (std::int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(weights + i, 0, 2);
}

void DenseConv::run_units(const std::int8_t* x, std::int32_t input_zero_point,
                          const ConvOutput& out, std::int64_t batch, Range units,
                          std::byte* scratch) const noexcept {
  const Run run = bind(x, input_zero_point, out, scratch);
  auto* packed = reinterpret_cast<std::uint8_t*>(scratch + shared_bytes());
  const std::int64_t pixels = batch * g_.out_h * g_.out_w;
  if (plan_.flat && pixels == 1 && g_.groups == 1) {
    const PixelBlock p = plan_.pixel_block(0, 1);
    pack_input(p, run, packed);
    for (std::int64_t b = units.begin; b < units.end; ++b) {
      compute(p, static_cast<std::size_t>(b), run, packed);
    }
    return;
  }
  if (k_.enter) k_.enter();
  // Blocks of about the same size.
  const std::int64_t parts = ceil_div(units.size(), plan_.block_units);
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t begin = units.begin + units.size() * part / parts;
    const std::int64_t end = units.begin + units.size() * (part + 1) / parts;
    for (int column = 0; column < plan_.unit_blocks; ++column) {
      const PixelBlock p = plan_.units_block({begin, end}, column, pixels);
      pack_input(p, run, packed);
      for (std::size_t b = 0; b < plan_.blocks.size(); ++b) {
        if (part == 0 && b + 1 < plan_.blocks.size()) fetch_weights(plan_.blocks[b + 1]);
        compute(p, b, run, packed);
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
