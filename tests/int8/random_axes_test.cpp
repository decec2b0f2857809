// Random graphs of the ops that pick, repeat, reduce and multiply along axes, on every ISA, against
// index-by-index references.
#include "tests/int8/random_case.h"

using namespace octet::int8;
using namespace octet::test;
using reference::Params;

namespace {

/// Output index i is x[from(i)], or `otherwise` where that is outside.
void check_moved(RandomCase& c, OpCode op, const Dims& in, const Dims& out, Params p,
                 const std::vector<std::pair<Dims, Dims>>& operands, const Attributes& attributes,
                 const std::function<Index(const Index&)>& from) {
  const int tx = c.value(in, p), ty = c.value(out, p);
  std::vector<int> inputs{tx};
  for (const auto& [values, shape] : operands) inputs.push_back(c.ints(values, shape));
  c.node(op, inputs, {ty}, attributes);
  c.check({tx}, {ty}, [=](const std::vector<Codes>& v) {
    Codes result(static_cast<std::size_t>(count_of(out)), static_cast<std::int8_t>(p.z));
    for_each_index(out, [&](const Index& i) {
      const Index at = from(i);
      for (std::size_t d = 0; d < at.size(); ++d) {
        if (at[d] < 0 || at[d] >= in[d]) return;
      }
      result[flat(out, i)] = v[0][flat(in, at)];
    });
    return result;
  });
}

Dims list(const Dims& d) {
  return {static_cast<std::int32_t>(d.size())};
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("random TILE, BROADCAST_TO, SLICE and MIRROR_PAD: rank 1 to 5") {
    random_cases(41, 240, [](RandomCase& c) {
      const Dims in = c.dims(c.pick(1, 5));
      const std::size_t rank = in.size();
      Dims a(rank), b(rank), out(rank), pads;
      switch (c.pick(0, 3)) {
        case 0: {
          for (std::size_t d = 0; d < rank; ++d) out[d] = in[d] * (a[d] = c.pick(1, 3));
          return check_moved(c, OpCode::tile, in, out, c.params(), {{a, list(a)}}, {},
                             [in](const Index& i) {
                               Index at = i;
                               for (std::size_t d = 0; d < at.size(); ++d) at[d] %= in[d];
                               return at;
                             });
        }
        case 1: {
          Dims from = in;
          for (std::int32_t& n : from) n = c.chance(50) ? 1 : n;
          from.erase(from.begin(), from.begin() + c.pick(0, static_cast<int>(rank) - 1));
          return check_moved(c, OpCode::broadcast_to, from, in, c.params(), {{in, list(in)}}, {},
                             [from](const Index& i) {
                               Index at(i.end() - static_cast<std::ptrdiff_t>(from.size()),
                                        i.end());
                               for (std::size_t d = 0; d < at.size(); ++d) {
                                 if (from[d] == 1) at[d] = 0;
                               }
                               return at;
                             });
        }
        case 2: {
          for (std::size_t d = 0; d < rank; ++d) {
            a[d] = c.pick(0, in[d] - 1);
            out[d] = b[d] = c.pick(1, in[d] - a[d]);
            if (a[d] + b[d] == in[d] && c.chance(50)) b[d] = -1;
          }
          return check_moved(c, OpCode::slice, in, out, c.params(), {{a, list(a)}, {b, list(b)}},
                             {}, [a](const Index& i) {
                               Index at = i;
                               for (std::size_t d = 0; d < at.size(); ++d) at[d] += a[d];
                               return at;
                             });
        }
        default: {
          const bool symmetric = c.chance(50);
          for (std::size_t d = 0; d < rank; ++d) {
            const int most = std::min(in[d] - (symmetric ? 0 : 1), 5);
            pads.insert(pads.end(), {c.pick(0, most), c.pick(0, most)});
            out[d] = in[d] + pads[2 * d] + pads[2 * d + 1];
          }
          return check_moved(c, OpCode::mirror_pad, in, out, c.params(),
                             {{pads, {static_cast<std::int32_t>(rank), 2}}},
                             MirrorPadAttributes{symmetric}, [=](const Index& i) {
                               Index at = i;
                               for (std::size_t d = 0; d < at.size(); ++d) {
                                 const int n = in[d], edge = symmetric ? 1 : 0;
                                 at[d] -= pads[2 * d];
                                 if (at[d] < 0) at[d] = -at[d] - edge;
                                 if (at[d] >= n) at[d] = 2 * n - 2 + edge - at[d];
                               }
                               return at;
                             });
        }
      }
    });
  }

  TEST_CASE("random GATHER: any axis, indices of any rank, batch dimensions") {
    random_cases(42, 150, [](RandomCase& c) {
      const Dims in = c.dims(c.pick(1, 4));
      const int axis = c.pick(0, static_cast<int>(in.size()) - 1), dims = c.pick(0, axis);
      const auto at = in.begin() + axis;
      Dims index(in.begin(), in.begin() + dims), out(in.begin(), at);
      for (int k = c.pick(0, 2); k > 0; --k) index.push_back(c.pick(1, 5));
      out.insert(out.end(), index.begin() + dims, index.end());
      out.insert(out.end(), at + 1, in.end());
      Dims values(static_cast<std::size_t>(count_of(index)));
      for (std::int32_t& v : values) v = c.pick(0, *at - 1);
      const auto new_dims = static_cast<int>(index.size()) - dims;
      const bool back = c.chance(50);
      check_moved(c, OpCode::gather, in, out, c.params(), {{values, index}},
                  GatherAttributes{back ? axis - static_cast<int>(in.size()) : axis, dims},
                  [=](const Index& i) {
                    Index where(i.begin(), i.begin() + dims), from(i.begin(), i.begin() + axis);
                    where.insert(where.end(), i.begin() + axis, i.begin() + axis + new_dims);
                    from.push_back(values[flat(index, where)]);
                    from.insert(from.end(), i.begin() + axis + new_dims, i.end());
                    return from;
                  });
    });
  }

  TEST_CASE("random SPACE_TO_DEPTH, DEPTH_TO_SPACE, SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND") {
    random_cases(43, 200, [](RandomCase& c) {
      if (c.chance(40)) {
        const int b = c.pick(1, 4), channels = c.size(20);
        const Dims deep{c.pick(1, 2), c.pick(1, 4), c.pick(1, 4), channels * b * b};
        const Dims wide{deep[0], deep[1] * b, deep[2] * b, channels};
        if (c.chance(50)) {
          return check_moved(c, OpCode::depth_to_space, deep, wide, c.params(), {},
                             BlockAttributes{b}, [=](const Index& i) {
                               const int part = i[1] % b * b + i[2] % b;
                               return Index{i[0], i[1] / b, i[2] / b, part * channels + i[3]};
                             });
        }
        return check_moved(
            c, OpCode::space_to_depth, wide, deep, c.params(), {}, BlockAttributes{b},
            [=](const Index& i) {
              const int part = i[3] / channels;
              return Index{i[0], i[1] * b + part / b, i[2] * b + part % b, i[3] % channels};
            });
      }
      const int spatial = c.pick(1, 3), images = c.pick(1, 2);
      Dims block, pads, wide{images}, other{images};
      for (int d = 0; d < spatial; ++d) {
        block.push_back(c.pick(1, 3));
        const int parts = c.pick(1, 4), padded = parts * block.back();
        pads.push_back(c.pick(0, padded - 1));
        pads.push_back(c.pick(0, padded - 1 - pads.back()));
        wide.push_back(padded - pads[pads.size() - 2] - pads.back());
        other.push_back(parts);
        other[0] *= block.back();
      }
      for (int d = c.pick(0, 2); d > 0; --d) {
        wide.push_back(c.size(9));
        other.push_back(wide.back());
      }
      const std::vector<std::pair<Dims, Dims>> operands{{block, list(block)}, {pads, {spatial, 2}}};
      if (c.chance(50)) {
        return check_moved(c, OpCode::space_to_batch_nd, wide, other, c.params(), operands, {},
                           [=](const Index& i) {
                             Index at = i;
                             int rest = i[0] / images;
                             at[0] = i[0] % images;
                             for (std::size_t d = block.size(); d > 0; --d) {
                               at[d] = i[d] * block[d - 1] + rest % block[d - 1] - pads[2 * d - 2];
                               rest /= block[d - 1];
                             }
                             return at;
                           });
      }
      check_moved(c, OpCode::batch_to_space_nd, other, wide, c.params(), operands, {},
                  [=](const Index& i) {
                    Index at = i;
                    int part = 0;
                    for (std::size_t d = 1; d <= block.size(); ++d) {
                      const int pixel = i[d] + pads[2 * d - 2];
                      part = part * block[d - 1] + pixel % block[d - 1];
                      at[d] = pixel / block[d - 1];
                    }
                    at[0] += part * images;
                    return at;
                  });
    });
  }

  TEST_CASE("random PACK and UNPACK: any axis") {
    random_cases(44, 100, [](RandomCase& c) {
      Dims part = c.dims(c.pick(0, 4)), whole = part;
      const int count = c.pick(1, 5), axis = c.pick(0, static_cast<int>(part.size()));
      whole.insert(whole.begin() + axis, count);
      const Params p = c.params();
      const PackAttributes a{count, c.chance(50) ? axis : axis - static_cast<int>(whole.size())};
      std::vector<int> parts;
      for (int k = 0; k < count; ++k) parts.push_back(c.value(part, p));
      const int t = c.value(whole, p);
      const auto without = [axis](Index i) {
        i.erase(i.begin() + axis);
        return i;
      };
      if (c.chance(50)) {
        c.node(OpCode::pack, parts, {t}, a);
        return c.check(parts, {t}, [&](const std::vector<Codes>& v) {
          Codes y(static_cast<std::size_t>(count_of(whole)));
          for_each_index(whole, [&](const Index& i) {
            y[flat(whole, i)] = v[static_cast<std::size_t>(i[static_cast<std::size_t>(axis)])]
                                 [flat(part, without(i))];
          });
          return y;
        });
      }
      c.node(OpCode::unpack, {t}, parts, a);
      const int k = c.pick(0, count - 1);
      c.check({t}, {parts[static_cast<std::size_t>(k)]}, [&](const std::vector<Codes>& v) {
        Codes y(static_cast<std::size_t>(count_of(part)));
        for_each_index(whole, [&](const Index& i) {
          if (i[static_cast<std::size_t>(axis)] == k)
            y[flat(part, without(i))] = v[0][flat(whole, i)];
        });
        return y;
      });
    });
  }

  TEST_CASE("random REDUCE_MAX, REDUCE_MIN and SUM: any axes of any rank") {
    random_cases(45, 250, [](RandomCase& c) {
      const Dims in = c.chance(5) ? Dims{1, 40, 37, 18} : c.dims(c.pick(1, 5));
      const auto n = static_cast<int>(in.size());
      const Params x = c.params();
      const bool keep_dims = c.chance(50);
      Dims axes, kept = in, out;
      std::int64_t count = 1;
      for (int d = 0; d < n; ++d) {
        const bool reduced = c.chance(50) || (d + 1 == n && axes.empty());
        if (reduced) {
          axes.push_back(c.chance(50) ? d : d - n);
          count *= in[static_cast<std::size_t>(d)];
          kept[static_cast<std::size_t>(d)] = 1;
        }
        if (!reduced || keep_dims) out.push_back(kept[static_cast<std::size_t>(d)]);
      }
      const OpCode op = std::array{OpCode::reduce_max, OpCode::reduce_min,
                                   OpCode::sum}[static_cast<std::size_t>(c.pick(0, 2))];
      Params y = x;
      if (op == OpCode::sum) y = {x.s * static_cast<float>(count) * c.scale(-8, 2), c.zero_point()};
      const int tx = c.value(in, x), ty = c.value(out, y);
      c.node(op, {tx, c.ints(axes)}, {ty}, MeanAttributes{keep_dims});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
        const auto size = static_cast<std::size_t>(count_of(kept));
        std::vector<std::int64_t> sums(size, 0);
        Codes most(size, -128), least(size, 127);
        for_each_index(in, [&](const Index& i) {
          Index to = i;
          for (std::size_t d = 0; d < to.size(); ++d) {
            if (kept[d] == 1) to[d] = 0;
          }
          const std::int8_t code = v[0][flat(in, i)];
          const std::size_t at = flat(kept, to);
          sums[at] += code - x.z;
          most[at] = std::max(most[at], code);
          least[at] = std::min(least[at], code);
        });
        if (op == OpCode::reduce_max) return most;
        if (op == OpCode::reduce_min) return least;
        const reference::Factor f = reference::factor(double{x.s} / double{y.s});
        Codes result;
        for (const std::int64_t sum : sums)
          result.push_back(saturated(reference::times(sum, f, c.rounding) + y.z));
        return result;
      });
    });
  }

  TEST_CASE("random BATCH_MATMUL: broadcast, transposed, with constants") {
    random_cases(46, 150, [](RandomCase& c) {
      const int m = c.size(20), n = c.size(20), depth = c.size(70);
      Dims front;
      for (int d = c.pick(0, 3); d > 0; --d) front.push_back(c.pick(1, 3));
      const bool adj[] = {c.chance(50), c.chance(50)};
      const Params p[] = {c.params(), c.params()};
      const Params y{p[0].s * p[1].s * c.scale(-3, 12), c.zero_point()};
      Dims dims[2];
      for (int i = 0; i < 2; ++i) {
        for (const std::int32_t size : front) dims[i].push_back(c.chance(30) ? 1 : size);
      }
      for (std::size_t d = 0; d < front.size(); ++d) front[d] = std::max(dims[0][d], dims[1][d]);
      while (!dims[1].empty() && dims[1][0] == 1 && c.chance(50)) dims[1].erase(dims[1].begin());
      const Dims a = adj[0] ? Dims{depth, m} : Dims{m, depth};
      const Dims b = adj[1] ? Dims{n, depth} : Dims{depth, n};
      dims[0].insert(dims[0].end(), a.begin(), a.end());
      dims[1].insert(dims[1].end(), b.begin(), b.end());
      Dims out = front;
      out.insert(out.end(), {m, n});
      const int constant = c.pick(0, 2);  // 2: none
      const Codes fixed = c.codes(count_of(dims[constant % 2]));
      int t[2];
      std::vector<int> inputs;
      for (int i = 0; i < 2; ++i) {
        t[i] = i == constant ? c.fixed(dims[i], fixed, p[i]) : c.value(dims[i], p[i]);
        if (i != constant) inputs.push_back(t[i]);
      }
      const int ty = c.value(out, y);
      c.node(OpCode::batch_matmul, {t[0], t[1]}, {ty}, BatchMatMulAttributes{adj[0], adj[1]});
      const reference::Factor f = reference::factor(double{p[0].s} * double{p[1].s} / double{y.s});
      c.check(inputs, {ty}, [&](const std::vector<Codes>& v) {
        const Codes& va = constant == 0 ? fixed : v[0];
        const Codes& vb = constant == 1 ? fixed : v.back();
        Codes result(static_cast<std::size_t>(count_of(out)));
        for_each_index(out, [&](const Index& i) {
          const int row = i[i.size() - 2], column = i.back();
          std::int64_t sum = 0;
          for (int k = 0; k < depth; ++k) {
            Index at = i, by = i;
            at[i.size() - 2] = adj[0] ? k : row;
            at.back() = adj[0] ? row : k;
            by[i.size() - 2] = adj[1] ? column : k;
            by.back() = adj[1] ? k : column;
            sum += (va[broadcast_flat(dims[0], at)] - p[0].z) *
                   (vb[broadcast_flat(dims[1], by)] - p[1].z);
          }
          result[flat(out, i)] = saturated(reference::times(sum, f, c.rounding) + y.z);
        });
        return result;
      });
    });
  }
}
