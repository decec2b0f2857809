// The network of a configuration, and how it is quantized.
#pragma once

#include <string>
#include <vector>

#include "apps/common/config/config.h"
#include "data/dataset.h"
#include "layers/graph/graph_module.h"
#include "layers/graph/stored_quantization.h"
#include "layers/zoo/zoo.h"
#include "quant/qat_model.h"
#include "quant/qconfig.h"

namespace octet::setup {

/// A network in floating point, for pictures of one size.
struct FloatNetwork {
  std::string name;  ///< the zoo's, or that of the file
  ModulePtr module;
  // Of model.import:
  StoredQuantization stored;       ///< what the file says of it
  std::string import_hash;         ///< of the file and of the weights it brings; empty: of the zoo
  std::vector<std::string> fresh;  ///< parameters that are not the file's
  std::vector<std::string> notes;  ///< what else is not as in the file, a line each
};

/// For samples of `data` that become `input` [1, H, W, C]. Throws Error as output_count(). Requires
/// resolve_task().
zoo::NetworkOptions network_options(const config::Config& c, const Dataset& data,
                                    const Shape& input);
/// With random weights, or those of model.import. Throws Error as network_options and
/// check_output(), if the model is too large for the pictures or for the memory, and if a file
/// cannot be read or does not take such pictures.
FloatNetwork make_network(const config::Config& c, const Dataset& data, const Shape& input);
/// Its ops: the module itself or its trace. Parameters and statistics are shared.
std::shared_ptr<GraphModule> graph_of(const ModulePtr& network, const Shape& input);

/// `channels` of the input, for its params.
quant::QConfig make_qconfig(const config::Config& c, std::int64_t channels,
                            const StoredQuantization& stored = {});
/// A copy of `network`, prepared as "quant" says. Throws Error naming the configuration if an op
/// has no int8 form.
quant::QatModelPtr prepare(const config::Config& c, const FloatNetwork& network,
                           const Shape& input);

}  // namespace octet::setup
