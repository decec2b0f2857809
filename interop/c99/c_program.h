// A model's C source while it is made: node by node.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "int8/engine/model_impl.h"
#include "int8/ops/node_view.h"
#include "int8/ops/step.h"
#include "interop/c99/c_source.h"
#include "interop/c99/kernel_texts.h"

namespace octet::c99 {

/// Members of a constant `static const struct TYPE NAME = {.member = value, ...};`.
using Members = std::vector<std::pair<std::string_view, std::string>>;

/// What model.c consists of beside what every model has.
struct CProgram {
  KernelSet kernels;
  std::vector<CPiece> constants;
  std::size_t constant_bytes = 0;  ///< of arrays
  std::string calls;               ///< the body of run

  /// The array's name.
  std::string add(CArray array);
};

/// One step of the model, for the function that writes it.
class CNode {
 public:
  /// `places`: of each tensor, a pointer to int8_t.
  CNode(const int8::NodeView& node, const int8::Step& compiled, const int8::Model::Impl& model,
        const std::vector<std::string>& places, CProgram& program)
      : view(node), step(compiled), model_(model), places_(places), program_(program) {}

  const int8::NodeView& view;
  const int8::Step& step;

  /// What the step reads or writes, as a pointer to int8_t.
  const std::string& x(std::size_t i = 0) const { return place(step.inputs[i]); }
  const std::string& y(std::size_t i = 0) const { return place(step.outputs[i]); }
  const std::string& place(int tensor) const { return places_[static_cast<std::size_t>(tensor)]; }
  /// Of one sample of each tensor.
  std::span<const std::size_t> bytes() const noexcept { return model_.bytes; }
  std::int64_t elements(int tensor) const { return int8::element_count(view.tensor(tensor).shape); }

  /// "(TYPE *)(void *)(pointer)".
  static std::string as(std::string_view type, const std::string& pointer);
  /// "pointer + offset".
  static std::string at(const std::string& pointer, std::int64_t offset);

  void use(std::string_view kernel) { program_.kernels.add(kernel); }
  /// Adds an array `what`_<index of the node><suffix> and returns its name.
  template <class T>
  std::string array(std::string_view what, std::vector<T> values, std::string_view suffix = "") {
    return program_.add(make_array(name(what, suffix), std::move(values)));
  }
  /// The same of codes that are somewhere.
  std::string array(std::string_view what, std::span<const std::int8_t> codes,
                    std::shared_ptr<const void> owner);
  /// Adds a constant of struct `type` and returns "&<type>_<index>".
  std::string constant(std::string_view type, const Members& members);
  /// Adds a constant array of structs, each a "{...}", and returns its name.
  std::string table(std::string_view type, const std::vector<std::string>& rows,
                    std::string_view suffix = "");
  /// A line "FUNCTION(arguments);".
  void call(std::string_view function, const std::vector<std::string>& arguments);
  /// The same `images` times, of `in` and `out` elements each: x and y come behind the arguments.
  void call_images(std::string_view function, std::vector<std::string> arguments,
                   std::int64_t images, std::int64_t in, std::int64_t out);
  /// The same within loops: i0 goes from 0 to sizes[0] - 1, and so on.
  void call_in_loops(const std::vector<std::int64_t>& sizes, std::string_view function,
                     const std::vector<std::string>& arguments);

 private:
  std::string name(std::string_view what, std::string_view suffix = "") const;

  const int8::Model::Impl& model_;
  const std::vector<std::string>& places_;
  CProgram& program_;
};

/// "{1, 2, 3}".
std::string braced(const std::vector<std::int64_t>& numbers);
std::string number(std::int64_t value);
/// A float32 literal of exactly this value.
std::string real(float value);

}  // namespace octet::c99
