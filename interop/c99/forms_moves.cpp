// What moves bytes, and what is a table of 256 codes.
#include <numeric>

#include "base/error.h"
#include "interop/c99/byte_moves.h"
#include "interop/c99/forms.h"

namespace octet::c99 {
namespace {

constexpr std::size_t most_boxes = 16;  ///< beyond, a list of runs is shorter

/// Runs of one length that follow each other in the output, as where each begins in the input.
std::vector<std::int32_t> run_list(const std::vector<ByteBox>& boxes, std::int64_t bytes,
                                   std::int64_t run) {
  std::vector<std::int32_t> from(static_cast<std::size_t>(bytes / run), -1);
  for (const ByteBox& box : boxes) {
    std::int64_t count = box.run / run;
    for (const auto& d : box.dims) count *= d.size;
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t rest = i / (box.run / run), in = box.from, out = box.to;
      const std::int64_t within = i % (box.run / run) * run;
      for (std::size_t d = box.dims.size(); d-- > 0; rest /= box.dims[d].size) {
        in += rest % box.dims[d].size * box.dims[d].in;
        out += rest % box.dims[d].size * box.dims[d].out;
      }
      from[static_cast<std::size_t>((out + within) / run)] = static_cast<std::int32_t>(in + within);
    }
  }
  return from;
}

/// The longest run that all of them consist of; they begin at multiples of it.
std::int64_t common_run(const std::vector<ByteBox>& boxes) {
  std::int64_t run = 0;
  for (const ByteBox& box : boxes) {
    run = std::gcd(std::gcd(run, box.run), box.to);
    for (const auto& d : box.dims) run = std::gcd(run, d.out);
  }
  return run;
}

std::string row_of(const ByteBox& box) {
  const std::size_t unused = ByteBox::most_dims - box.dims.size();
  std::vector<std::int64_t> size(unused, 1), in(unused, 0), out(unused, 0);
  for (const auto& d : box.dims) {
    size.push_back(d.size);
    in.push_back(d.in);
    out.push_back(d.out);
  }
  return text_of('{', box.from, ", ", box.to, ", ", box.run, ", ", braced(size), ", ", braced(in),
                 ", ", braced(out), '}');
}

void write_part(CNode& node, const ByteMoves& moves, const ByteMoves::Part& part,
                const std::string& x, const std::string& y, const std::string& suffix) {
  const std::vector<ByteBox>& boxes = part.boxes;
  if (boxes.size() == 1 && boxes[0].dims.empty()) {
    node.call("memcpy",
              {CNode::at(y, boxes[0].to), CNode::at(x, boxes[0].from), number(boxes[0].run)});
  } else if (boxes.size() > most_boxes && moves.parts.size() == 1 && moves.constant.empty()) {
    const std::int64_t run = common_run(boxes);
    node.use("copy_runs");
    node.call("copy_runs", {node.array("runs", run_list(boxes, moves.bytes, run), suffix),
                            number(moves.bytes / run), number(run), x, y});
  } else {
    node.use("copy_boxes");
    std::vector<std::string> rows;
    for (const ByteBox& box : boxes) rows.push_back(row_of(box));
    node.call("copy_boxes", {node.table("box", rows, suffix),
                             number(static_cast<std::int64_t>(boxes.size())), x, y});
  }
}

}  // namespace

void write_moves(CNode& node) {
  const std::vector<ByteMoves> outputs = find_moves(node.step, node.bytes());
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const ByteMoves& moves = outputs[k];
    const std::string of_output = outputs.size() > 1 ? text_of("_", k) : "";
    std::string constant;
    if (moves.constant.size() == 1) {
      node.call("memset", {node.y(k), number(moves.constant[0]), number(moves.bytes)});
    } else if (!moves.constant.empty()) {
      constant = node.array("constant", moves.constant, of_output);
    }
    for (std::size_t p = 0; p < moves.parts.size(); ++p) {
      const ByteMoves::Part& part = moves.parts[p];
      const bool of_input = part.input != ByteMoves::constant_bytes;
      write_part(node, moves, part,
                 of_input ? node.x(static_cast<std::size_t>(part.input)) : constant, node.y(k),
                 of_output + (moves.parts.size() > 1 ? text_of("_", p) : ""));
    }
  }
}

void write_table(CNode& node) {
  node.use("look_up");
  node.call("look_up", {node.array("table", find_table(node.step, node.bytes())), node.x(),
                        node.y(), number(node.elements(node.step.outputs[0]))});
}

void write_alias(CNode& node) {
  if (node.x() == node.y()) return;
  node.call("memcpy", {node.y(), node.x(),
                       number(static_cast<std::int64_t>(
                           node.bytes()[static_cast<std::size_t>(node.step.outputs[0])]))});
}

}  // namespace octet::c99
