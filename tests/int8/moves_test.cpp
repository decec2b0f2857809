// Byte-moving, broadcasting, pooling and resizing ops against index-by-index references.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

#include "int8/kernels/dispatch.h"
#include "int8/kernels/pool_kernels.h"
#include "tests/int8/index.h"
#include "tests/int8/isas.h"
#include "tests/support.h"

using namespace octet::int8;
using namespace octet::test;

namespace {

/// Runs `graph` on three samples and compares each with `expected(sample)`.
void check_samples(const Graph& graph, std::vector<Dims> shapes,
                   const std::function<Codes(const std::vector<Codes>&)>& expected) {
  std::mt19937_64 rng = octet::test::rng(3);
  constexpr int batch = 3;
  std::vector<Codes> all(shapes.size());
  Codes want;
  for (int s = 0; s < batch; ++s) {
    std::vector<Codes> sample;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      sample.push_back(random_codes(rng, count_of(shapes[i])));
      all[i].insert(all[i].end(), sample[i].begin(), sample[i].end());
    }
    const Codes y = expected(sample);
    want.insert(want.end(), y.begin(), y.end());
  }
  CHECK(first_difference(run_graph(graph, all, {.batch = batch, .threads = 2}), want) == -1);
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("TRANSPOSE: every permutation of four dimensions") {
    const Dims in{2, 3, 4, 5};
    Dims perm{0, 1, 2, 3};
    do {
      Dims out;
      for (const int p : perm) out.push_back(in[static_cast<std::size_t>(p)]);
      Builder b;
      const int x = b.i8(in), y = b.i8(out);
      b.node(OpCode::transpose, {x, b.ints(perm)}, {y});
      check_samples(b.done({x}, {y}), {in}, [&](const std::vector<Codes>& v) {
        Codes result(v[0].size());
        for_each_index(out, [&](const Index& i) {
          Index from(4);
          for (std::size_t d = 0; d < 4; ++d) from[static_cast<std::size_t>(perm[d])] = i[d];
          result[flat(out, i)] = v[0][flat(in, from)];
        });
        return result;
      });
    } while (std::next_permutation(perm.begin(), perm.end()));
  }

  TEST_CASE("STRIDED_SLICE: strides, negative indices, masks, shrinking") {
    struct Case {
      Dims begin, end, by, out;
      StridedSliceAttributes attributes;
      Index first;  // index of the first element taken
    };
    const Dims in{2, 5, 6, 3};
    const Case cases[] = {
        {{0, 1, 1, 0}, {2, 4, 6, 3}, {1, 1, 2, 1}, {2, 3, 3, 3}, {}, {0, 1, 1, 0}},
        {{0, -1, -1, 0}, {2, -6, 0, 3}, {1, -1, -2, 1}, {2, 5, 3, 3}, {}, {0, 4, 5, 0}},
        {{0, -99, 2, 1}, {99, 99, 3, 2}, {1, 2, 1, 1}, {2, 3, 1, 1}, {}, {0, 0, 2, 1}},
        {{7, 3, 0, 0}, {0, 0, 7, 0}, {1, -1, 1, 1}, {2, 4, 6, 3}, {1, 11, 0, 0, 0}, {0, 3, 0, 0}},
        {{1, 2, 0, -1}, {0, 0, 6, 0}, {1, 1, 3, 1}, {2}, {0, 0, 0, 0, 11}, {1, 2, 0, 2}},
    };
    for (const Case& c : cases) {
      Builder b;
      const int x = b.i8(in), y = b.i8(c.out);
      b.node(OpCode::strided_slice, {x, b.ints(c.begin), b.ints(c.end), b.ints(c.by)}, {y},
             c.attributes);
      Dims kept = c.out;  // with the dimensions that were shrunk away
      for (int d = 0; d < 4; ++d) {
        if ((c.attributes.shrink_axis_mask >> d) & 1) kept.insert(kept.begin() + d, 1);
      }
      check_samples(b.done({x}, {y}), {in}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(c.out)));
        for_each_index(kept, [&](const Index& i) {
          Index from(4);
          for (std::size_t d = 0; d < 4; ++d) from[d] = c.first[d] + i[d] * c.by[d];
          result[flat(kept, i)] = v[0][flat(in, from)];
        });
        return result;
      });
    }
  }

  TEST_CASE("CONCATENATION and SPLIT along every axis, with a constant part") {
    const Dims in{2, 3, 4};
    for (int axis = -3; axis < 3; ++axis) {
      const auto a = static_cast<std::size_t>((axis + 3) % 3);
      Dims part = in, out = in;
      part[a] = 2;
      out[a] = in[a] + 2 + in[a];
      Codes constant(static_cast<std::size_t>(count_of(part)));
      for (std::size_t i = 0; i < constant.size(); ++i) constant[i] = static_cast<std::int8_t>(i);
      Builder b;
      const int x = b.i8(in), y = b.i8(in), z = b.i8(out);
      b.node(OpCode::concatenation, {x, b.constant(part, constant), y}, {z},
             ConcatenationAttributes{axis});
      check_samples(b.done({x, y}, {z}), {in, in}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          Index from = i;
          if (i[a] < in[a]) {
            result[flat(out, i)] = v[0][flat(in, from)];
          } else if (i[a] < in[a] + 2) {
            from[a] -= in[a];
            result[flat(out, i)] = constant[flat(part, from)];
          } else {
            from[a] -= in[a] + 2;
            result[flat(out, i)] = v[1][flat(in, from)];
          }
        });
        return result;
      });

      Dims whole = in;
      whole[a] *= 3;
      Builder s;
      const int w = s.i8(whole);
      const std::vector<int> parts{s.i8(in), s.i8(in), s.i8(in)};
      s.node(OpCode::split, {s.ints({axis}, {}), w}, parts, SplitAttributes{3});
      // One output at a time: the others stay unread.
      for (int k = 0; k < 3; ++k) {
        check_samples(s.done({w}, {parts[static_cast<std::size_t>(k)]}), {whole},
                      [&](const std::vector<Codes>& v) {
                        Codes result(static_cast<std::size_t>(count_of(in)));
                        for_each_index(in, [&](const Index& i) {
                          Index from = i;
                          from[a] += k * in[a];
                          result[flat(in, i)] = v[0][flat(whole, from)];
                        });
                        return result;
                      });
      }
    }
  }

  TEST_CASE("PAD and PADV2") {
    const Dims in{2, 3, 4, 5};
    for (const bool v2 : {false, true}) {
      const Dims pads{1, 0, 2, 1, 0, 3, 1, 2}, out{3, 6, 7, 8};
      Builder b;
      const int x = b.i8(in, 0.5f, 11), y = b.i8(out, 0.5f, 11);
      std::vector<int> inputs{x, b.ints(pads, {4, 2})};
      if (v2) inputs.push_back(b.constant({1}, {-77}, {0.5f}, 11));
      b.node(v2 ? OpCode::padv2 : OpCode::pad, inputs, {y});
      check_samples(b.done({x}, {y}), {in}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          Index from = i;
          bool inside = true;
          for (std::size_t d = 0; d < 4; ++d) {
            from[d] -= pads[2 * d];
            inside = inside && from[d] >= 0 && from[d] < in[d];
          }
          result[flat(out, i)] =
              inside ? v[0][flat(in, from)] : static_cast<std::int8_t>(v2 ? -77 : 11);
        });
        return result;
      });
    }
  }

  TEST_CASE("MINIMUM, MAXIMUM: broadcasting, with operands computed or constant") {
    const Dims shapes[][3] = {
        {{2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}},
        {{2, 3, 4, 5}, {5}, {2, 3, 4, 5}},
        {{2, 3, 4, 5}, {2, 1, 1, 5}, {2, 3, 4, 5}},
        {{1, 3, 1, 5}, {2, 1, 4, 1}, {2, 3, 4, 5}},
        {{2, 3, 4, 5}, {}, {2, 3, 4, 5}},
        {{2, 3, 4, 1}, {2, 3, 4, 500}, {2, 3, 4, 500}},
        {{1}, {7}, {7}},
        {{2, 1}, {1, 3}, {2, 3}},
    };
    for (const auto& shape : shapes) {
      const Dims &da = shape[0], &db = shape[1], &dy = shape[2];
      for (const bool maximum : {false, true}) {
        for (const bool constant : {false, true}) {
          std::mt19937_64 rng = octet::test::rng(4);
          const Codes values = random_codes(rng, count_of(db));
          Builder g;
          const int a = g.i8(da), b = constant ? g.constant(db, values) : g.i8(db), y = g.i8(dy);
          g.node(maximum ? OpCode::maximum : OpCode::minimum, {a, b}, {y});
          const auto expected = [&](const std::vector<Codes>& v) {
            Codes result(static_cast<std::size_t>(count_of(dy)));
            for_each_index(dy, [&](const Index& i) {
              const std::int8_t p = v[0][broadcast_flat(da, i)];
              const std::int8_t q = (constant ? values : v[1])[broadcast_flat(db, i)];
              result[flat(dy, i)] = maximum ? std::max(p, q) : std::min(p, q);
            });
            return result;
          };
          std::vector<Dims> inputs{da};
          std::vector<int> ids{a};
          if (!constant) {
            inputs.push_back(db);
            ids.push_back(b);
          }
          check_samples(g.done(ids, {y}), inputs, expected);
        }
      }
    }
  }

  TEST_CASE("MEAN over every set of axes") {
    const Dims in{2, 3, 4, 5};
    for (int mask = 1; mask < 16; ++mask) {
      for (const bool keep_dims : {false, true}) {
        Dims axes, out, kept;
        int count = 1;
        for (int d = 0; d < 4; ++d) {
          const bool reduced = (mask >> d) & 1;
          if (reduced) axes.push_back(d % 2 ? d : d - 4);
          if (reduced) count *= in[static_cast<std::size_t>(d)];
          kept.push_back(reduced ? 1 : in[static_cast<std::size_t>(d)]);
          if (!reduced || keep_dims) out.push_back(kept.back());
        }
        Builder b;
        // A scale ratio that makes the mean exact: the sum itself, saturated.
        const int x = b.i8(in, 1.0f, 0), y = b.i8(out, 1.0f / static_cast<float>(count), 0);
        b.node(OpCode::mean, {x, b.ints(axes)}, {y}, MeanAttributes{keep_dims});
        check_samples(b.done({x}, {y}), {in}, [&](const std::vector<Codes>& v) {
          std::vector<int> sums(static_cast<std::size_t>(count_of(kept)), 0);
          for_each_index(in, [&](const Index& i) {
            Index to = i;
            for (std::size_t d = 0; d < 4; ++d) to[d] = kept[d] == 1 ? 0 : i[d];
            sums[flat(kept, to)] += v[0][flat(in, i)];
          });
          Codes result;
          for (const int s : sums) {
            result.push_back(static_cast<std::int8_t>(std::clamp(s, -128, 127)));
          }
          return result;
        });
      }
    }
  }

  TEST_CASE("pool kernels: every geometry against the definition, on every ISA") {
    std::mt19937_64 rng = octet::test::rng(5);
    for (int n = 0; n < 300; ++n) {
      const auto pick = [&](int lo, int hi) {
        return lo + static_cast<int>(rng() % static_cast<unsigned>(hi - lo + 1));
      };
      PoolGeometry g{.in_h = pick(1, 9),
                     .in_w = pick(1, 9),
                     .channels = n % 5 == 0 ? pick(60, 200) : pick(1, 40),
                     .out_h = 1,
                     .out_w = 1,
                     .filter_h = pick(1, 5),
                     .filter_w = pick(1, 5),
                     .stride_h = pick(1, 3),
                     .stride_w = pick(1, 3),
                     .pad_top = 0,
                     .pad_left = 0};
      g.pad_top = pick(0, g.filter_h - 1);
      g.pad_left = pick(0, g.filter_w - 1);
      g.out_h = (g.in_h + g.pad_top - 1) / g.stride_h + 1;
      g.out_w = (g.in_w + g.pad_left - 1) / g.stride_w + 1;
      const ClampRange range = n % 3 ? ClampRange{} : ClampRange{-20, 90};
      Codes x = random_codes(rng, std::int64_t{g.in_h} * g.in_w * g.channels);
      if (n % 7 == 0) std::fill(x.begin(), x.end(), static_cast<std::int8_t>(n % 2 ? -128 : 127));
      const Dims in{g.in_h, g.in_w, g.channels}, out{g.out_h, g.out_w, g.channels};
      Codes average(static_cast<std::size_t>(count_of(out))), largest(average.size());
      for_each_index(out, [&](const Index& i) {
        int sum = 0, count = 0, most = -128;
        for (int fy = 0; fy < g.filter_h; ++fy) {
          for (int fx = 0; fx < g.filter_w; ++fx) {
            const int y = i[0] * g.stride_h - g.pad_top + fy;
            const int z = i[1] * g.stride_w - g.pad_left + fx;
            if (y < 0 || z < 0 || y >= g.in_h || z >= g.in_w) continue;
            const int v = x[flat(in, {y, z, i[2]})];
            sum += v;
            ++count;
            most = std::max(most, v);
          }
        }
        // Half away from zero.
        const int magnitude = (2 * std::abs(sum) + count) / (2 * count);
        average[flat(out, i)] = range.clamp(sum < 0 ? -magnitude : magnitude);
        largest[flat(out, i)] = range.clamp(most);
      });
      const std::vector<Isa> isas = octet::test::isas_under_test();
      for (const Isa isa : isas) {
        // A guard byte after the output must survive.
        Codes y(average.size() + 1, 55);
        octet::ThreadPool threads(1);
        CAPTURE(n);
        CAPTURE(isa_name(isa));
        pool(average_pool_kernel(isa), g, range, x.data(), y.data(), 1, threads);
        CHECK(y.back() == 55);
        CHECK(std::equal(average.begin(), average.end(), y.begin()));
        pool(max_pool_kernel(isa), g, range, x.data(), y.data(), 1, threads);
        CHECK(y.back() == 55);
        CHECK(std::equal(largest.begin(), largest.end(), y.begin()));
      }
    }
  }

  TEST_CASE("RESIZE: identity, doubling, and a hand-computed bilinear row") {
    Builder n;
    const int nx = n.i8({1, 2, 2, 1}), ny = n.i8({1, 4, 4, 1});
    n.node(OpCode::resize_nearest_neighbor, {nx, n.ints({4, 4})}, {ny}, ResizeAttributes{});
    CHECK(run_graph(n.done({nx}, {ny}), {{1, 2, 3, 4}}) ==
          Codes{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
    Builder b;
    const int bx = b.i8({1, 1, 2, 1}), by = b.i8({1, 1, 4, 1});
    b.node(OpCode::resize_bilinear, {bx, b.ints({1, 4})}, {by}, ResizeAttributes{false, true});
    // Positions -1/4, 1/4, 3/4, 5/4 between -3 and 4: -3, -1.25, 2.25, 4.
    CHECK(run_graph(b.done({bx}, {by}), {{-3, 4}}) == Codes{-3, -1, 2, 4});
    Builder h;  // Position 1/2 between -3 and 4 is 0.5, between -4 and 3 it is -0.5: ties.
    const int hx = h.i8({1, 1, 2, 1}), hy = h.i8({1, 1, 3, 1});
    h.node(OpCode::resize_bilinear, {hx, h.ints({1, 3})}, {hy}, ResizeAttributes{true, false});
    CHECK(run_graph(h.done({hx}, {hy}, Rounding::double_rounding), {{-4, 3}}) == Codes{-4, -1, 3});
    CHECK(run_graph(h.done({hx}, {hy}, Rounding::single_rounding), {{-4, 3}}) == Codes{-4, 0, 3});
    CHECK(run_graph(h.done({hx}, {hy}, Rounding::single_rounding), {{-3, 4}}) == Codes{-3, 1, 4});
  }

  TEST_CASE("RESHAPE, SQUEEZE and EXPAND_DIMS keep bytes; a -1 is resolved") {
    Builder b;
    const int x = b.i8({2, 1, 6, 1}), y = b.i8({3, 4}), z = b.i8({2, 6}), w = b.i8({2, 6, 1});
    b.node(OpCode::reshape, {x}, {y}, ReshapeAttributes{{-1, 4}});
    b.node(OpCode::squeeze, {x}, {z}, SqueezeAttributes{});
    b.node(OpCode::squeeze, {x}, {w}, SqueezeAttributes{{-3}});
    const int front = b.i8({1, 2, 1, 6, 1}), back = b.i8({2, 1, 6, 1, 1});
    b.node(OpCode::expand_dims, {x, b.ints({0}, {})}, {front});
    b.node(OpCode::expand_dims, {x, b.ints({-1})}, {back});
    for (const int out : {y, z, w, front, back}) {
      check_samples(b.done({x}, {out}), {{2, 1, 6, 1}},
                    [](const std::vector<Codes>& v) { return v[0]; });
    }
  }

  TEST_CASE("RESHAPE without a shape takes its output's; [0] is a scalar's") {
    Builder b;
    const int x = b.i8({2, 6}), y = b.i8({3, 4}), one = b.i8({1, 1}), scalar = b.i8({});
    b.node(OpCode::reshape, {x}, {y}, ReshapeAttributes{});
    check_samples(b.done({x}, {y}), {{2, 6}}, [](const std::vector<Codes>& v) { return v[0]; });
    b.node(OpCode::reshape, {one, b.ints({0})}, {scalar}, ReshapeAttributes{});
    check_samples(b.done({x, one}, {scalar}), {{2, 6}, {1, 1}},
                  [](const std::vector<Codes>& v) { return v[1]; });
  }

  TEST_CASE("RESIZE_NEAREST_NEIGHBOR with align_corners and half_pixel_centers") {
    // scale (4 - 1) / (7 - 1) = 0.5, at i + 0.5, rounded half away from zero, at most 3.
    Builder b;
    const int x = b.i8({1, 1, 4, 1}), y = b.i8({1, 1, 7, 1});
    b.node(OpCode::resize_nearest_neighbor, {x, b.ints({1, 7})}, {y}, ResizeAttributes{true, true});
    CHECK(run_graph(b.done({x}, {y}), {{10, 20, 30, 40}}) == Codes{10, 20, 20, 30, 30, 40, 40});
  }
}
