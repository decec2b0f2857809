#include "apps/common/setup/layer_network.h"

#include <algorithm>
#include <map>
#include <new>
#include <set>

#include "apps/common/setup/heads.h"
#include "apps/common/setup/make_layer.h"
#include "apps/common/setup/task_setup.h"
#include "base/error.h"
#include "base/nearest.h"

namespace octet::setup {
namespace {

using config::LayerConfig;

/// Applies layers to results of earlier ones; 0 is the input, i + 1 the result of layer i.
class LayerNetwork final : public MultiModule {
 public:
  /// `outputs`: which results are the network's.
  explicit LayerNetwork(std::vector<int> outputs) : outputs_(std::move(outputs)) {}

  void add(const std::string& name, ModulePtr layer, std::vector<int> from) {
    layers_.push_back(register_module(name, std::move(layer)));
    from_.push_back(std::move(from));
  }

  std::vector<Var> forward_many(std::span<const Var> x) override {
    const auto [input] = take<1>(x);
    std::vector<Var> values{input}, in;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      in.clear();
      for (const int source : from_[i]) in.push_back(values[static_cast<std::size_t>(source)]);
      values.push_back((*layers_[i])(std::span<const Var>(in))[0]);
    }
    std::vector<Var> results;
    for (const int output : outputs_) results.push_back(values[static_cast<std::size_t>(output)]);
    return results;
  }

 private:
  std::vector<ModulePtr> layers_;
  std::vector<std::vector<int>> from_;
  std::vector<int> outputs_;
};

/// The list with its references resolved.
class Plan {
 public:
  explicit Plan(const config::Config& c) : c_(c) {
    std::map<std::string, int> numbers;
    for (std::size_t i = 0; i < list().size(); ++i) {
      const LayerConfig& layer = list()[i];
      const std::string name = layer.name.empty()
                                   ? layer.type + "_" + std::to_string(++numbers[layer.type])
                                   : layer.name;
      OCTET_CHECK(name != "input" && std::ranges::count(names, name) == 0, where(i), ": the name '",
                  name, "' is ", name == "input" ? "the network's input" : "another layer's");
      from.push_back(sources(i));
      names.push_back(name);
    }
    find_outputs();
    check_read();
  }

  const std::vector<LayerConfig>& list() const { return c_.model.layers; }
  static std::string pointer(std::size_t i) { return "/model/layers/" + std::to_string(i); }
  std::string where(std::size_t i) const { return c_.where(pointer(i)); }
  /// What "out" of layer `i` is where it is not said; 0: it must be. `classes`: of the network.
  std::int64_t outputs_of(std::size_t i, std::int64_t classes) const {
    if (heads_.empty()) return i == last_with_out() || list()[i].out_classes ? classes : 0;
    const auto head = std::ranges::find(heads_, names[i], &TaskHead::name);
    OCTET_CHECK(head != heads_.end() || !list()[i].out_classes, where(i),
                "/out: there are several outputs: \"classes\" is for their layers alone");
    return head == heads_.end() ? 0 : head->width();
  }

  std::vector<std::string> names;
  std::vector<std::vector<int>> from;  ///< as LayerNetwork has them
  std::vector<int> outputs;            ///< likewise

 private:
  /// Or the number of layers.
  std::size_t last_with_out() const {
    const auto last = std::find_if(list().rbegin(), list().rend(),
                                   [](const LayerConfig& l) { return has_out(l.type); });
    return static_cast<std::size_t>(list().rend() - last) - 1;
  }

  void find_outputs() {
    if (heads_.empty()) outputs = {static_cast<int>(list().size())};
    for (std::size_t h = 0; h < heads_.size(); ++h) {
      const auto at = std::ranges::find(names, heads_[h].name);
      OCTET_CHECK(at != names.end(), c_.where("/heads/" + std::to_string(h) + "/name"),
                  ": no layer of model.layers is called '", heads_[h].name, "'; did you mean '",
                  nearest(heads_[h].name, names), "'?");
      outputs.push_back(static_cast<int>(at - names.begin()) + 1);
    }
  }

  std::vector<int> sources(std::size_t i) const {
    const int before = static_cast<int>(i);
    if (list()[i].from.empty()) return {before};
    std::vector<int> result;
    for (const std::string& source : list()[i].from) result.push_back(find(i, source));
    return result;
  }

  int find(std::size_t i, const std::string& source) const {
    const int here = static_cast<int>(i) + 1;
    if (source == "input") return 0;
    if (source.starts_with('-')) {
      const int at = here + std::stoi(source);
      OCTET_CHECK(at >= 0, where(i), "/from: ", source, " lies before the input; layer ", i,
                  " reaches back to ", -here, " at most");
      return at;
    }
    const auto at = std::ranges::find(names, source);
    if (at != names.end()) return static_cast<int>(at - names.begin()) + 1;
    std::vector<std::string> known = names;
    known.emplace_back("input");
    fail(where(i), "/from: no layer before this one is called '", one_line(source),
         "'; did you mean '", nearest(source, known), "'?");
  }

  void check_read() const {
    std::set<int> read(outputs.begin(), outputs.end());
    for (const std::vector<int>& sources : from) read.insert(sources.begin(), sources.end());
    for (std::size_t i = 0; i < list().size(); ++i) {
      OCTET_CHECK(read.contains(static_cast<int>(i) + 1), where(i),
                  ": nothing reads the result of ", "layer '", names[i], "' (", list()[i].type,
                  heads_.empty() ? "); the network's result is that of its last layer"
                                 : "); the network's results are those that the heads name");
    }
  }

  const config::Config& c_;
  const std::vector<TaskHead> heads_ =
      task_of(c_) == Task::multi_task ? make_heads(c_, /*training=*/true) : std::vector<TaskHead>{};
};

std::string shapes_text(std::span<const Shape> shapes) {
  std::string text;
  for (const Shape& s : shapes) text += (text.empty() ? "" : " and ") + s.to_string();
  return text;
}

}  // namespace

ModulePtr make_layer_network(
    const config::Config& c, const Shape& input, std::int64_t classes,
    const std::function<void(const std::string& pointer, std::int64_t parameters)>& check) {
  const Plan plan(c);
  Init shapes_only(0, /*draw=*/false), init(static_cast<std::uint64_t>(c.seed));
  Context ctx;
  ctx.training = false;
  Tape tape(ctx, GradMode::off);
  std::vector<Var> values{tape.input(Tensor::zeros(input))};
  std::int64_t parameters = 0;
  auto network = std::make_shared<LayerNetwork>(plan.outputs);
  for (std::size_t i = 0; i < plan.list().size(); ++i) {
    const LayerConfig& layer = plan.list()[i];
    std::vector<Var> in;
    std::vector<Shape> shapes;
    for (const int source : plan.from[i]) {
      in.push_back(values[static_cast<std::size_t>(source)]);
      shapes.push_back(in.back().shape());
    }
    LayerParts parts{layer, shapes, plan.outputs_of(i, classes), shapes_only};
    try {
      const ModulePtr empty = make_layer(parts);
      parameters += empty->parameter_count();
      check(plan.pointer(i), parameters);
      empty->eval();
      values.push_back((*empty)(std::span<const Var>(in))[0]);
    } catch (const std::bad_alloc&) {
      fail(plan.where(i), ": layer '", plan.names[i], "' (", layer.type, ") of ",
           shapes_text(shapes), ": there is not enough memory for it");
    } catch (const Error& e) {
      const std::string where = plan.where(i), what = e.what();
      if (what.starts_with(where)) throw;
      fail(where, ": layer '", plan.names[i], "' (", layer.type, ") of ", shapes_text(shapes), ": ",
           what);
    }
    network->add(plan.names[i], make_layer({layer, shapes, parts.classes, init}), plan.from[i]);
  }
  return network;
}

}  // namespace octet::setup
