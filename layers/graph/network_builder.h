// Collects the nodes of a GraphModule.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"

namespace octet {

/// `name` as a checkpoint's: printable, no empty part between slashes.
std::string usable_name(const std::string& name);
/// `wanted`, or with a number behind it if it is taken; it is then.
std::string unique_name(std::set<std::string>& taken, const std::string& wanted);

class NetworkBuilder {
 public:
  int input(std::string name, const Shape& shape);
  /// The layer that the following ops belong to.
  void enter(std::string layer) { layer_ = std::move(layer); }
  const std::string& layer() const { return layer_; }
  /// `shape`: of the result, with a batch of 1.
  int op(OpPtr op, std::vector<int> inputs, const Shape& shape);
  int constant(Tensor value);
  /// The parameter made from the file's constant `from` as `use` says ("OHWI"); it is made once.
  template <class Make>
  int parameter(const std::shared_ptr<const void>& from, const std::string& name,
                const std::string& use, bool decay, const Make& make) {
    const auto [at, isnew] = parameters_.try_emplace({from, use}, 0);
    if (isnew) at->second = new_parameter(name, make(), decay);
    return at->second;
  }
  /// The parameter, if one op reads it; else a copy. parameter() gives it to nobody else, and it is
  /// for its new owner to say how it is quantized.
  int own_parameter(int id);
  int new_parameter(const std::string& name, Tensor value, bool decay);

  const GraphNode& node(int id) const { return nodes_[static_cast<std::size_t>(id)]; }
  GraphNode& node(int id) { return nodes_[static_cast<std::size_t>(id)]; }
  /// The op of node `id` if it is an Op of that type, else null.
  template <class Op>
  const Op* op_as(int id) const {
    return id < 0 ? nullptr : dynamic_cast<const Op*>(node(id).op.get());
  }
  /// Ops that read node `id`.
  int readers(int id) const;

  struct Finished {
    std::shared_ptr<GraphModule> graph;
    StoredQuantization stored;
  };
  /// The graph of all that the outputs depend on, in evaluation mode, and how it was quantized.
  /// What is named twice has a number behind its name.
  Finished finish(std::vector<GraphOutput> outputs) const;

  /// Rearranged values, by node and what was done, so that none is made twice.
  std::map<std::pair<int, std::string>, int> rearranged;

  /// How the file quantizes nodes, and the scales of parameters.
  std::map<int, StoredQuantization::Value> quantized;
  std::map<int, std::vector<float>> weight_scales;
  std::map<int, int> clamped;                  ///< node -> its ReLU that a quantizer was
  std::map<int, std::vector<int>> identities;  ///< node -> the same with other params

 private:
  int append(GraphNode node);
  std::vector<bool> live(const std::vector<GraphOutput>& outputs) const;

  std::deque<GraphNode> nodes_;  // references to nodes stay valid
  std::vector<int> inputs_;
  std::string layer_;
  std::map<std::pair<std::shared_ptr<const void>, std::string>, int> parameters_;
};

}  // namespace octet
