// Integers that are computed while a file is read: what a RESHAPE then has as its shape.
#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <limits>

#include "base/error.h"
#include "int8/engine/model.h"
#include "int8/ops/node_view.h"
#include "tests/interop/file_builder.h"

using namespace octet::test;
namespace int8 = octet::int8;

namespace {

enum Code {
  add = 0,
  concatenation = 2,
  dequantize = 6,
  mul = 18,
  reshape = 22,
  gather = 36,
  sub = 41,
  divide = 42,
  squeeze = 43,
  strided_slice = 45,
  cast = 53,
  maximum = 55,
  minimum = 57,
  slice = 65,
  expand_dims = 70,
  sum = 74,
  shape = 77,
  reduce_prod = 81,
  reduce_max = 82,
  pack = 83,
  unpack = 88,
  reduce_min = 89,
  floor_div = 90,
  fill = 94,
  floor_mod = 95,
  range = 96,
  rank = 110,
  broadcast_to = 130,
  broadcast_args = 145
};

using Ints = std::vector<std::int32_t>;

/// A value [1, 3, 4, 2] that is reshaped to what `make` adds to the file.
struct Chain : FileBuilder {
  int x = i8({1, 3, 4, 2});
  int result() { return tensor(INT32, {}); }
  int shape_of_x() {
    const int s = tensor(INT32, {4});
    op(shape, {x}, {s});
    return s;
  }
  void finish(int new_shape) {
    const int y = i8({1, 24});
    op(reshape, {x, new_shape}, {y});
    graph().inputs = {x};
    graph().outputs = {y};
  }
};
using Make = std::function<int(Chain&)>;

int8::Graph graph_of(const Make& make) {
  Chain c;
  c.finish(make(c));
  return c.parse();
}
/// The shape operand of the only node that is left.
int8::TensorDef operand(const Make& make) {
  const int8::Graph graph = graph_of(make);
  REQUIRE(graph.nodes.size() == 1);
  return graph.tensors[static_cast<std::size_t>(graph.nodes[0].inputs[1])];
}
Ints values(const Make& make) {
  return int8::read_i32(operand(make));
}
std::string refusal(const Make& make) {
  try {
    graph_of(make);
    return "";
  } catch (const octet::Error& e) {
    return e.what();
  }
}

/// Operator `code` on constants, without options.
Make of_constants(Code code, std::vector<Ints> operands) {
  return [=](Chain& c) {
    std::vector<std::int32_t> inputs;
    for (const Ints& o : operands) inputs.push_back(c.i32(o));
    const int y = c.result();
    c.op(code, inputs, {y});
    return y;
  };
}

}  // namespace

TEST_SUITE("tflite") {
  TEST_CASE("constants: the chain of a flatten, in front of RESHAPE") {
    const Make flatten = [](Chain& c) {
      const int batch = c.result(), y = c.tensor(INT32, {2});
      fbs::StridedSliceOptionsT options;
      options.shrink_axis_mask = 1;
      c.op(strided_slice, {c.shape_of_x(), c.i32({0}), c.i32({1}), c.i32({1})}, {batch}, options);
      fbs::PackOptionsT packed;
      packed.values_count = 2;
      c.op(pack, {batch, c.i32({24}, {})}, {y}, packed);
      return y;
    };
    CHECK(values(flatten) == Ints{1, 24});
    // The batch may be open; the rest must be known.
    const auto signed_as = [&](Ints signature) {
      return [=](Chain& c) {
        c.graph().tensors[static_cast<std::size_t>(c.x)]->shape_signature = signature;
        return flatten(c);
      };
    };
    CHECK(values(signed_as({-1, 3, 4, 2})) == Ints{1, 24});
    CHECK(refusal(signed_as({-1, -1, 4, 2})) != "");
    const int8::Model model(graph_of(flatten));
    CHECK(model.steps().size() == 1);
  }

  TEST_CASE("constants: what only a SHAPE reads is not computed, and need not be supported") {
    const auto chain = [](bool read_twice) {
      return [=](Chain& c) {
        const int f = c.tensor(FLOAT32, {1, 3, 4, 2}), g = c.tensor(FLOAT32, {1, 3, 4, 2});
        c.op(dequantize, {c.x}, {f});
        c.op(/*SIN*/ 66, {f}, {g});
        const int s = c.tensor(INT32, {4});
        c.op(shape, {g}, {s});
        if (read_twice) c.op(/*SIN*/ 66, {g}, {c.tensor(FLOAT32, {1, 3, 4, 2})});
        return s;
      };
    };
    CHECK(values(chain(false)) == Ints{1, 3, 4, 2});
    CHECK(refusal(chain(true)).find("SIN (66)") != std::string::npos);
  }

  TEST_CASE("constants: what the batch enters has the shape of one sample, also behind it") {
    Chain c;
    const auto open = [&](int t, Ints signature) {
      c.graph().tensors[static_cast<std::size_t>(t)]->shape_signature = std::move(signature);
      return t;
    };
    open(c.x, {-1, 3, 4, 2});
    const auto shape_of = [](const int8::Graph& g, int t) {
      return g.tensors[static_cast<std::size_t>(t)].shape;
    };
    const int rows = c.result(), columns = c.result(), both = c.tensor(INT32, {2});
    c.op(reduce_prod, {c.shape_of_x(), c.i32({0})}, {rows});
    fbs::StridedSliceOptionsT last;
    last.shrink_axis_mask = 1;
    c.op(strided_slice, {c.shape_of_x(), c.i32({-1}), c.i32({0}), c.i32({1})}, {columns}, last);
    const int all = c.result();
    c.op(floor_div, {rows, columns}, {all});
    c.op(pack, {all, columns}, {both});
    const int flat = open(c.i8({1, 1}), {-1, -1}), positive = open(c.i8({1, 1}), {-1, -1});
    const int w = c.i8({5, 2}), product = open(c.i8({1, 5}), {-1, 5}),
              y = open(c.i8({1, 12, 5}), {-1, 12, 5});
    c.set_data(w, std::vector<std::int8_t>(10, 1));
    c.op(reshape, {c.x, both}, {flat});
    c.op(/*RELU*/ 19, {flat}, {positive});
    c.op(/*FULLY_CONNECTED*/ 9, {positive, w}, {product});
    c.op(reshape, {product, c.i32({-1, 12, 5})}, {y});
    c.graph().inputs = {c.x};
    c.graph().outputs = {y};
    const int8::Graph graph = c.parse();
    CHECK(graph.nodes.size() == 4);
    CHECK(shape_of(graph, flat) == Ints{12, 2});
    CHECK(shape_of(graph, positive) == Ints{12, 2});
    CHECK(shape_of(graph, product) == Ints{12, 5});
    CHECK(int8::Model(graph).steps().size() == 4);
  }

  TEST_CASE("constants: codes repeated by the batch: TILE, BROADCAST_TO and FILL") {
    for (const int code : {/*TILE*/ 69, /*BROADCAST_TO*/ 130, /*FILL*/ 94}) {
      CAPTURE(code);
      Chain c;
      c.graph().tensors[0]->shape_signature = {-1, 3, 4, 2};
      const int batch = c.result(), to = c.tensor(INT32, {2});
      fbs::StridedSliceOptionsT first;
      first.shrink_axis_mask = 1;
      c.op(strided_slice, {c.shape_of_x(), c.i32({0}), c.i32({1}), c.i32({1})}, {batch}, first);
      fbs::PackOptionsT packed;
      packed.values_count = 2;
      const bool tile = code == 69;
      c.op(pack, {batch, c.i32({tile ? 1 : 24}, {})}, {to}, packed);
      const int codes = tile ? c.i8({1, 24}) : code == 94 ? c.i8({}) : c.i8({1, 1});
      c.set_data(codes, std::vector<std::int8_t>(tile ? 24 : 1, 7));
      const int flat = c.i8({1, 24}), many = c.i8({1, 1}), y = c.i8({1, 24}, 1.0f);
      c.graph().tensors[static_cast<std::size_t>(many)]->shape_signature = {-1, -1};
      c.op(reshape, {c.x, c.i32({-1, 24})}, {flat});
      c.op(code, code == 94 ? Ints{to, codes} : Ints{codes, to}, {many});
      c.op(add, {flat, many}, {y});
      c.graph().inputs = {c.x};
      c.graph().outputs = {y};
      const int8::Model model(c.parse(), {.ops = &int8::all_ops()});
      int8::ExecutionContext context(model, {.batch = 2});
      for (std::byte& code_of_x : context.input(0)) code_of_x = std::byte{3};
      context.run();
      for (const std::byte sum : context.output(0)) CHECK(sum == std::byte{5});
    }
  }

  TEST_CASE("indices of INT64 go out, or as CAST of them") {
    FileBuilder f;
    const int x = f.i8({1, 2, 3}), at = f.tensor(INT64, {1, 2}), narrow = f.tensor(INT32, {1, 2});
    f.op(/*ARG_MAX*/ 56, {x, f.i32({2})}, {at});
    f.op(cast, {at}, {narrow});
    f.graph().inputs = {x};
    f.graph().outputs = {at, narrow};
    const int8::Graph graph = f.parse();
    CHECK_THROWS_WITH_AS(int8::Model{graph}, doctest::Contains("octet_all_operators"),
                         octet::Error);
    const int8::Model model(graph, {.ops = &int8::all_ops()});
    CHECK(model.outputs()[0].type == int8::DType::i64);
    CHECK(model.outputs()[0].bytes == 16);
    int8::ExecutionContext context(model);
    const std::int8_t in[] = {1, 5, 2, 7, -1, 7};
    std::memcpy(context.input(0).data(), in, sizeof in);
    context.run();
    const std::int64_t wide[] = {1, 0};
    const std::int32_t less[] = {1, 0};
    CHECK(std::memcmp(context.output(0).data(), wide, sizeof wide) == 0);
    CHECK(std::memcmp(context.output(1).data(), less, sizeof less) == 0);
  }

  TEST_CASE("a model may return constants, under its signature's names") {
    FileBuilder f;
    const int x = f.i8({1, 2}), y = f.i8({1, 2}), codes = f.i8({1, 3});
    const int reals = f.tensor(FLOAT32, {2}), counts = f.i32({3, 4});
    f.set_data(codes, std::vector<std::int8_t>{7, 8, 9});
    f.set_data(reals, std::vector<float>{0.5f, -2});
    f.op(/*RELU*/ 19, {x}, {y});
    f.graph().inputs = {x};
    f.graph().outputs = {codes, y, reals, counts};
    auto signature = std::make_unique<fbs::SignatureDefT>();
    signature->outputs.push_back(std::make_unique<fbs::TensorMapT>());
    signature->outputs[0]->name = "anchors";
    signature->outputs[0]->tensor_index = static_cast<std::uint32_t>(codes);
    f.model.signature_defs.push_back(std::move(signature));
    const int8::Model model(f.parse());
    CHECK(model.outputs()[0].name == "anchors");
    int8::ExecutionContext context(model, {.batch = 2});
    context.run();
    const auto bytes_of = [&](int i) {
      const auto y_bytes = context.output(i);
      return std::vector<std::byte>(y_bytes.begin(), y_bytes.end());
    };
    const auto twice = [](auto values) {
      auto all = values;
      all.insert(all.end(), values.begin(), values.end());
      const auto bytes = std::as_bytes(std::span(all));
      return std::vector<std::byte>(bytes.begin(), bytes.end());
    };
    CHECK(bytes_of(0) == twice(std::vector<std::int8_t>{7, 8, 9}));
    CHECK(bytes_of(2) == twice(std::vector<float>{0.5f, -2}));
    CHECK(bytes_of(3) == twice(std::vector<std::int32_t>{3, 4}));
  }

  TEST_CASE("constants: arithmetic") {
    CHECK(values(of_constants(add, {{1, 2, 3}, {10}})) == Ints{11, 12, 13});
    CHECK(values(of_constants(sub, {{5}, {1, -2}})) == Ints{4, 7});
    CHECK(values(of_constants(mul, {{3, 4}, {-5, 6}})) == Ints{-15, 24});
    CHECK(values(of_constants(divide, {{7, -7}, {2, 2}})) == Ints{3, -3});
    CHECK(values(of_constants(floor_div, {{7, -7, 7, -8}, {2, 2, -2, -2}})) == Ints{3, -4, -4, 4});
    CHECK(values(of_constants(floor_mod, {{7, -7, 7, -8}, {3, 3, -3, -2}})) == Ints{1, 2, -2, 0});
    CHECK(values(of_constants(maximum, {{1, 9}, {4}})) == Ints{4, 9});
    CHECK(values(of_constants(minimum, {{1, 9}, {4}})) == Ints{1, 4});
    CHECK(values(of_constants(reduce_prod, {{2, 3, 4}, {0}})) == Ints{24});
    CHECK(values(of_constants(sum, {{2, 3, 4}, {-1}})) == Ints{9});
    CHECK(values(of_constants(reduce_max, {{2, 7, 4}, {0}})) == Ints{7});
    CHECK(values(of_constants(reduce_min, {{2, 7, 4}, {0}})) == Ints{2});
    const auto reduced = [](bool keep) {
      return [keep](Chain& c) {
        fbs::ReducerOptionsT options;
        options.keep_dims = keep;
        const int y = c.result();
        c.op(sum, {c.i32({1, 2, 3, 4, 5, 6}, {2, 3}), c.i32({1})}, {y}, options);
        return y;
      };
    };
    CHECK(values(reduced(true)) == Ints{6, 15});
    CHECK(operand(reduced(true)).shape == Ints{2, 1});
    CHECK(operand(reduced(false)).shape == Ints{2});
  }

  TEST_CASE("constants: moves") {
    const auto with = [](Code code, std::vector<std::pair<Ints, Ints>> operands, auto options) {
      return [=](Chain& c) {
        std::vector<std::int32_t> inputs;
        for (const auto& [v, s] : operands) inputs.push_back(c.i32(v, s));
        const int y = c.result();
        c.op(code, inputs, {y}, options);
        return y;
      };
    };
    const std::pair<Ints, Ints> matrix{{1, 2, 3, 4, 5, 6}, {2, 3}};
    fbs::ConcatenationOptionsT last;
    last.axis = -1;
    CHECK(values(with(concatenation, {matrix, {{7, 8}, {2, 1}}}, last)) ==
          Ints{1, 2, 3, 7, 4, 5, 6, 8});
    fbs::PackOptionsT second;
    second.values_count = 2;
    second.axis = 1;
    CHECK(values(with(pack, {{{1, 2}, {2}}, {{3, 4}, {2}}}, second)) == Ints{1, 3, 2, 4});
    fbs::GatherOptionsT columns;
    columns.axis = 1;
    CHECK(values(with(gather, {matrix, {{2, 0}, {2}}}, columns)) == Ints{3, 1, 6, 4});
    columns.axis = 0;
    CHECK(operand(with(gather, {{{5, 6}, {2}}, {{1}, {}}}, columns)).shape == Ints{});
    fbs::StridedSliceOptionsT masks;
    masks.begin_mask = 2;
    masks.end_mask = 2;
    CHECK(values(with(strided_slice, {matrix, {{-1, 9}, {2}}, {{9, 0}, {2}}, {{1, -2}, {2}}},
                      masks)) == Ints{6, 4});
    CHECK(values(of_constants(strided_slice, {{4, 5, 6}, {1}, {99}, {1}})) == Ints{5, 6});
    CHECK(values(of_constants(slice, {{4, 5, 6}, {1}, {-1}})) == Ints{5, 6});
    CHECK(values(of_constants(expand_dims, {{4, 5}, {-1}})) == Ints{4, 5});
    CHECK(operand(of_constants(expand_dims, {{4, 5}, {-1}})).shape == Ints{2, 1});
    CHECK(operand(of_constants(squeeze, {{4}})).shape == Ints{});
    CHECK(operand(of_constants(reshape, {{1, 2, 3, 4}, {2, -1}})).shape == Ints{2, 2});
    CHECK(values(of_constants(fill, {{3}, {7}})) == Ints{7, 7, 7});
    CHECK(values(of_constants(range, {{3}, {-2}, {-2}})) == Ints{3, 1, -1});
    CHECK(values(of_constants(broadcast_to, {{3}, {2, 2}})) == Ints{3, 3, 3, 3});
    CHECK(values(of_constants(broadcast_args, {{3, 1}, {2, 1, 4}})) == Ints{2, 3, 4});
    CHECK(values(of_constants(rank, {{1, 2, 3}})) == Ints{1});
    CHECK(values([](Chain& c) {
            const int a = c.result(), b = c.result(), y = c.result();
            c.op(unpack, {c.i32({4, 6})}, {a, b});
            c.op(pack, {b, a}, {y});
            return y;
          }) == Ints{6, 4});
  }

  TEST_CASE("constants: INT64, also where nothing is computed") {
    CHECK(values([](Chain& c) {
            const int wide = c.tensor(INT64, {4}), y = c.tensor(INT32, {4});
            c.op(mul, {c.i64({1, 3, 4, std::int64_t{1} << 40}), c.i64({1, 1, 1, 0})}, {wide});
            c.op(cast, {wide}, {y});
            return y;
          }) == Ints{1, 3, 4, 0});
    CHECK(values([](Chain& c) { return c.i64({1, -1}); }) == Ints{1, -1});
    CHECK(refusal([](Chain& c) {
            return c.i64({1, std::int64_t{1} << 40});
          }) == "1099511627776 is no INT32");
  }

  TEST_CASE("constants: a batch that RESHAPE takes in is told by its constant, and passed on") {
    for (const int elementwise : {/*FLOOR*/ 8, 11, 19, 20, /*DIV*/ 42, 50, 59, 73, 75, 92, 104, 116,
                                  /*RELU_0_TO_1*/ 152}) {
      CAPTURE(elementwise);
      Chain c;
      const auto open = [&](int t, Ints signature) {
        c.graph().tensors[static_cast<std::size_t>(t)]->shape_signature = std::move(signature);
        return t;
      };
      open(c.x, {-1, 3, 4, 2});
      const int rows = open(c.i8({1, 2}), {-1, 2}), same = open(c.i8({1, 2}), {-1, 2});
      const int size = c.result(), y = c.i8({1, 24});
      c.op(reshape, {c.x, c.i32({-1, 2})}, {rows});
      c.op(elementwise, elementwise == 42 ? Ints{rows, rows} : Ints{rows}, {same});
      const int dims = c.tensor(INT32, {2});
      c.op(shape, {same}, {dims});
      c.op(reduce_prod, {dims, c.i32({0})}, {size});
      const int both = c.tensor(INT32, {2});
      c.op(pack, {c.i32({1}, {}), size}, {both});
      c.op(reshape, {same, both}, {y});
      c.graph().inputs = {c.x};
      c.graph().outputs = {y};
      const int8::Graph graph = c.parse();
      CHECK(graph.tensors[static_cast<std::size_t>(same)].shape == Ints{12, 2});
      CHECK(int8::read_i32(graph.tensors[static_cast<std::size_t>(both)]) == Ints{1, 24});
    }
  }

  TEST_CASE("constants refused") {
    const auto says = [](const Make& make, const std::string& text) {
      const std::string message = refusal(make);
      CAPTURE(message);
      CHECK(message.find(text) != std::string::npos);
    };
    const std::int32_t most = std::numeric_limits<std::int32_t>::max();
    says(of_constants(mul, {{most}, {2}}), "operator 0 (MUL (18)): 4294967294 is no INT32");
    says(of_constants(add, {{1, 2}, {1, 2, 3}}), "do not broadcast");
    says(of_constants(floor_div, {{1}, {0}}), "division by 0");
    says(of_constants(gather, {{1, 2}, {2}}), "index 2 of 2");
    says(of_constants(gather, {{1, 2}, {-1}}), "index -1 of 2");
    says(of_constants(reduce_prod, {{1}, {1}}), "axis 1 of 1 dimensions");
    says(of_constants(expand_dims, {{1}, {2}}), "axis 2 of 2 dimensions");
    says(of_constants(strided_slice, {{1, 2}, {0}, {2}, {0}}), "a stride of 0");
    says(of_constants(slice, {{1, 2}, {1}, {2}}), "size 2 from 1 of 2");
    says(of_constants(fill, {{2000}, {1}}), "more than 1024 integers");
    says(of_constants(fill, {{-1}, {1}}), "a dimension of -1");
    says(of_constants(fill, {{0, 2000000000, 2000000000}, {1}}), "more than 1024 integers");
    says(
        [](Chain& c) {  // each doubles the rank
          int t = c.i32({0}, {1, 1});
          for (int i = 0; i < 30; ++i) {
            const int y = c.result();
            c.op(gather, {t, t}, {y});
            t = y;
          }
          return t;
        },
        "expected integers of at most 8 dimensions, got 9");
    says(
        [](Chain& c) {
          const int y = c.result();
          c.op(unpack, {c.i32({1, 2, 3})}, {y});
          return y;
        },
        "expected 3 outputs, got 1");
    says(of_constants(range, {{0}, {5}, {0}}), "a step of 0");
    says(of_constants(range, {{0}, {most}, {1}}), "more than 1024 integers");
    says(of_constants(reshape, {{1, 2, 3}, {2, -1}}), "does not fit");
    says(of_constants(pack, {{1, 2}, {1}}), "different shapes");
    says(of_constants(concatenation, {{1}, {}}), "tensor 2 (\"t2\"): a dimension is 0");
    const std::int64_t widest = std::numeric_limits<std::int64_t>::max();
    says(
        [=](Chain& c) {
          const int y = c.tensor(INT64, {1});
          c.op(add, {c.i64({widest}), c.i64({1})}, {y});
          return y;
        },
        "overflow");
    says(of_constants(sub, {{1}}), "1 inputs, expected at least 2");
    // What is not known stays, and is refused by its name.
    says(
        [](Chain& c) {
          const int y = c.result();
          c.op(shape, {c.tensor(INT8, {1, 0})}, {y});
          return y;
        },
        "SHAPE (77)");
    CHECK(graph_of(of_constants(add, {Ints(2000, 1), {1}})).nodes.size() == 2);
  }
}
