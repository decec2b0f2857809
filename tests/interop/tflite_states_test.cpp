// Variables of a file as states of a graph, and back.
#include <doctest/doctest.h>

#include <functional>

#include "base/error.h"
#include "int8/engine/model.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tests/interop/file_builder.h"

using namespace octet::test;
namespace int8 = octet::int8;

namespace {

enum Code {
  add = 0,
  concatenation = 2,
  relu = 19,
  call_once = 129,
  var_handle = 142,
  read_op = 143,
  assign = 144
};

using Codes = std::vector<std::int8_t>;

struct StreamFile : FileBuilder {
  int handle(const std::string& name, const std::string& container = "") {
    const int t = tensor(RESOURCE, {});
    fbs::VarHandleOptionsT options;
    options.shared_name = name;
    options.container = container;
    op(var_handle, {}, {t}, options);
    return t;
  }
  int read_variable(int h, float scale = 0.5f, std::vector<std::int32_t> shape = {1, 2}) {
    const int t = i8(std::move(shape), scale);
    op(read_op, {h}, {t});
    return t;
  }
  void once(int subgraph = 1) {
    fbs::CallOnceOptionsT options;
    options.init_subgraph_index = subgraph;
    op(call_once, {}, {}, options);
  }
  /// A subgraph that sets a variable.
  void set_first(const std::string& name, const Codes& codes,
                 std::vector<std::int32_t> shape = {1, 2}) {
    subgraph();
    const int h = handle(name), value = i8(std::move(shape));
    set_data(value, codes);
    op(assign, {h, value}, {});
  }
};

/// The outputs of each step on {step, step + 1}.
std::vector<Codes> run(const int8::Graph& graph, int steps) {
  const int8::Model model(graph);
  int8::ExecutionContext context(model);
  std::vector<Codes> results;
  for (int s = 0; s < steps; ++s) {
    const std::int8_t in[] = {static_cast<std::int8_t>(s), static_cast<std::int8_t>(s + 1)};
    std::memcpy(context.input(0).data(), in, 2);
    context.run();
    const auto y = context.output(0);
    results.emplace_back(y.size());
    std::memcpy(results.back().data(), y.data(), y.size());
  }
  return results;
}

/// `body` adds operators between input x [1, 2] and the output that it returns; then comes `tail`.
std::string refusal(const std::function<void(StreamFile&)>& body) {
  StreamFile f;
  f.graph().inputs = {f.i8({1, 2})};
  f.graph().outputs = {0};
  body(f);
  try {
    f.parse();
    return "";
  } catch (const octet::Error& e) {
    return e.what();
  }
}

}  // namespace

TEST_SUITE("tflite") {
  TEST_CASE("states: read, assigned, read again in one run; set once before the first") {
    StreamFile f;
    const int x = f.i8({1, 2});
    const int h = f.handle("a"), other = f.handle("a", "elsewhere");
    f.once();
    const int first = f.read_variable(h), again = f.read_variable(h);
    f.op(assign, {h, x}, {});
    const int now = f.read_variable(h), twin = f.read_variable(other);
    f.op(assign, {other, again}, {});
    const int y = f.i8({1, 8});
    fbs::ConcatenationOptionsT last;
    last.axis = 1;
    f.op(concatenation, {first, again, now, twin}, {y}, last);
    f.graph().inputs = {x};
    f.graph().outputs = {y};
    f.set_first("a", {7, 8});
    const int8::Graph graph = f.parse();
    CHECK(graph.nodes.size() == 1);
    CHECK(graph.states.size() == 2);
    const std::vector<Codes> expected = {
        {7, 8, 7, 8, 0, 1, 0, 0}, {0, 1, 0, 1, 1, 2, 7, 8}, {1, 2, 1, 2, 2, 3, 0, 1}};
    CHECK(run(graph, 3) == expected);
    // Written and read again: the same.
    const auto bytes = octet::serialize_tflite(graph);
    CHECK(run(octet::parse_tflite(bytes, nullptr), 3) == expected);
  }

  TEST_CASE("states: round trip of a graph with states") {
    const int8::Graph graph = streaming_graph();
    const auto bytes = octet::serialize_tflite(graph);
    CHECK(describe(octet::parse_tflite(bytes, nullptr)) == describe(graph));
  }

  TEST_CASE("states: what nothing sets begins with zeros, what nobody reads is none") {
    StreamFile f;
    const int x = f.i8({1, 2}), h = f.handle("a"), unread = f.handle("b");
    const int y = f.read_variable(h);
    f.graph().tensors[static_cast<std::size_t>(y)]->quantization->zero_point = {-5};
    f.graph().tensors[static_cast<std::size_t>(x)]->quantization->zero_point = {-5};
    f.op(assign, {h, x}, {});
    f.op(assign, {unread, x}, {});
    f.graph().inputs = {x};
    f.graph().outputs = {y};
    const int8::Graph graph = f.parse();
    CHECK(graph.states.size() == 1);
    CHECK(run(graph, 2) == std::vector<Codes>{{-5, -5}, {0, 1}});
  }

  TEST_CASE("states: an output that is a later read keeps the name that the signature has") {
    StreamFile f;
    const int x = f.i8({1, 2}), h = f.handle("a");
    const int first = f.read_variable(h);
    f.op(assign, {h, x}, {});
    const int now = f.read_variable(h);
    f.graph().inputs = {x};
    f.graph().outputs = {first, now};
    auto signature = std::make_unique<fbs::SignatureDefT>();
    for (const auto& [name, t] : {std::pair("before", first), std::pair("after", now)}) {
      auto entry = std::make_unique<fbs::TensorMapT>();
      entry->name = name;
      entry->tensor_index = static_cast<std::uint32_t>(t);
      signature->outputs.push_back(std::move(entry));
    }
    f.model.signature_defs.push_back(std::move(signature));
    CHECK(f.parse().output_names == std::vector<std::string>{"before", "after"});
  }

  TEST_CASE("states: another subgraph that nothing calls is not looked at") {
    StreamFile f;
    f.graph().inputs = {f.i8({1, 2})};
    f.graph().outputs = {f.i8({1, 2})};
    f.op(relu, {0}, {1});
    f.subgraph();
    f.op(/*WHILE*/ 119, {7}, {9});
    CHECK(f.parse().nodes.size() == 1);
  }

  TEST_CASE("states refused") {
    const auto says = [](const std::string& text, const std::function<void(StreamFile&)>& body) {
      const std::string message = refusal(body);
      CAPTURE(message);
      CHECK(message.find(text) != std::string::npos);
    };
    says("operator 0 (READ_VARIABLE (143)): tensor 0, which no VAR_HANDLE made",
         [](StreamFile& f) { f.read_variable(0); });
    says("operator 1 (READ_VARIABLE (143)): tensor 77, but there are", [](StreamFile& f) {
      f.handle("a");
      f.op(read_op, {77}, {0});
    });
    says("expected at least 2 tensors, got 1",
         [](StreamFile& f) { f.op(assign, {f.handle("a")}, {}); });
    says("operator 0 (CALL_ONCE (129)): subgraph 1, expected 1 to 0",
         [](StreamFile& f) { f.once(); });
    says("subgraph -1", [](StreamFile& f) { f.once(-1); });
    says("behind an operator that reads or assigns a variable", [](StreamFile& f) {
      f.op(assign, {f.handle("a"), 0}, {});
      f.once();
      f.set_first("a", {1, 2});
    });
    says("operator 0 of subgraph 1: RELU (19) is not supported in what runs once",
         [](StreamFile& f) {
           f.once();
           f.subgraph();
           f.i8({1});
           f.op(relu, {0}, {0});
         });
    says("assigns what is no constant", [](StreamFile& f) {
      f.once();
      f.subgraph();
      const int h = f.handle("a"), value = f.i8({1, 2});
      f.op(assign, {h, value}, {});
    });
    const auto reads_a = [](StreamFile& f) {
      const int h = f.handle("a");
      f.once();
      f.read_variable(h);
    };
    says("a variable of another type or shape", [&](StreamFile& f) {
      reads_a(f);
      f.set_first("a", {1, 2, 3}, {1, 3});
    });
    says("a variable of another type or shape", [](StreamFile& f) {
      const int h = f.handle("a");
      f.read_variable(h, 0.5f, {1, 3});
      f.op(assign, {h, 0}, {});
    });
    says("tensor 2: expected a value that is there, got one that a later operator",
         [](StreamFile& f) {
           const int h = f.handle("a"), y = f.i8({1, 2});
           f.op(assign, {h, y}, {});
           f.op(relu, {0}, {y});
         });
    says("a variable of another scale", [](StreamFile& f) {
      const int h = f.handle("a");
      f.op(assign, {h, 0}, {});
      f.read_variable(h, 0.25f);
    });
    says("expected one variable read into it, got another", [](StreamFile& f) {
      const int t = f.read_variable(f.handle("a"));
      f.op(read_op, {f.handle("b")}, {t});
    });
    says("a variable is read into it, too", [](StreamFile& f) {
      const int h = f.handle("a");
      f.read_variable(h);
      const int again = f.read_variable(h);
      f.op(relu, {0}, {again});
    });
    says("RESOURCE is not supported", [](StreamFile& f) { f.op(relu, {f.handle("a")}, {0}); });
    // A few bytes of file cannot ask for gigabytes.
    says("more often than it could need to", [](StreamFile& f) {
      f.read_variable(f.handle("a"), 0.5f, {1, 2000000000});
    });
  }
}
