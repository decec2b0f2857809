// timm's names of the networks that torchvision, and so the zoo, have under other names.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "interop/weights/weight_names.h"

namespace octet {
namespace {

/// From the beginning of a name, up to a dot, to another.
using Prefixes = std::map<std::string, std::string>;

constexpr std::pair<const char*, const char*> vgg[] = {{"pre_logits.fc1", "classifier.0"},
                                                       {"pre_logits.fc2", "classifier.3"},
                                                       {"head.fc", "classifier.6"}};

/// Stage and block, of "blocks.<stage>.<block>.<rest>".
struct Block {
  int stage = 0, block = 0;
  auto operator<=>(const Block&) const = default;
  std::string prefix() const {
    return "blocks." + std::to_string(stage) + "." + std::to_string(block);
  }
};

/// The block that a name belongs to, and what is behind; a stage below 0 if it belongs to none.
std::pair<Block, std::string> block_of(const std::string& name) {
  constexpr std::string_view start = "blocks.";
  const std::pair<Block, std::string> none{{-1, -1}, {}};
  if (!name.starts_with(start)) return none;
  const char* const last = name.data() + name.size();
  Block b;
  const auto stage = std::from_chars(name.data() + start.size(), last, b.stage);
  if (stage.ec != std::errc() || stage.ptr == last || *stage.ptr != '.') return none;
  const auto block = std::from_chars(stage.ptr + 1, last, b.block);
  if (block.ec != std::errc() || block.ptr == last || *block.ptr != '.') return none;
  return {b, std::string(block.ptr + 1, last)};
}

/// The layers of one block. torchvision numbers them in the order they run: an expansion if there
/// is one, the depthwise convolution, squeeze and excitation if there is, the projection.
void add_block(Prefixes& map, const std::string& theirs, const std::string& ours, bool v3,
               const std::set<std::string>& layers) {
  if (layers.contains("conv")) {  // the last stage: a convolution alone
    map[theirs + ".conv"] = ours + ".0";
    map[theirs + ".bn1"] = ours + ".1";
    return;
  }
  const std::string inner = ours + (v3 ? ".block." : ".conv.");
  int next = 0, norm = 1;
  const auto conv_bn = [&](const std::string& conv) {
    const std::string at = inner + std::to_string(next++);
    map[theirs + "." + conv] = at + ".0";
    map[theirs + ".bn" + std::to_string(norm++)] = at + ".1";
  };
  const bool expands = layers.contains("conv_pwl");
  if (expands) conv_bn("conv_pw");
  conv_bn("conv_dw");
  if (layers.contains("se")) {
    const std::string at = inner + std::to_string(next++);
    map[theirs + ".se.conv_reduce"] = at + ".fc1";
    map[theirs + ".se.conv_expand"] = at + ".fc2";
  }
  const std::string projection = expands ? "conv_pwl" : "conv_pw";
  if (v3) return conv_bn(projection);
  map[theirs + "." + projection] = inner + std::to_string(next++);
  map[theirs + ".bn" + std::to_string(norm)] = inner + std::to_string(next);
}

Prefixes mobilenet(const std::vector<std::string>& theirs, bool v3) {
  std::map<Block, std::set<std::string>> blocks;
  for (const std::string& name : theirs) {
    const auto [block, rest] = block_of(name);
    if (block.stage >= 0) blocks[block].insert(rest.substr(0, rest.find('.')));
  }
  Prefixes map{{"conv_stem", "features.0.0"}, {"bn1", "features.0.1"}};
  int next = 1;
  for (const auto& [block, layers] : blocks) {
    add_block(map, block.prefix(), "features." + std::to_string(next++), v3, layers);
  }
  if (v3) {  // the head comes behind the pooling
    map["conv_head"] = "classifier.0";
    map["classifier"] = "classifier.3";
  } else {
    map["conv_head"] = "features." + std::to_string(next) + ".0";
    map["bn2"] = "features." + std::to_string(next) + ".1";
    map["classifier"] = "classifier.1";
  }
  return map;
}

}  // namespace

std::function<std::string(const std::string&)> timm_names(
    const std::vector<std::string>& theirs,
    const std::function<bool(const std::string&)>& is_ours) {
  const auto has = [&](const char* name) {
    return std::find(theirs.begin(), theirs.end(), name) != theirs.end();
  };
  Prefixes map;
  if (has("conv_stem.weight") && is_ours("features.0.0.weight")) {
    map = mobilenet(theirs, is_ours("features.1.block.0.0.weight"));
  } else if (has("pre_logits.fc1.weight") && is_ours("classifier.0.weight")) {
    map.insert(std::begin(vgg), std::end(vgg));
  }
  return [map = std::move(map)](const std::string& name) {
    for (std::size_t dot = name.rfind('.'); dot != name.npos && dot > 0;
         dot = name.rfind('.', dot - 1)) {
      const auto it = map.find(name.substr(0, dot));
      if (it != map.end()) return it->second + name.substr(dot);
    }
    return name;
  };
}

}  // namespace octet
