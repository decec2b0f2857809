// Products of matrices, broadcast; each by OpenBLAS.
#include "core/ops/matmul.h"

#include <algorithm>

#include "core/kernels/broadcast.h"
#include "core/kernels/gemm.h"

namespace octet {
namespace {

/// The extents in front of the matrix.
Shape batch_of(const Shape& s) {
  return Shape(s.dims().first(static_cast<std::size_t>(s.rank() - 2)));
}

/// Which matrices are multiplied: product p is that of matrices a[p] and b[p].
struct Products {
  std::vector<std::int64_t> a, b;
  std::int64_t m, k, n;
  bool shared_b;  ///< one b, and all of a as one matrix with it
  Products(const Shape& sa, const Shape& sb) : m(sa[-2]), k(sa[-1]), n(sb[-1]) {
    const Broadcast broadcast("matmul", batch_of(sa), batch_of(sb));
    broadcast.for_each([&](std::int64_t ia, std::int64_t ib) {
      a.push_back(ia);
      b.push_back(ib);
    });
    shared_b = batch_of(sb).numel() == 1;
  }
  auto count() const { return static_cast<std::int64_t>(a.size()); }
};

/// The products that each of `matrices` takes part in, in order.
std::vector<std::vector<std::int64_t>> by_matrix(const std::vector<std::int64_t>& of,
                                                 std::int64_t matrices) {
  std::vector<std::vector<std::int64_t>> products(static_cast<std::size_t>(matrices));
  for (std::size_t p = 0; p < of.size(); ++p) {
    products[static_cast<std::size_t>(of[p])].push_back(static_cast<std::int64_t>(p));
  }
  return products;
}

/// out[i], of rows x columns, = beta out[i] + the sum of the products `terms[i]`, in order, each
/// with operands left(p), right(p) and depth.
template <class L, class R>
void accumulate(Context& ctx, const std::vector<std::vector<std::int64_t>>& terms,
                std::int64_t rows, std::int64_t columns, std::int64_t depth, const L& left,
                const R& right, real beta, real* out) {
  const auto product = [&](const auto& multiply, std::size_t i) {
    real* to = out + static_cast<std::int64_t>(i) * rows * columns;
    if (terms[i].empty() && beta == 0) std::fill_n(to, rows * columns, real(0));
    real add = beta;
    for (const std::int64_t p : terms[i]) {
      multiply(left(p), right(p), add, to);
      add = 1;
    }
  };
  if (terms.size() >= 8) {  // one thread each
    ctx.threads.run(static_cast<std::int64_t>(terms.size()), [&](std::int64_t i, int) {
      product([&](const Matrix& l, const Matrix& r, real add,
                  real* to) { gemm(rows, columns, depth, l, r, add, to, columns); },
              static_cast<std::size_t>(i));
    });
    return;
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    product([&](const Matrix& l, const Matrix& r, real add,
                real* to) { gemm(ctx, rows, columns, depth, l, r, add, to, columns); },
            i);
  }
}

}  // namespace

Shape MatMulOp::result(const Shape& a, const Shape& b) const {
  OCTET_CHECK(a.rank() >= 2 && b.rank() >= 2 && a[-1] == b[-2],
              "matmul: expected a [..., M, K] and b [..., K, N], got ", a, " and ", b);
  const Shape batch = Broadcast(name(), batch_of(a), batch_of(b)).shape();
  std::vector<std::int64_t> extents(batch.dims().begin(), batch.dims().end());
  extents.insert(extents.end(), {a[-2], b[-1]});
  return Shape(std::span<const std::int64_t>(extents));
}

Tensor MatMulOp::forward(Context& ctx, In x, Saved& saved) const {
  check_inputs(name(), x.size(), 2, 2);
  check_real(name(), "a", x[0]);
  check_real(name(), "b", x[1]);
  const Tensor &a = x[0], &b = x[1];
  Tensor y = ctx.empty(result(a.shape(), b.shape()));
  const Products s(a.shape(), b.shape());
  const real *pa = a.r(), *pb = b.r();
  if (s.shared_b) {
    gemm(ctx, s.count() * s.m, s.n, s.k, {pa, s.k}, {pb, s.n}, 0, y.r(), s.n);
  } else {
    std::vector<std::vector<std::int64_t>> own;
    for (std::int64_t p = 0; p < s.count(); ++p) own.push_back({p});
    accumulate(
        ctx, own, s.m, s.n, s.k,
        [&](std::int64_t p) {
          return Matrix{pa + s.a[static_cast<std::size_t>(p)] * s.m * s.k, s.k};
        },
        [&](std::int64_t p) {
          return Matrix{pb + s.b[static_cast<std::size_t>(p)] * s.k * s.n, s.n};
        },
        0, y.r());
  }
  if (saved.wanted) saved.tensors = {a, b};
  return y;
}

void MatMulOp::backward(Context& ctx, const Saved& saved, const Tensor& dy, Grads dx) const {
  const Tensor &a = saved.tensors[0], &b = saved.tensors[1];
  const Products s(a.shape(), b.shape());
  const real *pa = a.r(), *pb = b.r(), *g = dy.r();
  const auto of_y = [&](std::int64_t p) { return Matrix{g + p * s.m * s.n, s.n}; };
  if (dx[0]) {  // dy b^T
    real beta;
    real* out = dx[0]->accumulate(a.shape(), ctx, beta);
    if (s.shared_b) {
      gemm(ctx, s.count() * s.m, s.k, s.n, {g, s.n}, {pb, s.n, Trans::yes}, beta, out, s.k);
    } else {
      accumulate(
          ctx, by_matrix(s.a, batch_of(a.shape()).numel()), s.m, s.k, s.n, of_y,
          [&](std::int64_t p) {
            return Matrix{pb + s.b[static_cast<std::size_t>(p)] * s.k * s.n, s.n, Trans::yes};
          },
          beta, out);
    }
  }
  if (dx[1]) {  // a^T dy
    real beta;
    real* out = dx[1]->accumulate(b.shape(), ctx, beta);
    if (s.shared_b) {
      gemm(ctx, s.k, s.n, s.count() * s.m, {pa, s.k, Trans::yes}, {g, s.n}, beta, out, s.n);
    } else {
      accumulate(
          ctx, by_matrix(s.b, batch_of(b.shape()).numel()), s.k, s.n, s.m,
          [&](std::int64_t p) {
            return Matrix{pa + s.a[static_cast<std::size_t>(p)] * s.m * s.k, s.k, Trans::yes};
          },
          of_y, beta, out);
    }
  }
}

Var matmul(Var a, Var b) {
  return a.tape->record(std::make_shared<MatMulOp>(), {a, b});
}

}  // namespace octet
