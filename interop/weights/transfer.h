// Weights from a file into a network, by name and shape: transfer learning.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/named_tensor.h"
#include "interop/arrays/stored_tensor.h"
#include "layers/graph/graph_module.h"

namespace octet {

/// Patterns as those of parameters_matching(): * stands for any text.
struct TransferRules {
  /// Of the network's names: keep their values.
  std::vector<std::string> skip = {};
  /// From the file's names to the network's, see rename_by_pattern(); the first that matches
  /// counts.
  std::vector<std::pair<std::string, std::string>> rename = {};
};

/// What a transfer did. Names are the network's, but for `unused`.
struct Transfer {
  std::int64_t tensors = 0;  ///< of the network
  std::vector<std::string> transferred;
  std::vector<std::string> fresh;      ///< all others: they keep their values
  std::vector<std::string> missing;    ///< of those, what the file lacks
  std::vector<std::string> misshapen;  ///< of those, "<name>, expected [3, 64], got [4, 64]"
  std::vector<std::string> unused;     ///< the file's names that the network lacks

  /// "transferred 260 of 262 tensors, new: classifier.1.*"
  std::string headline() const;
  /// A line for each of misshapen, missing and unused that is not empty: the first five and how
  /// many more. Missing is left out where the headline says it all.
  std::vector<std::string> details() const;
};

/// Copies weights, biases and running statistics into `network` (trace() gives a graph that shares
/// them with the traced model). A tensor of the file goes where its name, renamed, stands; else
/// where its name as PyTorch's (see weight_names.h) or as torchvision's for timm's does. Axes are
/// put into our order by who wrote the tensor; a linear weight behind a flattened image has its
/// columns permuted. What differs in shape, is missing or skipped keeps its value.
///
/// Throws Error, naming file and tensor, if a pattern matches nothing, if two tensors would go to
/// one place, if no weight of a layer (two axes or more) can be transferred, and as copy_floats();
/// in the last case only, some of the network has been changed.
Transfer transfer_weights(const WeightFile& file, GraphModule& network,
                          const TransferRules& rules = {});

/// A network's state, of octet, as such a file. Shares storage.
WeightFile weights_of(const std::vector<NamedTensor>& state, const std::string& path);

}  // namespace octet
