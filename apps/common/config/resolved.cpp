// A configuration with every default filled in, as JSON.
#include "apps/common/config/config.h"
#include "apps/common/config/json_text.h"

namespace octet::config {
namespace {

class Resolver final : public FieldVisitor {
 public:
  explicit Resolver(bool results_only) : results_only_(results_only) {
    stack_.push_back({Json::object(), "", false});
  }

  using FieldVisitor::integer;
  void integer(const Key& key, std::int64_t& v, const IntRange&) override {
    if (!is_unsaid(key, std::to_string(v))) add(key, v);
  }
  void number(const Key& key, double& v, const NumberRange&) override {
    if (!is_unsaid(key, v == 0 ? "0" : "")) add(key, v);
  }
  void numbers(const Key& key, std::vector<double>& v, const NumberRange&) override { add(key, v); }
  void integers(const Key& key, std::vector<std::int64_t>& v, const IntRange&,
                std::size_t) override {
    if (!v.empty()) add(key, v.size() == 1 ? Json(v[0]) : Json(v));
  }
  void sources(const Key& key, std::vector<std::string>& v) override {
    Json list = Json::array();
    for (const std::string& s : v) {
      if (s.starts_with('-')) {
        list.push_back(std::stoll(s));
      } else {
        list.push_back(s);
      }
    }
    if (!v.empty()) add(key, v.size() == 1 ? list[0] : list);
  }
  void boolean(const Key& key, bool& v) override {
    if (!is_unsaid(key, v ? "true" : "false")) add(key, v);
  }
  void text(const Key& key, std::string& v) override {
    if (!v.empty()) add(key, v);
  }
  void texts(const Key& key, std::vector<std::string>& v) override {
    if (!v.empty()) add(key, v);
  }
  void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>& v) override {
    if (v.empty()) return;
    Json list = Json::array();
    for (const auto& [from, to] : v) list.push_back(Json::array({from, to}));
    add(key, std::move(list));
  }
  void file_name(const Key& key, std::string& v) override {
    if (!v.empty()) add(key, v);
  }
  void path(const Key& key, Path& v) override {
    if (!v.text.empty()) add(key, v.text);
  }
  void choice(const Key& key, std::string& v, const std::vector<std::string>&) override {
    if (key.selects) stack_.back().selection = v;
    if (!v.empty() && !is_unsaid(key, v)) add(key, v);
  }

  Json take() { return std::move(stack_.front().object); }

 private:
  struct Frame {
    Json object;
    std::string selection;
    bool unsaid = false;  ///< if nothing is in it
  };

  bool is_unsaid(const Key& key, const std::string& value) const {
    return results_only_ && !key.unsaid.empty() && value == key.unsaid;
  }
  bool wanted(const Key& key) const {
    return !(results_only_ && key.neutral) && applies(key, stack_.back().selection);
  }
  void add(const Key& key, Json value) {
    if (wanted(key)) stack_.back().object[std::string(key.name)] = std::move(value);
  }
  bool visit_word(const Key& key, std::string_view word, bool& chosen) override {
    if (chosen) add(key, word);
    return chosen;
  }
  bool begin(const Key& key) override {
    if (!wanted(key)) return false;
    names_.emplace_back(key.name);
    stack_.push_back({Json::object(), "", is_unsaid(key, "{}")});
    return true;
  }
  bool begin_optional(const Key& key, bool present) override { return present && begin(key); }
  void end() override {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    if (!frame.unsaid || !frame.object.empty()) {
      stack_.back().object[names_.back()] = std::move(frame.object);
    }
    names_.pop_back();
  }
  std::optional<std::size_t> begin_list(const Key& key, std::size_t size) override {
    if (!wanted(key) || size == 0) return std::nullopt;
    names_.emplace_back(key.name);
    items_ = Json::array();
    return size;
  }
  void begin_item(std::size_t) override { stack_.push_back({Json::object(), "", false}); }
  void end_item() override {
    items_.push_back(std::move(stack_.back().object));
    stack_.pop_back();
  }
  void end_list() override {
    stack_.back().object[names_.back()] = std::move(items_);
    names_.pop_back();
  }

  bool results_only_;
  Json items_;  // of the list being visited
  std::vector<Frame> stack_;
  std::vector<std::string> names_;
};

}  // namespace

std::string to_json(const Config& config, bool results_only) {
  Resolver resolver(results_only);
  Config copy = config;  // visitors take values they may write
  describe(resolver, copy);
  return resolver.take().dump(2, ' ', false, Json::error_handler_t::replace);  // paths: any bytes
}

}  // namespace octet::config
