// Random graphs of the ops that move codes, on every ISA, against index-by-index references.
#include "tests/int8/random_case.h"

using namespace octet::int8;
using namespace octet::test;
using reference::Params;

namespace {

/// Large enough for tiles and remainders in two dimensions, small in the others.
Dims matrix_dims(RandomCase& c, int rank) {
  Dims d(static_cast<std::size_t>(rank), 1);
  for (std::int32_t& n : d) n = c.pick(1, 3);
  for (int k = 0; k < 2; ++k) d[static_cast<std::size_t>(c.pick(0, rank - 1))] = c.size(40);
  return d;
}

/// Every output index reads x[from(index)].
RandomCase::Expected moved(const Dims& in, const Dims& out,
                           const std::function<Index(const Index&)>& from) {
  return [=](const std::vector<Codes>& v) {
    Codes result(static_cast<std::size_t>(count_of(out)));
    for_each_index(out, [&](const Index& i) { result[flat(out, i)] = v[0][flat(in, from(i))]; });
    return result;
  };
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("random TRANSPOSE: rank 1 to 6") {
    random_cases(20, 200, [](RandomCase& c) {
      const int rank = c.pick(1, 6);
      const Dims in = matrix_dims(c, rank);
      Dims perm;
      for (int d = 0; d < rank; ++d) perm.push_back(d);
      std::shuffle(perm.begin(), perm.end(), c.rng);
      Dims out;
      for (const int p : perm) out.push_back(in[static_cast<std::size_t>(p)]);
      const Params p = c.params();
      const int tx = c.value(in, p), ty = c.value(out, p);
      c.node(OpCode::transpose, {tx, c.ints(perm)}, {ty});
      c.check({tx}, {ty}, moved(in, out, [&](const Index& i) {
                Index from(i.size());
                for (std::size_t d = 0; d < i.size(); ++d) {
                  from[static_cast<std::size_t>(perm[d])] = i[d];
                }
                return from;
              }));
    });
  }

  TEST_CASE("random PAD and PADV2: rank 1 to 5") {
    random_cases(21, 200, [](RandomCase& c) {
      const int rank = c.pick(1, 5);
      const Dims in = matrix_dims(c, rank);
      Dims pads, out;
      for (const std::int32_t n : in) {
        const int before = c.chance(50) ? c.pick(0, 3) : 0, after = c.chance(50) ? c.pick(0, 3) : 0;
        pads.insert(pads.end(), {before, after});
        out.push_back(before + n + after);
      }
      const Params p = c.params();
      const bool v2 = c.chance(50);
      const std::int8_t value = static_cast<std::int8_t>(v2 ? c.pick(-128, 127) : p.z);
      const int tx = c.value(in, p), ty = c.value(out, p);
      std::vector<int> operands{tx, c.ints(pads, {rank, 2})};
      if (v2) operands.push_back(c.fixed(c.chance(50) ? Dims{} : Dims{1}, {value}, p));
      c.node(v2 ? OpCode::padv2 : OpCode::pad, operands, {ty});
      c.check({tx}, {ty}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(out)), value);
        for_each_index(in, [&](const Index& i) {
          Index to = i;
          for (std::size_t d = 0; d < i.size(); ++d) to[d] += pads[2 * d];
          result[flat(out, to)] = v[0][flat(in, i)];
        });
        return result;
      });
    });
  }

  TEST_CASE("random STRIDED_SLICE: rank 1 to 5, masks, negative strides and indices") {
    random_cases(22, 250, [](RandomCase& c) {
      const int rank = c.pick(1, 5);
      const Dims in = matrix_dims(c, rank);
      Dims begin, end, by, out, kept;
      StridedSliceAttributes a;
      std::vector<int> first;
      for (int d = 0; d < rank; ++d) {
        const int n = in[static_cast<std::size_t>(d)];
        const int at = c.pick(0, n - 1);
        const auto maybe_negative = [&](int index) { return c.chance(30) ? index - n : index; };
        if (c.chance(20)) {  // one index; the dimension goes
          begin.push_back(maybe_negative(at));
          end.push_back(c.pick(-n, n));
          by.push_back(1);
          a.shrink_axis_mask |= 1 << d;
          first.push_back(at);
          kept.push_back(1);
          continue;
        }
        const bool back = c.chance(30);
        const int stride = c.pick(1, 3);
        const bool from_edge = c.chance(30), to_edge = c.chance(30);
        const int start = from_edge ? (back ? n - 1 : 0) : at;
        // `stop` is the first index not taken.
        const int stop =
            to_edge ? (back ? -1 : n) : (back ? c.pick(-1, start - 1) : c.pick(start + 1, n));
        if (from_edge) a.begin_mask |= 1 << d;
        if (to_edge) a.end_mask |= 1 << d;
        begin.push_back(from_edge ? c.pick(-9, 9) : maybe_negative(start));
        // -1 as a stop is out of reach of an index: a very negative one is clamped to it.
        end.push_back(to_edge ? c.pick(-9, 9)
                              : (stop < 0 ? -n - 1 - c.pick(0, 5)
                                          : (stop == n ? n + c.pick(0, 5) : maybe_negative(stop))));
        by.push_back(back ? -stride : stride);
        first.push_back(start);
        kept.push_back((std::abs(stop - start) + stride - 1) / stride);
        out.push_back(kept.back());
      }
      const Params p = c.params();
      const int tx = c.value(in, p), ty = c.value(out, p);
      c.node(OpCode::strided_slice, {tx, c.ints(begin), c.ints(end), c.ints(by)}, {ty}, a);
      c.check({tx}, {ty}, moved(in, kept, [&](const Index& i) {
                Index from(i.size());
                for (std::size_t d = 0; d < i.size(); ++d) from[d] = first[d] + i[d] * by[d];
                return from;
              }));
    });
  }

  TEST_CASE("random CONCATENATION, SPLIT and SPLIT_V: any axis of rank 1 to 5") {
    random_cases(23, 150, [](RandomCase& c) {
      const int rank = c.pick(1, 5), axis = c.pick(0, rank - 1), parts = c.pick(1, 5);
      const auto a = static_cast<std::size_t>(axis);
      const int written = c.chance(50) ? axis : axis - rank;
      Dims shape = matrix_dims(c, rank), whole = shape;
      const Params p = c.params();
      if (c.chance(40)) {
        const bool uneven = c.chance(50);
        Dims sizes, starts;
        whole[a] = 0;
        std::vector<int> outputs;
        for (int k = 0; k < parts; ++k) {
          if (uneven) shape[a] = c.size(20);
          sizes.push_back(shape[a]);
          starts.push_back(whole[a]);
          whole[a] += shape[a];
          outputs.push_back(c.value(shape, p));
        }
        const int tx = c.value(whole, p);
        const int along = c.ints({written}, c.chance(50) ? Dims{} : Dims{1});
        const auto k = static_cast<std::size_t>(c.pick(0, parts - 1));
        Dims part = whole;
        part[a] = sizes[k];
        if (uneven) {
          if (c.chance(50)) sizes[static_cast<std::size_t>(c.pick(0, parts - 1))] = -1;
          c.node(OpCode::split_v, {tx, c.ints(sizes), along}, outputs, SplitAttributes{parts});
        } else {
          c.node(OpCode::split, {along, tx}, outputs, SplitAttributes{parts});
        }
        c.check({tx}, {outputs[k]}, moved(whole, part, [&](const Index& i) {
                  Index from = i;
                  from[a] += starts[k];
                  return from;
                }));
        return;
      }
      whole[a] = 0;
      std::vector<int> inputs, operands;
      std::vector<Dims> shapes;
      std::vector<Codes> constants;
      for (int k = 0; k < parts; ++k) {
        shape[a] = c.size(20);
        whole[a] += shape[a];
        shapes.push_back(shape);
        const bool fixed = k > 0 && c.chance(25);
        constants.push_back(fixed ? c.codes(count_of(shape)) : Codes{});
        operands.push_back(fixed ? c.fixed(shape, constants.back(), p) : c.value(shape, p));
        if (!fixed) inputs.push_back(operands.back());
      }
      const int ty = c.value(whole, p);
      c.node(OpCode::concatenation, operands, {ty}, ConcatenationAttributes{written});
      c.check(inputs, {ty}, [&](const std::vector<Codes>& v) {
        Codes result(static_cast<std::size_t>(count_of(whole)));
        int start = 0;
        std::size_t next = 0;
        for (std::size_t k = 0; k < shapes.size(); ++k) {
          const Codes& x = constants[k].empty() ? v[next++] : constants[k];
          for_each_index(shapes[k], [&](const Index& i) {
            Index to = i;
            to[a] += start;
            result[flat(whole, to)] = x[flat(shapes[k], i)];
          });
          start += shapes[k][a];
        }
        return result;
      });
    });
  }
}
