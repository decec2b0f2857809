#include "interop/weights/transfer.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/some_of.h"
#include "interop/weights/weight_names.h"
#include "interop/weights/weight_uses.h"
#include "layers/parameter_pattern.h"

namespace octet {
namespace {

/// A tensor of the network and what goes there.
struct Target {
  Tensor value;
  LayerUse use = {};
  bool skipped = false;
  const StoredTensor* from = nullptr;
  std::optional<AxisView> view = {};
};
using Targets = std::map<std::string, Target>;

Targets targets_of(const GraphModule& network) {
  Targets targets;
  for (const NamedTensor& t : network.state()) targets[t.name].value = t.value;
  for (const auto& [name, use] : weight_uses(network)) targets[name].use = use;
  return targets;
}

/// The file's names as the network's.
class Resolver {
 public:
  Resolver(const WeightFile& file, const Targets& targets, const TransferRules& rules)
      : file_(file), targets_(targets), rules_(rules), used_(rules.rename.size()) {
    std::vector<std::string> names;
    for (const StoredTensor& t : file.tensors) names.push_back(torch_name(t.name));
    timm_ = timm_names(names, [&](const std::string& name) { return targets.contains(name); });
  }

  struct Place {
    std::string name;
    AxisOrder order;  ///< Keras's if the file or a rename calls it a kernel
  };
  Place operator()(const std::string& name) {
    const AxisOrder order = axis_order_of(name);
    for (std::size_t i = 0; i < rules_.rename.size(); ++i) {
      const auto& [from, to] = rules_.rename[i];
      if (const auto renamed = rename_by_pattern(name, from, to)) {
        used_[i] = true;
        return {known(*renamed), order == AxisOrder::keras ? order : axis_order_of(*renamed)};
      }
    }
    return {known(name), order};
  }

  void check_all_used() const {
    for (std::size_t i = 0; i < used_.size(); ++i) {
      if (used_[i]) continue;
      std::vector<std::string> names;
      for (const StoredTensor& t : file_.tensors) names.push_back(t.name);
      const std::string& from = rules_.rename[i].first;
      fail(file_.path, ": rename: no tensor of it matches '", one_line(from),
           "' first; the nearest name is '", one_line(nearest_name(from, names)), "'");
    }
  }

 private:
  /// `name`, or what stands for it in the network if that is there.
  std::string known(const std::string& name) const {
    const std::string torch = torch_name(name);
    for (const std::string& candidate : {name, torch, timm_(torch)}) {
      if (targets_.contains(candidate)) return candidate;
    }
    return name;
  }

  const WeightFile& file_;
  const Targets& targets_;
  const TransferRules& rules_;
  std::vector<bool> used_;
  std::function<std::string(const std::string&)> timm_;
};

void mark_skipped(const std::vector<std::string>& patterns, Targets& targets) {
  for (const std::string& pattern : patterns) {
    bool any = false;
    std::vector<std::string> names;
    for (auto& [name, target] : targets) {
      names.push_back(name);
      if (!matches_pattern(name, pattern)) continue;
      any = target.skipped = true;
    }
    OCTET_CHECK(any, "skip: nothing in the network matches '", one_line(pattern),
                "'; the nearest name is '", nearest_name(pattern, names), "'");
  }
}

void check_something_fits(const WeightFile& file, const Transfer& result, const Targets& targets) {
  const bool any =
      std::any_of(result.transferred.begin(), result.transferred.end(),
                  [&](const auto& n) { return targets.at(n).value.shape().rank() >= 2; });
  if (any) return;
  std::vector<std::string> names;
  for (const StoredTensor& t : file.tensors) names.push_back(t.name);
  std::string text = result.misshapen.empty()
                         ? "the network has " + some_of(result.missing, ", ") + ", the file has " +
                               (names.empty() ? "nothing" : some_of(names, ", "))
                         : "misshapen: " + some_of(result.misshapen, "; ");
  fail("the weights do not fit this network, none of ", file.path, " was transferred: ", text);
}

}  // namespace

Transfer transfer_weights(const WeightFile& file, GraphModule& network,
                          const TransferRules& rules) {
  Targets targets = targets_of(network);
  mark_skipped(rules.skip, targets);
  Resolver resolve(file, targets, rules);
  Transfer result;
  for (const StoredTensor& t : file.tensors) {
    const auto [name, order] = resolve(t.name);
    const auto it = targets.find(name);
    if (it == targets.end()) {
      if (!is_batch_count(t.name)) result.unused.push_back(t.name);
      continue;
    }
    Target& target = it->second;
    if (target.skipped) continue;
    OCTET_CHECK(!target.from, file.path, ": ", one_line(target.from ? target.from->name : ""),
                " and ", one_line(t.name), " would both become ", name);
    target.from = &t;
    target.view = view_as(t, file.kind == checkpoint_kind ? AxisOrder::octet : order,
                          target.value.shape(), target.use);
  }
  resolve.check_all_used();

  for (const NamedTensor& own : network.state()) {
    const Target& target = targets.at(own.name);
    ++result.tensors;
    if (target.view) {
      result.transferred.push_back(own.name);
      continue;
    }
    result.fresh.push_back(own.name);
    if (target.from) {
      result.misshapen.push_back(text_of(own.name, ", expected ", own.value.shape(), ", got ",
                                         shape_text(target.from->shape)));
    } else if (!target.skipped) {
      result.missing.push_back(own.name);
    }
  }
  check_something_fits(file, result, targets);
  for (const std::string& name : result.transferred) {
    Target& target = targets.at(name);
    copy_floats(*target.from, *target.view, file.path + ": " + one_line(target.from->name),
                target.value.span<float>());
  }
  return result;
}

std::string Transfer::headline() const {
  std::string text = "transferred " + std::to_string(transferred.size()) + " of " +
                     std::to_string(tensors) + " tensors";
  // Layers all of whose tensors are new are named as a whole.
  const auto layer = [](const std::string& name) { return name.substr(0, name.rfind('.') + 1); };
  std::vector<std::string> names;
  for (const std::string& name : fresh) {
    const std::string of = layer(name);
    const bool whole = !of.empty() && std::none_of(transferred.begin(), transferred.end(),
                                                   [&](const auto& t) { return layer(t) == of; });
    const std::string shown = whole ? of + "*" : name;
    if (std::find(names.begin(), names.end(), shown) == names.end()) names.push_back(shown);
  }
  return names.empty() ? text : text + ", new: " + some_of(names, ", ");
}

std::vector<std::string> Transfer::details() const {
  std::vector<std::string> lines;
  if (!misshapen.empty()) lines.push_back("of another shape: " + some_of(misshapen, "; "));
  if (!missing.empty()) lines.push_back("not in the file: " + some_of(missing, ", "));
  if (!unused.empty()) lines.push_back("not in the network: " + some_of(unused, ", "));
  return lines;
}

WeightFile weights_of(const std::vector<NamedTensor>& state, const std::string& path) {
  WeightFile out{.path = path, .kind = checkpoint_kind, .tensors = {}, .owners = {}};
  for (const NamedTensor& t : state) {
    const bool floats = t.value.dtype() == ElementType::real;
    const auto dims = t.value.shape().dims();
    out.tensors.push_back({.name = t.name,
                           .format = floats ? NumberFormat::f32 : NumberFormat::other,
                           .type = std::string(dtype_name(t.value.dtype())),
                           .shape = {dims.begin(), dims.end()},
                           .fortran = false,
                           .data = {t.value.raw(), t.value.bytes()}});
    out.owners.push_back(std::make_shared<Tensor>(t.value));
  }
  return out;
}

}  // namespace octet
