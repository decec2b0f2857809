// The C API: the same results as the C++ one, and every failure as a status.
#include <doctest/doctest.h>

#include <cstring>

#include "include/octet/octet.h"
#include "int8/engine/model.h"
#include "interop/tflite/writer.h"
#include "tests/address_sanitizer.h"
#include "tests/base/forked_child.h"
#include "tests/int8/graphs.h"
#include "tests/support.h"

namespace {

namespace int8 = octet::int8;
using Bytes = std::vector<std::byte>;

/// A model with many outputs, and one input of floats; another with a second input.
int8::Graph two_input_graph() {
  int8::GraphBuilder b;
  const int x = b.value("x", {1, 3, 5}, 0.5f, -3), f = b.float_value("f", {1, 3, 5});
  const int q = b.value("q", {1, 3, 5}, 0.25f, 4), y = b.value("y", {1, 3, 5}, 0.75f, 1);
  b.node(int8::OpCode::quantize, {f}, {q});
  b.node(int8::OpCode::add, {x, q}, {y}, int8::ElementwiseAttributes{});
  b.graph.inputs = {x, f};
  b.graph.outputs = {y, q};
  return b.graph;
}

struct Handles {
  octet_model* model = nullptr;
  octet_context* context = nullptr;
  octet_error error{};
  ~Handles() {
    octet_model_free(model);  // before its context, on purpose
    octet_context_free(context);
  }
};

/// What `streaming_graph` gives for {1, 2, 3}: the first code of the window, which is a state's.
int first_code(octet_context* context) {
  const std::int8_t x[] = {1, 2, 3};
  std::memcpy(octet_input_data(context, 0), x, 3);
  octet_run(context);
  return *static_cast<const std::int8_t*>(octet_output_data(context, 0));
}

void check_info(const octet_value_info& got, const int8::ValueInfo& expected) {
  CHECK(std::string(got.name) == expected.name);
  CHECK(static_cast<int>(got.type) == static_cast<int>(expected.type));
  REQUIRE(got.rank == static_cast<int>(expected.shape.size()));
  for (std::size_t i = 0; i < expected.shape.size(); ++i) CHECK(got.shape[i] == expected.shape[i]);
  CHECK(got.scale == expected.scale);
  CHECK(got.zero_point == expected.zero_point);
  CHECK(got.bytes == expected.bytes);
}

/// Runs both APIs on the same inputs.
void check_equal(const int8::Graph& graph, octet_rounding rounding, int batch, int threads,
                 bool all = false) {
  const Bytes file = octet::serialize_tflite(graph);
  int8::ModelOptions options;
  if (rounding == OCTET_SINGLE_ROUNDING) options.rounding = int8::Rounding::single_rounding;
  if (all) options.ops = &int8::all_ops();
  const int8::Model model(graph, options);
  int8::ExecutionContext context(model, {.batch = batch, .threads = threads});
  Handles c;
  const octet_model_options c_options{rounding, nullptr, 0, all ? octet_all_operators() : nullptr};
  REQUIRE(octet_model_load_memory(file.data(), file.size(), &c_options, &c.model, &c.error) ==
          OCTET_OK);
  REQUIRE(octet_context_create(c.model, batch, threads, 0, &c.context, &c.error) == OCTET_OK);
  CHECK(c.error.status == OCTET_OK);
  REQUIRE(octet_input_count(c.model) == static_cast<int>(model.inputs().size()));
  REQUIRE(octet_output_count(c.model) == static_cast<int>(model.outputs().size()));
  CHECK(octet_model_isa(c.model) == int8::isa_name(model.isa()));
  CHECK(octet_packed_bytes(c.model) == model.packed_bytes());
  CHECK(octet_arena_bytes(c.context) == context.arena_bytes());
  CHECK(octet_scratch_bytes(c.context) == context.scratch_bytes());
  auto rng = octet::test::rng(5);
  for (int i = 0; i < octet_input_count(c.model); ++i) {
    octet_value_info info{};
    REQUIRE(octet_input_info(c.model, i, &info, nullptr) == OCTET_OK);
    check_info(info, model.inputs()[static_cast<std::size_t>(i)]);
    const auto to = context.input(i);
    for (std::byte& byte : to) byte = static_cast<std::byte>(rng());
    if (info.type == OCTET_F32) {
      for (std::size_t k = 0; k < to.size(); k += 4) to[k + 3] = std::byte{0x3e};  // about 0.2
    }
    std::memcpy(octet_input_data(c.context, i), to.data(), to.size());
  }
  context.run();
  octet_run(c.context);
  for (int i = 0; i < octet_output_count(c.model); ++i) {
    octet_value_info info{};
    REQUIRE(octet_output_info(c.model, i, &info, nullptr) == OCTET_OK);
    check_info(info, model.outputs()[static_cast<std::size_t>(i)]);
    const auto expected = context.output(i);
    CHECK(std::memcmp(octet_output_data(c.context, i), expected.data(), expected.size()) == 0);
  }
  std::uint64_t signature = 0;
  REQUIRE(octet_signature(c.model, &signature, nullptr) == OCTET_OK);
  CHECK(signature == int8::signature(model));
}

Bytes small_file() {
  return octet::serialize_tflite(octet::test::small_graph());
}

bool says(const octet_error& error, const char* part) {
  return std::strstr(error.message, part) != nullptr;
}

}  // namespace

TEST_CASE("states are kept from run to run and reset") {
  const Bytes file = octet::serialize_tflite(octet::test::streaming_graph());
  Handles c;
  REQUIRE(octet_model_load_memory(file.data(), file.size(), nullptr, &c.model, &c.error) ==
          OCTET_OK);
  CHECK(octet_state_bytes(c.model) == 9);
  REQUIRE(octet_context_create(c.model, 1, 1, 0, &c.context, &c.error) == OCTET_OK);
  CHECK(first_code(c.context) == 1);
  CHECK(first_code(c.context) == 4);
  for (const int stream : {1, -2}) octet_reset(c.context, stream);  // without effect
  CHECK(first_code(c.context) == 1);                                // of the first run's input
  for (const int stream : {0, -1}) {
    octet_reset(c.context, stream);
    CHECK(first_code(c.context) == 1);
    CHECK(first_code(c.context) == 4);
  }
}

TEST_CASE("the C API gives what the C++ API gives") {
  for (const int batch : {1, 3}) {
    for (const int threads : {1, 2}) {
      check_equal(octet::test::every_op_graph(), OCTET_ROUNDING_OF_MODEL, batch, threads);
      check_equal(octet::test::every_op_graph(), OCTET_SINGLE_ROUNDING, batch, threads);
      check_equal(octet::test::every_other_op_graph(), OCTET_ROUNDING_OF_MODEL, batch, threads,
                  true);
      check_equal(two_input_graph(), OCTET_ROUNDING_OF_MODEL, batch, threads);
    }
  }
}

TEST_CASE(
    "what the operators of convolutional networks lack is refused with the way to the others") {
  const int8::Graph all = octet::test::every_other_op_graph();
  int refused = 0;
  for (std::size_t n = 0; n < all.nodes.size(); ++n) {
    CAPTURE(octet::int8::op_name(all.nodes[n].op));
    const int8::Graph graph = octet::test::single_node_graph(all, n);
    if (graph.inputs.empty()) continue;
    const Bytes file = octet::serialize_tflite(graph);
    Handles lacking, having;
    const octet_model_options options{OCTET_ROUNDING_OF_MODEL, nullptr, 0, octet_all_operators()};
    REQUIRE(octet_model_load_memory(file.data(), file.size(), &options, &having.model,
                                    &having.error) == OCTET_OK);
    if (octet_model_load_memory(file.data(), file.size(), nullptr, &lacking.model,
                                &lacking.error) == OCTET_OK)
      continue;
    ++refused;
    CHECK(std::string(lacking.error.message).find("octet_all_operators") != std::string::npos);
  }
  CHECK(refused > 40);
}

TEST_CASE("a file is as good as memory; memory may be unaligned; a context outlives its model") {
  const octet::test::TempDir dir;
  octet::write_tflite(octet::test::small_graph(), dir / "m.tflite");
  Bytes unaligned = small_file();
  unaligned.insert(unaligned.begin(), std::byte{0});
  Handles file, memory;
  REQUIRE(octet_model_load_file((dir / "m.tflite").c_str(), nullptr, &file.model, nullptr) ==
          OCTET_OK);
  REQUIRE(octet_model_load_memory(unaligned.data() + 1, unaligned.size() - 1, nullptr,
                                  &memory.model, nullptr) == OCTET_OK);
  std::uint64_t a = 0, b = 1;
  REQUIRE(octet_signature(file.model, &a, nullptr) == OCTET_OK);
  REQUIRE(octet_signature(memory.model, &b, nullptr) == OCTET_OK);
  CHECK(a == b);
  REQUIRE(octet_context_create(file.model, 1, 1, 0, &file.context, nullptr) == OCTET_OK);
  octet_model_free(file.model);
  file.model = nullptr;
  octet_run(file.context);
}

TEST_CASE("failures are statuses with a message, and leave results alone") {
  const octet::test::TempDir dir;
  const Bytes file = small_file();
  octet_error error{};
  octet_model* none = nullptr;
  const auto load = [&](const Bytes& bytes, const octet_model_options* options = nullptr) {
    return octet_model_load_memory(bytes.data(), bytes.size(), options, &none, &error);
  };
  CHECK(octet_model_load_file((dir / "absent").c_str(), nullptr, &none, &error) ==
        OCTET_CANNOT_READ);
  CHECK(says(error, "absent"));
  CHECK(error.status == OCTET_CANNOT_READ);
  CHECK(octet_model_load_file(dir.path().c_str(), nullptr, &none, &error) == OCTET_CANNOT_READ);
  octet::test::write_file(dir / "bad", std::vector<char>(100, 'x'));
  CHECK(octet_model_load_file((dir / "bad").c_str(), nullptr, &none, &error) == OCTET_BAD_MODEL);
  octet::test::write_file(dir / "empty", {});
  CHECK(octet_model_load_file((dir / "empty").c_str(), nullptr, &none, &error) == OCTET_BAD_MODEL);
  CHECK(load(Bytes(file.begin(), file.begin() + 40)) == OCTET_BAD_MODEL);
  CHECK(octet_model_load_memory(nullptr, 8, nullptr, &none, &error) == OCTET_INVALID_ARGUMENT);
  CHECK(octet_model_load_memory(file.data(), file.size(), nullptr, nullptr, &error) ==
        OCTET_INVALID_ARGUMENT);
  const octet_model_options bad_isa{OCTET_ROUNDING_OF_MODEL, "mmx", 0, nullptr};
  CHECK(load(file, &bad_isa) == OCTET_INVALID_ARGUMENT);
  CHECK(says(error, "mmx"));
  const octet_model_options bad_rounding{static_cast<octet_rounding>(4), nullptr, 0, nullptr};
  CHECK(load(file, &bad_rounding) == OCTET_INVALID_ARGUMENT);
  const octet_model_options small{OCTET_ROUNDING_OF_MODEL, nullptr, 10, nullptr};
  CHECK(load(file, &small) == OCTET_OUT_OF_MEMORY);
  CHECK(says(error, "CONV_2D"));
  CHECK(none == nullptr);

  Handles c;
  REQUIRE(octet_model_load_memory(file.data(), file.size(), nullptr, &c.model, &error) == OCTET_OK);
  octet_value_info info{};
  for (const int index : {-1, 1}) {
    CHECK(octet_input_info(c.model, index, &info, &error) == OCTET_INVALID_ARGUMENT);
    CHECK(octet_output_info(c.model, index, &info, &error) == OCTET_INVALID_ARGUMENT);
  }
  CHECK(octet_input_info(c.model, 0, nullptr, &error) == OCTET_INVALID_ARGUMENT);
  CHECK(octet_input_info(nullptr, 0, &info, &error) == OCTET_INVALID_ARGUMENT);
  CHECK(info.name == nullptr);
  CHECK(octet_context_create(c.model, 0, 1, 0, &c.context, &error) == OCTET_INVALID_ARGUMENT);
  CHECK(octet_context_create(c.model, 1, 0, 0, &c.context, &error) == OCTET_INVALID_ARGUMENT);
  CHECK(octet_context_create(c.model, 1, 1, 1, &c.context, &error) == OCTET_OUT_OF_MEMORY);
  CHECK(says(error, "most is needed at op "));
  CHECK(octet_context_create(nullptr, 1, 1, 0, &c.context, &error) == OCTET_INVALID_ARGUMENT);
  CHECK(c.context == nullptr);
  REQUIRE(octet_context_create(c.model, 1, 1, 0, &c.context, &error) == OCTET_OK);
  CHECK(octet_input_data(c.context, 1) == nullptr);
  CHECK(octet_output_data(c.context, -1) == nullptr);
  CHECK(octet_signature(c.model, nullptr, &error) == OCTET_INVALID_ARGUMENT);
}

TEST_CASE("a rounding that is none is refused, whatever number it is") {
  const Bytes file = small_file();
  for (const int number : {-1, 4, 77, 1 << 30}) {
    octet_error error{};
    octet_model* none = nullptr;
    octet_model_options options{};
    std::memcpy(&options.rounding, &number, sizeof number);
    CHECK(octet_model_load_memory(file.data(), file.size(), &options, &none, &error) ==
          OCTET_INVALID_ARGUMENT);
    CHECK(says(error, ("expected 0 to 3, got " + std::to_string(number)).c_str()));
    CHECK(none == nullptr);
  }
}

TEST_CASE("a message is one line of text, whatever the names in a file and its path") {
  const std::string odd =
      "a\nb\r\x1b[31mc\x7f\xc2\x85"
      "d\xe2\x80\xa8"
      "e\xffg";
  const char* shown = "a?b??[31mc??d?e?g";
  octet_error error{};
  octet_model* none = nullptr;
  int8::Graph graph = octet::test::small_graph();
  for (int8::TensorDef& t : graph.tensors) t.name = odd;
  const Bytes file = octet::serialize_tflite(graph);
  const octet_model_options small{OCTET_ROUNDING_OF_MODEL, nullptr, 10, nullptr};
  CHECK(octet_model_load_memory(file.data(), file.size(), &small, &none, &error) ==
        OCTET_OUT_OF_MEMORY);
  CHECK(says(error, shown));
  CHECK(octet_model_load_file(odd.c_str(), nullptr, &none, &error) == OCTET_CANNOT_READ);
  CHECK(says(error, shown));
  const octet_model_options isa{OCTET_ROUNDING_OF_MODEL, odd.c_str(), 0, nullptr};
  CHECK(octet_model_load_memory(file.data(), file.size(), &isa, &none, &error) ==
        OCTET_INVALID_ARGUMENT);
  CHECK(says(error, shown));
  // A cut leaves whole characters.
  std::string umlauts(sizeof error.message % 2 == 0 ? "" : "x");
  for (int i = 0; i < 2000; ++i) umlauts += "\xc3\xa4";
  CHECK(octet_model_load_file(umlauts.c_str(), nullptr, &none, &error) == OCTET_CANNOT_READ);
  const std::string message = error.message;
  CHECK(message.size() >= sizeof error.message - 2);
  CHECK((message.back() == '\xa4' || message.back() == 'x'));
}

TEST_CASE("in a forked child a context runs and can be freed, and so can its model" *
          doctest::skip(octet::test::address_sanitizer)) {
  const Bytes file = octet::serialize_tflite(octet::test::every_op_graph());
  for (const int batch : {1, 4}) {
    Handles parent;
    REQUIRE(octet_model_load_memory(file.data(), file.size(), nullptr, &parent.model, nullptr) ==
            OCTET_OK);
    REQUIRE(octet_context_create(parent.model, batch, 3, 0, &parent.context, nullptr) == OCTET_OK);
    octet_run(parent.context);
    const int status = octet::test::in_child([&] {
      octet_run(parent.context);
      octet_context_free(parent.context);
      octet_context* another = nullptr;
      if (octet_context_create(parent.model, batch, 3, 0, &another, nullptr) != OCTET_OK) return 1;
      octet_run(another);
      octet_context_free(another);
      octet_model_free(parent.model);
      return 0;
    });
    CHECK(status == 0);
    octet_run(parent.context);
  }
}

TEST_CASE("a message that does not fit is cut; names of statuses") {
  const std::string path(5000, 'p');
  octet_error error{};
  octet_model* none = nullptr;
  CHECK(octet_model_load_file(path.c_str(), nullptr, &none, &error) == OCTET_CANNOT_READ);
  CHECK(std::strlen(error.message) == sizeof error.message - 1);
  CHECK(std::string(octet_status_text(OCTET_OK)) == "ok");
  CHECK(std::string(octet_status_text(OCTET_BAD_MODEL)) != octet_status_text(OCTET_CANNOT_READ));
  CHECK(std::string(octet_status_text(99)) == "unknown status");
  CHECK(std::string(octet_version()) == OCTET_VERSION);
  octet_model_free(nullptr);
  octet_context_free(nullptr);
}
