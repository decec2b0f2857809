// Floats that are moved, as by TRANSPOSE, PAD and CONCATENATION: where each element comes from is
// learnt when the step is made, from what the operator of codes does with the bytes of the
// elements' numbers.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "int8/floats/create.h"
#include "int8/floats/float_operands.h"
#include "int8/floats/functions.h"
#include "int8/ops/of_constants.h"

namespace octet::int8::floats {
namespace {

/// Element i of an output is element source[i] of all inputs of a sample, one behind the other;
/// number 0 is what pads are filled with, the first input's first element is number 1.
using Sources = std::vector<std::uint32_t>;

/// Making the step takes some 10 bytes for each.
constexpr std::int64_t most_elements = std::int64_t{1} << 24;

class MoveStep final : public Step {
 public:
  void run(const RunArgs& args) const noexcept override {
    for (std::size_t k = 0; k < sources.size(); ++k) {
      const auto n = static_cast<std::int64_t>(sources[k].size());
      auto* y = reinterpret_cast<float*>(args.out[k]);
      for_sample_tasks(args.threads, args.batch, n, elements_per_task,
                       [&](std::int64_t s, std::int64_t begin, std::int64_t end) {
                         move(args, s, sources[k], y + s * n, begin, end);
                       });
    }
  }
  const char* kernel_name() const noexcept override { return "copy"; }
  std::size_t packed_bytes() const noexcept override {
    std::size_t sum = 0;
    for (const Sources& s : sources) sum += s.size() * sizeof(std::uint32_t);
    for (const Part& p : parts) sum += p.x.bytes();
    return sum;
  }

  struct Part {
    Operand x;
    std::uint32_t begin = 0, end = 0;  ///< numbers of its elements
  };
  std::vector<Part> parts;  ///< by their numbers
  std::vector<Sources> sources;
  float fill = 0.0f;

 private:
  void move(const RunArgs& args, std::int64_t sample, const Sources& from, float* y,
            std::int64_t begin, std::int64_t end) const noexcept {
    const Part* part = nullptr;
    const float* x = nullptr;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::uint32_t number = from[static_cast<std::size_t>(i)];
      if (number == 0) {
        y[i] = fill;
        continue;
      }
      if (!part || number < part->begin || number >= part->end) {
        part = &*std::upper_bound(parts.begin(), parts.end(), number,
                                  [](std::uint32_t n, const Part& p) { return n < p.end; });
        x = part->x.data(args) + part->x.sample(part->end - part->begin) * sample;
      }
      y[i] = x[number - part->begin];
    }
  }
};

/// The node with its floats as codes: a graph of its own, of the node's tensors alone.
class Twin {
 public:
  explicit Twin(const NodeView& node) : node_(node) {
    graph_.nodes.push_back({node.op(), {}, {}, node.attributes()});
    for (int i = 0; i < node.input_count(); ++i)
      graph_.nodes[0].inputs.push_back(node.has_input(i) ? add(node.input(i)) : -1);
    for (int i = 0; i < node.output_count(); ++i)
      graph_.nodes[0].outputs.push_back(add(node.output(i)));
  }

  void learn(MoveStep& move) {
    const NodeView view(graph_, 0, node_.rounding(), node_.isa());
    const std::unique_ptr<Step> step = create_of_codes(node_.op())(view);
    std::vector<int> input_of;  // the node's operand of each input of the step
    std::uint32_t next = 1;
    for (const int t : step->inputs) {
      const auto& inputs = graph_.nodes[0].inputs;
      int operand = -1;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const bool taken =
            std::find(input_of.begin(), input_of.end(), static_cast<int>(i)) != input_of.end();
        if (inputs[i] == t && !taken) {
          operand = static_cast<int>(i);
          break;
        }
      }
      input_of.push_back(operand);
      const auto n = static_cast<std::uint32_t>(element_count(node_.input(operand).shape));
      move.parts.push_back({Operand(node_, operand, move), next, next + n});
      next += n;
    }
    move.sources.assign(static_cast<std::size_t>(node_.output_count()), {});
    for (int k = 0; k < node_.output_count(); ++k)
      move.sources[static_cast<std::size_t>(k)].assign(
          static_cast<std::size_t>(element_count(node_.output(k).shape)), 0);
    for (int byte = 0; byte < 4; ++byte) learn_byte(*step, move, byte);
  }

 private:
  int add(const TensorDef& t) {
    TensorDef twin = t;
    if (t.type == DType::f32) {
      twin.type = DType::i8;
      twin.quantization = {{1.0f}, {0}, 0};
      // A constant float is moved as a value is; the number of a fill is 0.
      if (t.constant) twin.constant = {};
      if (t.constant && is_fill(t)) twin.constant = own_bytes(std::array{std::byte{0}});
    }
    graph_.tensors.push_back(std::move(twin));
    return static_cast<int>(graph_.tensors.size()) - 1;
  }
  bool is_fill(const TensorDef& t) const {
    return node_.op() == OpCode::padv2 && &t == &node_.input(2) && element_count(t.shape) == 1;
  }

  /// Runs the step on byte `byte` of all numbers.
  static void learn_byte(const Step& step, MoveStep& move, int byte) {
    std::vector<std::vector<std::byte>> in, out;
    std::vector<const std::byte*> in_data;
    std::vector<std::byte*> out_data;
    for (const MoveStep::Part& p : move.parts) {
      in.emplace_back();
      for (std::uint32_t n = p.begin; n < p.end; ++n)
        in.back().push_back(static_cast<std::byte>(n >> (8 * byte)));
    }
    for (const Sources& s : move.sources) out.emplace_back(s.size());
    for (const auto& x : in) in_data.push_back(x.data());
    for (auto& y : out) out_data.push_back(y.data());
    run_alone(step, in_data, out_data);
    for (std::size_t k = 0; k < out.size(); ++k) {
      for (std::size_t i = 0; i < out[k].size(); ++i)
        move.sources[k][i] |= static_cast<std::uint32_t>(out[k][i]) << (8 * byte);
    }
  }

  const NodeView& node_;
  Graph graph_;
};

}  // namespace

std::unique_ptr<Step> create_move(const NodeView& node) {
  std::int64_t elements = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i) || node.input(i).type == DType::i32)
      continue;  // axes, sizes and the like
    expect_f32(node.input(i));
    elements += element_count(node.input(i).shape);
  }
  for (int i = 0; i < node.output_count(); ++i) {
    expect_f32(node.output(i));
    elements += element_count(node.output(i).shape);
  }
  OCTET_CHECK(elements <= most_elements, "expected at most ", most_elements,
              " floats to move, from and to, got ", elements);
  auto step = new_step<MoveStep>(node, {});
  Twin(node).learn(*step);
  if (node.op() == OpCode::padv2)
    std::memcpy(&step->fill, node.input(2).constant.data, sizeof step->fill);
  return step;
}

}  // namespace octet::int8::floats
