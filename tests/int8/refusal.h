// Malformed graphs: damage a valid one and look at the message.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <initializer_list>
#include <string>

#include "base/error.h"
#include "tests/int8/build.h"

namespace octet::test {

/// The message of the Error that constructing a Model throws; "" if none.
inline std::string refusal(const int8::Graph& graph) {
  try {
    const int8::Model model(graph, {.ops = &int8::all_ops()});
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

/// Takes a valid one-op graph, breaks it and expects a message with both texts.
struct Case {
  const char* name;
  std::function<void(Builder&)> damage;
  const char* says;
};

inline void check_cases(const std::function<Builder()>& make, const char* op,
                        std::initializer_list<Case> cases) {
  CHECK(refusal(make().graph) == "");
  for (const Case& c : cases) {
    Builder b = make();
    c.damage(b);
    const std::string message = refusal(b.graph);
    CAPTURE(c.name);
    CAPTURE(message);
    CHECK(message.find(c.says) != std::string::npos);
    CHECK(message.find(op) != std::string::npos);
  }
}

template <class A>
A& attributes(Builder& b) {
  return std::get<A>(b.graph.nodes[0].attributes);
}
inline void set_i8(Builder& b, int t, const Codes& values) {
  b[t].constant = int8::own_bytes(std::as_bytes(std::span(values)));
}
inline void set_i32(Builder& b, int t, const std::vector<std::int32_t>& values) {
  b[t].constant = int8::own_bytes(std::as_bytes(std::span(values)));
}

/// Tensors 0: input, 1: output of one op.
inline Builder unary(int8::OpCode op, int8::Attributes a = {}, Dims shape = {1, 4},
                     Dims out = {1, 4}, float scale = 0.5f, int zero_point = 0) {
  Builder b;
  b.i8(std::move(shape));
  b.i8(std::move(out), scale, zero_point);
  b.node(op, {0}, {1}, std::move(a));
  b.done({0}, {1});
  return b;
}

// Tensors 0: input, 1: weights, 2: bias, 3: output of a grouped convolution.
inline Builder conv() {
  Builder b;
  b.i8({1, 4, 4, 4}, 0.5f, 3);
  b.constant({6, 3, 3, 2}, Codes(108, 1), std::vector<float>(6, 0.01f));
  b.ints({0, 0, 0, 0, 0, 0});
  b.i8({1, 2, 2, 6}, 0.5f, 0);
  b.node(int8::OpCode::conv_2d, {0, 1, 2}, {3}, int8::ConvAttributes{});
  b.done({0}, {3});
  return b;
}

}  // namespace octet::test
