#include "deploy/folder/escapes.h"

#include <doctest/doctest.h>

namespace octet::deploy {

TEST_CASE("names in comments, literals and documents") {
  const std::string hostile = "a\"\"\"\\u002a/ */ ?\?/\n|`<b>";
  CHECK(comment_text(Language::c, hostile) == "a\"\"\"\\u002a/  / ?\?/?|`<b>");
  CHECK(comment_text(Language::java, hostile) == "a\"\"\"\\\\u002a/ */ ?\?/?|`<b>");
  CHECK(comment_text(Language::javascript,
                     "a\xe2\x80\xa8"
                     "b") == "a?b");
  CHECK(comment_text(Language::python, hostile) == "a\\\"\\\"\\\"\\\\u002a/ */ ?\?/?|`<b>");
  CHECK(string_literal(Language::c, "\"\\?\?/") == "\"\\\"\\\\\\?\\?/\"");
  CHECK(string_literal(Language::java, "\\u0022?") == "\"\\\\u0022?\"");
  CHECK(string_literal(Language::javascript, "\"\\\n") == "\"\\\"\\\\?\"");
  CHECK(html_text("<b>&") == "&lt;b>&amp;");
  CHECK(markdown_text("a|b`c`_d") == "a\\|b\\`c\\`_d");
  CHECK(markdown_code("a") == "`a`");
  CHECK(markdown_code("a`b``") == "``` a`b`` ```");
}

}  // namespace octet::deploy
