// AMX: tiles of 16 rows of 64 bytes. A tile of the packed input (16 pixels, 64 input bytes) times a
// tile of weights (16 units of 16 channels) adds to a tile of 16 x 16 accumulators: 16,384
// multiply-accumulates in 16 cycles, eight times what vpdpbusd does. The packed input and the
// weights have the AVX-512 VNNI kernels' format (tdpbusd multiplies unsigned by signed bytes, too),
// segments padded with zero weights to whole tiles; accumulators become codes by way of memory.
#include "int8/kernels/amx_int8.h"

#if defined(OCTET_AMX)
#define OCTET_TARGET \
  __attribute__((target("amx-tile,amx-int8,avx512f,avx512bw,avx512vl,avx512vnni")))
#include "int8/kernels/macros.inc"

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace octet::int8 {
namespace {

#include "int8/kernels/avx512_primitives.inc"
#include "int8/kernels/tile.inc"

constexpr int tile_rows = amx_tile_pixels;
constexpr int chunk = 64;  // bytes of a segment that one tile instruction takes

// Palette 1: eight tiles, all 16 rows of 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfiguration configuration;  // in memory: the intrinsic names its first word only

// The pixels as lines of equidistant ones, of which tiles take 16 neighbours. Either a line is a
// row of output; or all of them are one line, with the pixels between the end of a row and the
// start of the next computed for nothing.
struct Lines {
  int count, length;
  int period;  // pixel i of a line is none if i % period >= columns
  std::int64_t pixel_bytes, line_bytes;

  int tiles() const { return (length + tile_rows - 1) / tile_rows; }
};

Lines lines_of(const BlockArgs& a) {
  const int columns = a.columns, rows = a.pixels / columns;
  const std::int64_t row_bytes = rows > 1 ? a.pixel_offsets[columns] - a.pixel_offsets[0] : 0;
  const std::int64_t pixel_bytes =
      columns > 1 ? a.pixel_offsets[1] - a.pixel_offsets[0] : row_bytes;
  const Lines separate{rows, columns, columns, pixel_bytes, row_bytes};
  if (columns == 1) return {1, rows, 1, pixel_bytes, 0};
  if (rows == 1 || row_bytes % pixel_bytes != 0) return separate;
  const int period = static_cast<int>(row_bytes / pixel_bytes);
  const Lines one{1, (rows - 1) * period + columns, period, pixel_bytes, 0};
  return one.tiles() < rows * separate.tiles() ? one : separate;
}

// Pixels of output [first, first + pixels) from their accumulators, NV vectors each.
template <int NV>
OCTET_TARGET void emit(const BlockOutput& out, std::int64_t first, int pixels,
                       const std::int32_t* from) {
  constexpr int group = 4;
  for (; pixels > 0; pixels -= group, first += group, from += group * NV * lanes) {
    Vec acc[group][NV];
    OCTET_UNROLL
    for (int j = 0; j < NV; ++j) {
      const Vec start = load(out.constants.start + j * lanes);
      OCTET_UNROLL
      for (int i = 0; i < group; ++i) acc[i][j] = add(load(from + (i * NV + j) * lanes), start);
    }
    finish(out, static_cast<int>(first), minimum(pixels, group), acc);
  }
}

struct Tile {
  int line = 0;
  int from = 0;  // first pixel that is computed
  int news = 0;  // first pixel that no tile before has computed
};

// Tile `index` of the lines. A line's last tile ends at the line's end.
OCTET_INLINE Tile tile_at(const Lines& lines, int index) {
  const int per_line = lines.tiles();
  const int news = index % per_line * tile_rows;
  const int last = lines.length > tile_rows ? lines.length - tile_rows : 0;
  return {index / per_line, minimum(news, last), news};
}

template <int NV>
OCTET_TARGET void emit_tile(const BlockArgs& a, const Lines& lines, const Tile& t,
                            const std::int32_t* sums) {
  const int end = minimum(t.from + tile_rows, lines.length);
  for (int i = t.news; i < end;) {
    const int row = i / lines.period, column = i - row * lines.period;
    if (column >= a.columns) {
      i = (row + 1) * lines.period;
      continue;
    }
    const int pixels = minimum(end - i, a.columns - column);
    emit<NV>(a.out, std::int64_t{t.line + row} * a.columns + column, pixels,
             sums + (i - t.from) * NV * lanes);
    i += pixels;
  }
}

// Accumulators of MT tiles of pixels by NV tiles of channels, into tile registers 0 .. MT * NV - 1.
template <int MT, int NV>
OCTET_INLINE void multiply_tiles(const BlockArgs& a, const std::uint8_t* const (&pixels)[MT],
                                 std::int64_t pixel_bytes) {
  static_assert((MT == 2 && NV == 2) || (MT <= 4 && NV == 1) || (MT == 1 && NV == 2));
  constexpr int w_stride = NV * vector_bytes;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const std::uint8_t* w = a.weights;
  for (int s = 0; s < a.segment_count; ++s) {
    const Segment& segment = a.segments[s];
    std::int64_t k = segment.offset;
    const std::int64_t end = k + 4 * std::int64_t{segment.units + segment.padding};
    for (; k != end; k += chunk, w += tile_rows * w_stride) {
      _tile_loadd(6, w, w_stride);
      _tile_loadd(4, pixels[0] + k, pixel_bytes);
      _tile_dpbusd(0, 4, 6);
      if constexpr (NV == 2) {
        _tile_loadd(7, w + vector_bytes, w_stride);
        _tile_dpbusd(1, 4, 7);
        if constexpr (MT == 2) {
          _tile_loadd(5, pixels[1] + k, pixel_bytes);
          _tile_dpbusd(2, 5, 6);
          _tile_dpbusd(3, 5, 7);
        }
      } else if constexpr (MT == 4) {
        _tile_loadd(5, pixels[1] + k, pixel_bytes);
        _tile_dpbusd(1, 5, 6);
        _tile_loadd(4, pixels[2] + k, pixel_bytes);
        _tile_dpbusd(2, 4, 6);
        _tile_loadd(5, pixels[3] + k, pixel_bytes);
        _tile_dpbusd(3, 5, 6);
      }
    }
  }
}

// sums: [MT][tile_rows][NV][lanes].
template <int MT, int NV>
OCTET_INLINE void store_tiles(std::int32_t* sums) {
  constexpr int stride = NV * vector_bytes;
  constexpr int tile = tile_rows * NV * lanes;
  _tile_stored(0, sums, stride);
  if constexpr (NV == 2) {
    _tile_stored(1, sums + lanes, stride);
    if constexpr (MT == 2) {
      _tile_stored(2, sums + tile, stride);
      _tile_stored(3, sums + tile + lanes, stride);
    }
  } else if constexpr (MT == 4) {
    _tile_stored(1, sums + tile, stride);
    _tile_stored(2, sums + 2 * tile, stride);
    _tile_stored(3, sums + 3 * tile, stride);
  }
}

// Four accumulator tiles at a time. The codes of a group are made while the next one's products are
// computed: the two use different units of the core.
template <int NV>
OCTET_TARGET void tile_block(const BlockArgs& a) {
  constexpr int at_once = 4 / NV;
  constexpr int tile = tile_rows * NV * lanes;
  if (a.pixels < tile_rows) {  // a tile would read beyond the packed input
    avx512_vnni_kernels.block[NV](a);
    return;
  }
  alignas(64) std::int32_t sums[at_once * tile + 3 * NV * lanes];  // emit() reads fours of pixels
  const Lines lines = lines_of(a);
  const int tiles = lines.count * lines.tiles();
  Tile before[at_once];
  int waiting = 0;  // tiles of `before` whose sums are to be made codes
  for (int first = 0; first < tiles; first += at_once) {
    const int count = minimum(at_once, tiles - first);
    Tile now[at_once];
    const std::uint8_t* pixels[at_once];
    for (int i = 0; i < at_once; ++i) {
      now[i] = tile_at(lines, minimum(first + i, tiles - 1));
      pixels[i] = a.packed + a.pixel_offsets[0] + now[i].line * lines.line_bytes +
                  now[i].from * lines.pixel_bytes;
    }
    if (count == 1) {
      multiply_tiles<1, NV>(a, {pixels[0]}, lines.pixel_bytes);
    } else {
      multiply_tiles<at_once, NV>(a, pixels, lines.pixel_bytes);
    }
    for (int i = 0; i < waiting; ++i) emit_tile<NV>(a, lines, before[i], sums + i * tile);
    if (count == 1) {
      store_tiles<1, NV>(sums);
    } else {
      store_tiles<at_once, NV>(sums);
    }
    for (int i = 0; i < count; ++i) before[i] = now[i];
    waiting = count;
  }
  for (int i = 0; i < waiting; ++i) emit_tile<NV>(a, lines, before[i], sums + i * tile);
}

}  // namespace

OCTET_TARGET void amx_enter() {
  _tile_loadconfig(&configuration);
}
OCTET_TARGET void amx_leave() {
  _tile_release();
}
void amx_block_1(const BlockArgs& a) {
  tile_block<1>(a);
}
void amx_block_2(const BlockArgs& a) {
  tile_block<2>(a);
}

}  // namespace octet::int8
#endif
