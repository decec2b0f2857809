// Every op that is a table of 256 codes, and every row of the table of ops.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "int8/engine/every_op.h"
#include "int8/ops/catalogue.h"
#include "int8/reference/tables/unary.h"
#include "tests/function_list.h"
#include "tests/int8/isas.h"
#include "tests/int8/random_case.h"

namespace octet::test {
namespace {

using namespace int8;

/// The engine's op of a row; null if the format has none.
const OpEntry* entry_of(const RealFunction& f) {
  return find_op(std::string_view(f.op));
}

Attributes attributes_of(OpCode op) {
  if (op == OpCode::leaky_relu) return LeakyReluAttributes{0.25f};
  return {};
}

/// The output codes of all input codes, from a model of the one op.
Codes table_of(OpCode op, const Attributes& attributes, QuantParams in, QuantParams out,
               Rounding rounding, Isa isa) {
  Builder b;
  const int x = b.i8({1, 256}, in.scale, in.zero_point);
  const int y = b.i8({1, 256}, out.scale, out.zero_point);
  b.node(op, {x}, {y}, attributes);
  const Graph graph = b.done({x}, {y}, rounding);
  return run_model(Model(graph, {.isa = isa}), {all_codes()}, {});
}

}  // namespace

TEST_SUITE("int8") {
  TEST_CASE("every op is in the graph of every op; every table has a real function") {
    for (const OpEntry& entry : op_catalogue()) {
      CAPTURE(std::string(entry.name));
      const Graph graph = entry.create ? every_op_graph() : every_other_op_graph();
      CHECK(std::any_of(graph.nodes.begin(), graph.nodes.end(),
                        [&](const Node& n) { return n.op == entry.op; }));
      const bool here = std::any_of(std::begin(real_functions), std::end(real_functions),
                                    [&](const RealFunction& f) { return f.op == entry.name; });
      CHECK(here == (find_unary_op(entry.op) != nullptr));
    }
  }

  TEST_CASE("tables are their real functions, rounded") {
    random_cases(31, 60, [](RandomCase& c) {
      for (const RealFunction& f : real_functions) {
        const OpEntry* entry = entry_of(f);
        if (!entry) continue;
        const UnaryOp& op = *find_unary_op(entry->op);
        const Attributes attributes = attributes_of(entry->op);
        const QuantParams in{c.scale(-8, 0), c.zero_point()};
        QuantParams out{in.scale * c.scale(-3, 3), c.zero_point()};
        if (op.min_output_scale)
          out.scale = std::max(out.scale, op.min_output_scale(in.scale, attributes));
        if (op.keeps_params) out = in;
        if (op.fixed_output) out = *op.fixed_output;
        CAPTURE(std::string(f.op));
        CAPTURE(in.scale);
        CAPTURE(in.zero_point);
        CAPTURE(out.scale);
        CAPTURE(out.zero_point);
        const Codes y = table_of(entry->op, attributes, in, out, c.rounding, best_isa());
        double worst = 0;
        for (int q = -128; q <= 127; ++q) {
          const double real = f.of(static_cast<double>(in.scale) * (q - in.zero_point));
          if (!std::isfinite(real)) continue;
          const double exact =
              std::clamp(real / static_cast<double>(out.scale) + out.zero_point, -128.0, 127.0);
          worst = std::max(worst, std::fabs(y[static_cast<std::size_t>(q + 128)] - exact));
        }
        CHECK(worst <= f.steps);
      }
    });
  }

  TEST_CASE("tables are TensorFlow Lite's, code for code, on every ISA") {
    std::ifstream file(std::string(OCTET_SOURCE_DIR) + "/tests/golden/tables.txt");
    REQUIRE(file);
    int lines = 0;
    for (std::string line; std::getline(file, line);) {
      if (line[0] == '#') continue;
      std::istringstream words(line);
      std::string name, hex;
      bool approximate = false;
      QuantParams in, out;
      words >> name >> approximate >> in.scale >> in.zero_point >> out.scale >> out.zero_point >>
          hex;
      const OpEntry* entry = find_op(std::string_view(name));
      REQUIRE(entry);
      Attributes attributes;
      if (entry->op == OpCode::gelu) attributes = GeluAttributes{approximate};
      Codes expected;
      for (std::size_t i = 0; i < hex.size(); i += 2)
        expected.push_back(static_cast<std::int8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
      CAPTURE(line.substr(0, 60));
      for (const Isa isa : octet::test::isas_under_test()) {
        const Codes y = table_of(entry->op, attributes, in, out, Rounding::double_rounding, isa);
        CHECK(first_difference(y, expected) == -1);
      }
      ++lines;
    }
    CHECK(lines == 60);
  }

  TEST_CASE("tables of scales at the ends of float32") {
    for (const RealFunction& f : real_functions) {
      const OpEntry* entry = entry_of(f);
      if (!entry) continue;
      CAPTURE(std::string(f.op));
      const UnaryOp& op = *find_unary_op(entry->op);
      const Attributes attributes = attributes_of(entry->op);
      for (const float s_in : {0x1p-126f, 0x1p-20f, 1.0f, 0x1p100f, 0x1p127f}) {
        for (const float s_out : {0x1p-140f, 0x1p-126f, 1.0f, 0x1p127f}) {
          try {
            const UnaryCodes codes =
                op.codes({{s_in, 3}, {s_out, -7}, Rounding::single_rounding, attributes});
            // Increasing, or it is none of these.
            if (entry->op == OpCode::exp || entry->op == OpCode::elu) {
              const Table t = codes.table();
              CHECK(std::is_sorted(t.begin(), t.end()));
            }
          } catch (const Error& e) {
            CHECK(std::string(e.what()).find("scale") != std::string::npos);
          }
        }
      }
    }
  }
}

}  // namespace octet::test
