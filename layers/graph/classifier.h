// A network that somebody else made, as a classifier that can be trained for other classes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/graph/graph_module.h"
#include "layers/init.h"

namespace octet {

struct Classifier {
  std::shared_ptr<GraphModule> graph;  ///< of one input; its output is logits [N, classes]
  std::string left_out;                ///< op behind the logits that is not in it; or empty
  std::int64_t classes_before = 0;     ///< outputs of the network that was given
  std::vector<std::string> fresh;      ///< parameters of the new head; none: it is as it was
  /// Ops, in `graph` or left out of it, whose results are not those of the network that was given:
  /// their ranges are no longer known.
  std::vector<std::string> changed;
};

/// `graph`, whose parameters are shared, with logits [N, classes] as its output: without a softmax,
/// log-softmax or sigmoid at its end (the loss, cross_entropy(), computes that), flattened where
/// its output is of one pixel. Of another number of outputs, the last linear layer or convolution
/// gets new parameters, drawn from `init`. `logits` false: the numbers are no logits, and what is
/// at the network's end stays. Throws Error if the graph has several inputs or outputs, if its
/// output is no row of numbers for each sample, or if what is in front of the output is no head
/// that can be made anew.
Classifier make_classifier(const GraphModule& graph, std::int64_t classes, Init& init,
                           bool logits = true);

}  // namespace octet
