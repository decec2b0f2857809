#include "deploy/folder/template_text.h"

#include <doctest/doctest.h>

#include "base/error.h"

namespace octet::deploy {

TEST_CASE("fill_template: places, sections, lines of a tag alone") {
  const Values values = {{"name", "net"}, {"yes", "1"}, {"no", ""}};
  const auto fill = [&](const char* text) { return fill_template(text, values, "t"); };
  CHECK(fill("a {{name}}{{name}} }}") == "a netnet }}");
  CHECK(fill("a\n{{#yes}}\nb\n{{/yes}}\nc\n") == "a\nb\nc\n");
  CHECK(fill("a\n{{#no}}\nb {{name}}\n{{/no}}\nc\n") == "a\nc\n");
  CHECK(fill("a\n{{^no}}\nb\n{{/no}}\n{{#no}}\nc\n{{/no}}\n") == "a\nb\n");
  CHECK(fill("x = {{#yes}}1{{/yes}}{{^yes}}2{{/yes}}\n\ny") == "x = 1\n\ny");
  CHECK(fill("{{#yes}}a{{#no}}b{{/no}}c{{/yes}}") == "ac");
  CHECK(fill("{{#no}}a{{#yes}}b{{/yes}}c{{/no}}") == "");
}

TEST_CASE("fill_template: what does not fit is an error that names the template") {
  const Values values = {{"a", "1"}};
  const auto fill = [&](const char* text) { return fill_template(text, values, "t.c"); };
  CHECK_THROWS_WITH_AS(fill("{{b}}"), "t.c: no value for {{b}}", Error);
  CHECK_THROWS_WITH_AS(fill("{{#a}}x"), "t.c: no {{/a}}", Error);
  CHECK_THROWS_WITH_AS(fill("{{/a}}"), "t.c: {{/a}} ends no section", Error);
  CHECK_THROWS_WITH_AS(fill("{{a"), "t.c: a tag without an end", Error);
}

}  // namespace octet::deploy
