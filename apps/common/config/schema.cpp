// The table of keys as a JSON Schema, for editors.
#include "apps/common/config/config.h"
#include "apps/common/config/json_text.h"

namespace octet::config {
namespace {

class SchemaWriter final : public FieldVisitor {
 public:
  SchemaWriter() { stack_.push_back(empty_object_schema()); }

  using FieldVisitor::integer;
  void integer(const Key& key, std::int64_t& value, const IntRange& range) override {
    add(key,
        {{"type", "integer"}, {"minimum", range.min}, {"maximum", range.max}, {"default", value}});
  }
  void number(const Key& key, double& value, const NumberRange& range) override {
    Json s = number_schema(range);
    s["default"] = value;
    add(key, std::move(s));
  }
  void numbers(const Key& key, std::vector<double>& value, const NumberRange& range) override {
    add(key,
        {{"type", "array"}, {"items", number_schema(range)}, {"minItems", 1}, {"default", value}});
  }
  void integers(const Key& key, std::vector<std::int64_t>&, const IntRange& range,
                std::size_t most) override {
    const Json one{{"type", "integer"}, {"minimum", range.min}, {"maximum", range.max}};
    const Json list{{"type", "array"}, {"items", one}, {"minItems", 1}, {"maxItems", most}};
    add(key, {{"anyOf", Json::array({one, list})}});
  }
  void sources(const Key& key, std::vector<std::string>&) override {
    const Json name{{"type", "string"}},
        back{{"type", "integer"}, {"minimum", -100000}, {"maximum", -1}};
    const Json one{{"anyOf", Json::array({name, back})}};
    const Json list{{"type", "array"}, {"items", one}, {"minItems", 1}};
    add(key, {{"anyOf", Json::array({name, back, list})}});
  }
  void boolean(const Key& key, bool& value) override {
    add(key, {{"type", "boolean"}, {"default", value}});
  }
  void text(const Key& key, std::string&) override { add(key, {{"type", "string"}}); }
  void texts(const Key& key, std::vector<std::string>&) override {
    add(key, {{"type", "array"}, {"items", {{"type", "string"}}}, {"default", Json::array()}});
  }
  void pairs(const Key& key, std::vector<std::pair<std::string, std::string>>&) override {
    Json pair{{"type", "array"}, {"items", {{"type", "string"}}}, {"minItems", 2}, {"maxItems", 2}};
    add(key, {{"type", "array"}, {"items", std::move(pair)}, {"default", Json::array()}});
  }
  void file_name(const Key& key, std::string&) override {
    add(key, {{"type", "string"}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$"}});
  }
  void path(const Key& key, Path& value) override {
    Json s{{"type", "string"}, {"minLength", 1}};
    if (!value.text.empty()) s["default"] = value.text;
    add(key, std::move(s));
  }
  void choice(const Key& key, std::string& value,
              const std::vector<std::string>& choices) override {
    Json s{{"enum", choices}};
    if (!value.empty()) s["default"] = value;
    if (key.selects) selector_ = key.name;
    add(key, std::move(s));
  }

  Json take() { return std::move(stack_.front()); }

 private:
  static Json empty_object_schema() { return {{"type", "object"}, {"properties", Json::object()}}; }
  static Json number_schema(const NumberRange& r) {
    Json s{{"type", "number"}};
    s[r.min_excluded ? "exclusiveMinimum" : "minimum"] = r.min;
    s[r.max_excluded ? "exclusiveMaximum" : "maximum"] = r.max;
    return s;
  }

  bool visit_word(const Key&, std::string_view word, bool&) override {
    word_ = word;
    return false;
  }

  void add(const Key& key, Json schema) {
    Json property;
    property["description"] =
        std::string(key.doc) + (key.when.empty()
                                    ? ""
                                    : (key.required ? " (required for " : " (for ") + selector_ +
                                          " = " + std::string(key.when) + ")");
    if (!word_.empty()) {
      Json word{{"const", std::exchange(word_, {})}};
      schema = Json{{"anyOf", {std::move(word), std::move(schema)}}};
    }
    property.update(schema);
    Json& object = stack_.back();
    object["properties"][std::string(key.name)] = std::move(property);
    if (key.required && key.when.empty()) object["required"].push_back(key.name);
  }

  bool begin(const Key& key) override {
    keys_.push_back(key);
    words_.push_back(std::exchange(word_, {}));
    selectors_.push_back(selector_);
    stack_.push_back(empty_object_schema());
    return true;
  }
  bool begin_optional(const Key& key, bool) override { return begin(key); }
  void end() override {
    Json object = std::move(stack_.back());
    object["additionalProperties"] = false;
    stack_.pop_back();
    selector_ = selectors_.back();
    selectors_.pop_back();
    word_ = words_.back();
    words_.pop_back();
    add(keys_.back(), std::move(object));
    keys_.pop_back();
  }
  std::optional<std::size_t> begin_list(const Key& key, std::size_t) override {
    keys_.push_back(key);
    return 1;
  }
  void begin_item(std::size_t) override { stack_.push_back(empty_object_schema()); }
  void end_item() override { stack_.back()["additionalProperties"] = false; }
  void end_list() override {
    Json item = std::move(stack_.back());
    stack_.pop_back();
    add(keys_.back(), {{"type", "array"}, {"items", std::move(item)}, {"default", Json::array()}});
    keys_.pop_back();
  }

  std::vector<Json> stack_;
  std::vector<Key> keys_;
  std::vector<std::string> selectors_;
  std::vector<std::string> words_;  // of the objects around
  std::string word_;                // that may stand for the next value
  std::string selector_;            // of the present object
};

}  // namespace

std::string schema_json() {
  SchemaWriter writer;
  Config defaults;
  describe(writer, defaults);
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Configuration of octet's trainer"}};
  schema.update(writer.take());
  schema["additionalProperties"] = false;
  return schema.dump(2) + "\n";
}

}  // namespace octet::config
