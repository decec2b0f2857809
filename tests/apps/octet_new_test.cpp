// octet new: a project whose README's commands work as they stand.
#include <doctest/doctest.h>

#include <random>
#include <regex>

#include "data/image.h"
#include "tests/process.h"
#include "tests/support.h"

using namespace octet;
using namespace octet::test;
namespace fs = std::filesystem;

namespace {

struct Ran {
  int code;
  std::string output;
};

/// `command` in a shell that finds both programs.
Ran sh(const fs::path& folder, const std::string& command) {
  const std::string path = fs::path(OCTET_CLI).parent_path().string() + ":" +
                           fs::path(OCTET_TRAINER).parent_path().string();
  Process process({"/bin/sh", "-c", "PATH='" + path + "':$PATH\n" + command}, folder);
  const int code = process.wait();
  return {code, process.output()};
}

std::string text_of_file(const fs::path& file) {
  const std::vector<char> bytes = read_file(file);
  return {bytes.begin(), bytes.end()};
}

/// Pictures of two colours, of different sizes.
void write_pictures(const fs::path& folder, std::vector<std::uint8_t> colour, int count,
                    unsigned seed) {
  fs::create_directories(folder);
  std::mt19937 random(seed);
  for (int i = 0; i < count; ++i) {
    Image image{30 + i % 5, 40 - i % 7, 3, {}};
    for (std::int64_t p = 0; p < image.height * image.width; ++p) {
      for (const std::uint8_t c : colour)
        image.pixels.push_back(static_cast<std::uint8_t>(c / 2 + random() % 128));
    }
    write_png(image, folder / (std::to_string(i) + ".png"));
  }
}

}  // namespace

TEST_CASE("octet new: the commands of its README, on small data") {
  const TempDir dir;
  const Ran made = sh(dir.path(), "octet new 'my shoes'");
  CAPTURE(made.output);
  REQUIRE(made.code == 0);
  const fs::path project = dir / "my shoes";
  for (const char* file : {"config.json", "README.md", ".gitignore", "data/README.md"})
    CHECK(fs::is_regular_file(project / file));
  const Ran empty = sh(project, "trainer config.json --dry-run");
  CHECK(empty.code == 1);
  CHECK(empty.output.find("data/train") != std::string::npos);

  unsigned seed = 1;
  for (const auto& [split, count] : {std::pair{"train", 16}, std::pair{"test", 5}}) {
    write_pictures(project / "data" / split / "boot", {220, 40, 40}, count, ++seed);
    write_pictures(project / "data" / split / "sandal", {40, 220, 40}, count, ++seed);
    write_pictures(project / "data" / split / "clog", {40, 40, 220}, count, ++seed);
  }
  const std::string readme = text_of_file(project / "README.md");
  CHECK(readme.find("# my_shoes") == 0);
  const std::regex block("```sh\n([^`]*)```");
  int blocks = 0;
  for (std::sregex_iterator it(readme.begin(), readme.end(), block), end; it != end; ++it) {
    const std::string commands = (*it)[1];
    CAPTURE(commands);
    const Ran ran = sh(project, "set -e\n" + commands);
    CAPTURE(ran.output);
    REQUIRE(ran.code == 0);
    if (++blocks == 1) CHECK(ran.output.find("codes different       0 of") != std::string::npos);
    if (blocks == 2) CHECK(ran.output.find("sandal") != std::string::npos);
  }
  CHECK(blocks == 3);
  CHECK(fs::exists(project / "runs/my_shoes/model.tflite"));
  CHECK(fs::exists(project / "deploy/README.md"));
}

TEST_CASE("octet new touches nothing that is there") {
  const TempDir dir;
  fs::create_directories(dir / "full");
  write_file(dir / "full/notes.txt", {'x'});
  fs::create_directories(dir / "empty");
  write_file(dir / "file", {'x'});
  for (const char* name : {"full", "file", ".", "no/such/folder/x"}) {
    const Ran ran = sh(dir.path(), std::string("octet new ") + name);
    CAPTURE(ran.output);
    CHECK(ran.code == 1);
    CHECK(ran.output.find("cannot write") != std::string::npos);
  }
  CHECK(read_file(dir / "full/notes.txt") == std::vector<char>{'x'});
  CHECK(std::distance(fs::directory_iterator(dir / "full"), fs::directory_iterator()) == 1);
  CHECK(sh(dir.path(), "octet new empty/").code == 0);
  CHECK(text_of_file(dir / "empty/config.json").find("\"name\": \"empty\"") != std::string::npos);
  CHECK(sh(dir.path(), "octet new empty").code == 1);
}
