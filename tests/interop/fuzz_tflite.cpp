// libFuzzer target (clang): arbitrary bytes through reader, writer, engine. Whatever they are,
// there is an octet::Error or a result, within the memory limits; what the reader accepts, the
// writer writes and the reader reads again; the best kernels give the portable ones' bytes.
// `fuzz_tflite --seeds FOLDER` writes a corpus to begin with.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>

#include "base/error.h"
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/interop/file_builder.h"
#include "tests/interop/fuzz_target.h"

namespace {

using octet::test::require;
namespace int8 = octet::int8;

/// Bytes of all values of one sample: what a context may at most need.
double value_bytes(const int8::Graph& graph) {
  double bytes = 0;
  for (const int8::TensorDef& t : graph.tensors) {
    double one = static_cast<double>(int8::dtype_size(t.type));
    for (const std::int32_t d : t.shape) one *= d;
    bytes += one;
  }
  return bytes;
}

int8::Graph rewritten(const int8::Graph& graph) {
  const auto bytes = std::make_shared<const std::vector<std::byte>>(octet::serialize_tflite(graph));
  return octet::parse_tflite(*bytes, bytes);
}

/// The first writing fills in what files may leave out; after that nothing changes.
void check_round_trip(const int8::Graph& graph) {
  const int8::Graph complete = rewritten(graph);
  require(octet::test::describe(rewritten(complete)) == octet::test::describe(complete),
          "a graph changed when it was written and read");
}

constexpr std::size_t memory_limit = std::size_t{1} << 26;

std::vector<std::byte> outputs(const int8::Model& model) {
  int8::ExecutionContext context(model, {.batch = 2, .threads = 1, .memory_limit = memory_limit});
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const auto to = context.input(static_cast<int>(i));
    for (std::size_t k = 0; k < to.size(); ++k) to[k] = static_cast<std::byte>(k * 37);
  }
  context.run();
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    const auto y = context.output(static_cast<int>(i));
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

void run(const int8::Graph& graph) {
  const int8::Model model(graph, {.memory_limit = memory_limit, .ops = &int8::all_ops()});
  // Large models are valid; they only take too long here.
  if (value_bytes(graph) > 4e6 || model.macs() > 2'000'000) return;
  const int8::Model portable(graph,
                             {.isa = int8::Isa::portable, .fuse = false, .ops = &int8::all_ops()});
  require(outputs(model) == outputs(portable), "the kernels' bytes differ from the portable ones");
}

/// A channel that is switched off, with a saturated bias, and a tensor that nothing uses.
int8::Graph dead_channel_graph() {
  int8::Graph graph = octet::test::small_graph();
  graph.tensors[1].quantization.scale[1] = 0.0f;
  const std::int32_t bias[] = {3, std::numeric_limits<std::int32_t>::max(), -5};
  graph.tensors[2].constant = int8::own_bytes(std::as_bytes(std::span(bias)));
  graph.tensors.push_back(graph.tensors[0]);
  return graph;
}

/// UINT8 at both edges, and codes without a scale beside it, which are moved only.
int8::Graph edge_codes_graph() {
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 6}, 0.5f, 131), q = b.value("q", {1, 6}, 0.5f, 3);
  const int y = b.value("y", {1, 6}, 0.25f, 0), r = b.value("r", {1, 6}, 1, 0);
  const int rr = b.value("rr", {1, 12}, 1, 0);
  b.tensor(x).type = b.tensor(y).type = int8::DType::u8;
  b.tensor(r).quantization = b.tensor(rr).quantization = {};
  b.node(int8::OpCode::quantize, {x}, {q});
  b.node(int8::OpCode::quantize, {q}, {y});
  b.node(int8::OpCode::concatenation, {r, r}, {rr}, int8::ConcatenationAttributes{1});
  b.graph.inputs = {x, r};
  b.graph.outputs = {y, rr};
  return b.graph;
}

/// Constants that are tiled, floats too, beside a value.
int8::Graph constants_graph() {
  octet::test::GraphBuilder b;
  const int x = b.value("x", {1, 4}, 0.5f, 3), tile = b.value("tile", {1, 4}, 0.5f, 0);
  const int y = b.value("y", {1, 8}, 0.5f, 0), codes = b.value("codes", {4}, 0.5f, 0);
  const int reals = b.float_value("reals", {4});
  b.tensor(reals).constant = int8::own_bytes(std::as_bytes(std::span("0123456789abcde")));
  b.node(int8::OpCode::tile, {b.weights("c", {1, 2}, -1, 0.5f), b.ints("times", {1, 2})}, {tile});
  b.node(int8::OpCode::quantize, {reals}, {codes});
  const int row = b.value("row", {1, 4}, 0.5f, 0);
  b.node(int8::OpCode::reshape, {codes}, {row}, int8::ReshapeAttributes{{1, 4}});
  b.node(int8::OpCode::concatenation, {tile, row}, {y}, int8::ConcatenationAttributes{1});
  b.graph.inputs = {x};
  b.graph.outputs = {x, y};
  return b.graph;
}

using octet::test::FileBuilder;

/// RESHAPE of x to what `make` computes.
template <class Make>
std::string reshape_file(const Make& make) {
  FileBuilder f;
  const int x = f.i8({1, 3, 4, 2}), y = f.i8({1, 24}), shape = make(f, x);
  f.op(/*RESHAPE*/ 22, {x, shape}, {y});
  f.graph().inputs = {x};
  f.graph().outputs = {y};
  return f.bytes();
}

std::string flatten_file() {
  return reshape_file([](FileBuilder& f, int x) {
    const int shape = f.tensor(octet::test::INT32, {4}), batch = f.tensor(octet::test::INT32, {});
    const int y = f.tensor(octet::test::INT32, {2});
    f.op(/*SHAPE*/ 77, {x}, {shape});
    octet::test::fbs::StridedSliceOptionsT options;
    options.shrink_axis_mask = 1;
    f.op(/*STRIDED_SLICE*/ 45, {shape, f.i32({0}), f.i32({1}), f.i32({1})}, {batch}, options);
    f.op(/*PACK*/ 83, {batch, f.i32({24}, {})}, {y}, octet::test::fbs::PackOptionsT());
    return y;
  });
}

/// A constant that is filled in as often as a shape says.
std::string fill_file() {
  FileBuilder f;
  const int x = f.i8({1, 3}), value = f.i8({}), y = f.i8({1, 3}), sum = f.i8({1, 3});
  const int shape = f.tensor(octet::test::INT32, {2});
  f.set_data(value, std::vector<std::int8_t>{5});
  f.op(/*SHAPE*/ 77, {x}, {shape});
  f.op(/*FILL*/ 94, {shape, value}, {y});
  f.op(/*MAXIMUM*/ 55, {x, y}, {sum});
  f.graph().inputs = {x};
  f.graph().outputs = {sum, value};
  return f.bytes();
}

/// Most of the operators on integers, one after the other.
std::string arithmetic_file() {
  return reshape_file([](FileBuilder& f, int x) {
    const auto next = [&f](int code, std::vector<std::int32_t> inputs) {
      const int y = f.tensor(code % 2 == 0 ? octet::test::INT64 : octet::test::INT32, {});
      f.op(code, std::move(inputs), {y});
      return y;
    };
    int v = next(/*SHAPE*/ 77, {x});
    v = next(/*GATHER*/ 36, {v, f.i32({1, 2, 3})});
    v = next(/*REDUCE_PROD*/ 81, {v, f.i32({0})});
    v = next(/*CONCATENATION*/ 2, {next(/*EXPAND_DIMS*/ 70, {v, f.i32({0})}), f.i32({5})});
    v = next(/*SLICE*/ 65, {v, f.i32({0}), f.i32({1})});
    v = next(/*ADD*/ 0, {next(/*MUL*/ 18, {v, f.i64({2})}), f.i32({-3})});
    v = next(/*FLOOR_DIV*/ 90, {next(/*SUB*/ 41, {v, f.i32({1})}), f.i32({2})});
    v = next(/*FLOOR_MOD*/ 95, {v, f.i32({25})});
    v = next(/*FILL*/ 94, {f.i32({2}), next(/*SQUEEZE*/ 43, {v})});
    v = next(/*MAXIMUM*/ 55, {v, next(/*RANGE*/ 96, {f.i32({0}, {}), f.i32({2}), f.i32({1})})});
    v = next(/*RESHAPE*/ 22, {next(/*CAST*/ 53, {v}), f.i32({2, -1})});
    const int a = f.tensor(octet::test::INT32, {1}), b = f.tensor(octet::test::INT32, {1});
    f.op(/*UNPACK*/ 88, {v}, {a, b});
    return next(/*BROADCAST_TO*/ 130, {a, next(/*BROADCAST_ARGS*/ 145, {f.i32({1}), f.i32({1})})});
  });
}

/// A constant at the end of the file.
std::string data_behind_file() {
  FileBuilder f;
  const int x = f.i8({1, 2}), fixed = f.i8({1, 2}), y = f.i8({1, 2});
  f.set_data(fixed, std::vector<std::int8_t>());
  f.model.buffers.back()->offset = f.model.buffers.back()->size = 2;
  f.op(/*MAXIMUM*/ 55, {x, fixed}, {y});
  f.graph().inputs = {x};
  f.graph().outputs = {y};
  f.model.buffers.back()->offset = f.bytes().size();
  return f.bytes() + "ab";
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Weights in float16, and int8 ones beside floats: to train on, not to run.
std::string float_file() {
  FileBuilder f;
  constexpr auto half = static_cast<octet::test::FileType>(1);
  const int x = f.tensor(octet::test::FLOAT32, {1, 2}), h = f.tensor(half, {3, 2});
  const int w = f.tensor(octet::test::FLOAT32, {3, 2}), y = f.tensor(octet::test::FLOAT32, {1, 3});
  const int q = f.i8({2, 3}), z = f.tensor(octet::test::FLOAT32, {1, 2});
  f.set_data(h, std::vector<std::uint16_t>(6, 0x3c00));
  f.set_data(q, std::vector<std::int8_t>{2, 4, -6, 0, 1, 127});
  f.op(/*DEQUANTIZE*/ 6, {h}, {w});
  f.op(/*FULLY_CONNECTED*/ 9, {x, w}, {y}, octet::test::fbs::FullyConnectedOptionsT());
  f.op(/*FULLY_CONNECTED*/ 9, {y, q}, {z}, octet::test::fbs::FullyConnectedOptionsT());
  f.graph().inputs = {x};
  f.graph().outputs = {z};
  return f.bytes();
}

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const int8::Graph& all : {int8::every_op_graph(), int8::every_other_op_graph()}) {
    for (std::size_t n = 0; n < all.nodes.size(); ++n) {
      const int8::Graph graph = octet::test::single_node_graph(all, n);
      if (graph.inputs.empty()) continue;  // of a constant
      octet::write_tflite(graph, folder / (std::to_string(number++) + ".tflite"));
    }
  }
  octet::write_tflite(octet::test::small_graph(), folder / "small.tflite");
  octet::write_tflite(dead_channel_graph(), folder / "dead_channel.tflite");
  octet::write_tflite(edge_codes_graph(), folder / "edge_codes.tflite");
  octet::write_tflite(octet::test::streaming_graph(), folder / "streaming.tflite");
  octet::write_tflite(constants_graph(), folder / "constants.tflite");
  write_bytes(folder / "fill.tflite", fill_file());
  write_bytes(folder / "flatten.tflite", flatten_file());
  write_bytes(folder / "arithmetic.tflite", arithmetic_file());
  write_bytes(folder / "behind.tflite", data_behind_file());
  write_bytes(folder / "float.tflite", float_file());
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  return octet::test::write_seeds_if_asked(*argc, *argv, write_seeds);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::shared_ptr<std::byte[]> copy(new std::byte[size]);
  if (size > 0) std::memcpy(copy.get(), data, size);
  int8::Graph graph;
  try {
    graph = octet::parse_tflite({copy.get(), size}, copy);
  } catch (const octet::Error&) {
    return 0;
  }
  octet::read_model_metadata({copy.get(), size});
  check_round_trip(graph);
  try {
    run(graph);
  } catch (const octet::Error&) {
  }
  return 0;
}
