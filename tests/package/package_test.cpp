// Training, runtime and programs as others get them: installed, and used by projects outside.
#include <regex>

#include "tests/installed.h"

namespace {

namespace fs = std::filesystem;
using namespace octet::test;

std::vector<fs::path> headers(const fs::path& prefix) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(prefix / "include")) {
    if (!entry.is_directory()) found.push_back(entry.path());
  }
  return found;
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

const char* const small_program = R"(
#include <octet/training.hpp>
int main() {
  octet::Context ctx(1);
  octet::Tape tape(ctx);
  return octet::relu(tape.input(octet::Tensor::zeros({2, 2}))).shape().rank() == 2 ? 0 : 1;
}
)";

}  // namespace

TEST_CASE("the examples build and run as a project outside: training and runtime") {
  const Installed installed({"runtime", "training"});
  installed.build_project(source_dir() / "examples/outside");
  const fs::path model = installed.dir / "model.tflite";
  const std::string trained =
      run(installed.dir, quoted(installed.build / "custom_loop") + " " +
                             quoted(source_dir() / "data/digits.h5") + " " + quoted(model));
  CAPTURE(trained);
  std::smatch accuracy;
  REQUIRE(std::regex_search(trained, accuracy, std::regex(R"(float (\S+) %\nint8 (\S+) %)")));
  CHECK(std::stod(accuracy[1]) > 90);
  CHECK(std::stod(accuracy[2]) > 90);
  const std::string two_heads =
      run(installed.dir, quoted(installed.build / "two_heads") + " " +
                             quoted(source_dir() / "data/digits.h5") + " " +
                             quoted(installed.dir / "two_heads.tflite"));
  CAPTURE(two_heads);
  REQUIRE(std::regex_search(two_heads, accuracy,
                            std::regex(R"(int8 (\S+) %, ink's mean square error (\S+))")));
  CHECK(std::stod(accuracy[1]) > 75);
  CHECK(std::stod(accuracy[2]) < 0.01);
  const std::string own_op = run(installed.dir, quoted(installed.build / "own_op") + " " +
                                                    quoted(source_dir() / "data/digits.h5") + " " +
                                                    quoted(installed.dir / "own_op.tflite"));
  CAPTURE(own_op);
  REQUIRE(std::regex_search(
      own_op, accuracy, std::regex(R"(float (\S+) %\nint8 (\S+) %, codes different 0 of (\d+))")));
  CHECK(std::stod(accuracy[1]) > 85);
  CHECK(std::stod(accuracy[2]) > 85);
  CHECK(std::stoll(accuracy[3]) > 10000);
  const std::string ran =
      run(installed.dir, quoted(installed.build / "run_model") + " " + quoted(model));
  CHECK(ran.find(": [") != std::string::npos);  // the largest values of an output
}

TEST_CASE("training alone, in a project in C++ alone with folders named like octet's") {
  const Installed installed({"training"});
  const fs::path project = installed.dir / "project";
  write(project / "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.25)\n"
        "project(user CXX)\n"
        "find_package(octet REQUIRED COMPONENTS training)\n"
        "add_executable(user user.cpp)\n"
        "target_include_directories(user BEFORE PRIVATE .)\n"
        "target_link_libraries(user PRIVATE octet::octet)\n");
  write(project / "user.cpp", small_program);
  for (const char* own : {"base/error.h", "core/tensor.h", "layers/module.h"}) {
    write(project / own, "#error not octet's\n");
  }
  installed.build_project(project);
  run(installed.dir, quoted(installed.build / "user"));

  if (!has_pkg_config()) return;
  run(installed.dir, OCTET_CXX_COMPILER " -std=c++20 -I" + quoted(project) + " " +
                         quoted(project / "user.cpp") + " -o " + quoted(installed.dir / "user") +
                         " " + installed.pkg_config("--cflags --libs octet"));
  run(installed.dir, quoted(installed.dir / "user"));
}

TEST_CASE("as a subproject: the libraries, their names, and no word") {
  const TempDir dir;
  write(dir / "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.25)\n"
        "project(user C CXX)\n"
        "message(STATUS \"octet begins\")\n"
        "add_subdirectory(\"" +
            source_dir().string() +
            "\" octet)\n"
            "message(STATUS \"octet ends\")\n"
            "add_executable(user user.cpp)\n"
            "target_link_libraries(user PRIVATE octet::octet octet::runtime)\n");
  write(dir / "user.cpp", small_program);
  const fs::path build = dir / "build";
  const std::string configured = run(
      dir, OCTET_CMAKE " -G Ninja -S " + quoted(dir.path()) + " -B " + quoted(build) +
               " -DCMAKE_C_COMPILER=" OCTET_C_COMPILER " -DCMAKE_CXX_COMPILER=" OCTET_CXX_COMPILER);
  CAPTURE(configured);
  CHECK(configured.find("-- octet begins\n-- octet ends\n") != std::string::npos);
  const std::string targets = run(dir, OCTET_CMAKE " --build " + quoted(build) + " --target help");
  CHECK(targets.find("liboctet.a") != std::string::npos);
  for (const char* none : {"trainer:", "octet-bench:", "core_tests:", "custom_loop:"})
    CHECK(targets.find(none) == std::string::npos);
  const std::string cache = run(dir, "grep CMAKE_BUILD_TYPE: " + quoted(build / "CMakeCache.txt"));
  CHECK(cache.find("Release") == std::string::npos);  // what the project around has is its own
}

TEST_CASE("installed headers include installed headers, by paths relative to themselves") {
  const Installed installed({"runtime", "training"});
  int checked = 0;
  for (const fs::path& header : headers(installed.prefix)) {
    CAPTURE(header);
    std::ifstream in(header);
    for (std::string line; std::getline(in, line);) {
      std::smatch match;
      if (!std::regex_match(line, match, std::regex("\\s*#\\s*include\\s*\"(.*)\".*"))) continue;
      CAPTURE(line);
      CHECK(fs::exists(header.parent_path() / match[1].str()));
      ++checked;
    }
  }
  CHECK(checked > 100);
}

TEST_CASE("the programs run where they are installed") {
  const Installed installed({"programs"});
  const fs::path bin = installed.prefix / "bin";
  for (const char* program : {"trainer", "octet", "octet-bench"}) {
    run(installed.dir, quoted(bin / program) + " --help");
  }
  // With the double build, which is a library of its own.
  run(installed.dir, quoted(bin / "octet-bench") +
                         " step --net ds_cnn --mode float --batch 2 --threads 2 --seconds 0");
}

TEST_SUITE("long") {
  TEST_CASE("every installed header compiles on its own") {
    const Installed installed({"runtime", "training"});
    const fs::path include = installed.prefix / "include";
    for (const fs::path& header : headers(installed.prefix)) {
      if (header.extension() == ".inc") continue;  // rows for a macro of who includes them
      const std::string line = "#include <" + header.lexically_relative(include).string() + ">\n";
      write(installed.dir / "user.cpp", line + line);
      run(installed.dir, OCTET_CXX_COMPILER " -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I" +
                             quoted(include) + " " + quoted(installed.dir / "user.cpp"));
    }
  }
}

TEST_CASE("Debian packages: the programs run, the library is there" * doctest::test_suite("long")) {
  if (std::system("command -v dpkg-deb >/dev/null") != 0) return;
  const TempDir dir;
  run(dir, OCTET_CPACK " -D CPACK_PACKAGE_DIRECTORY=" + quoted(dir / "out") + " --config " +
               quoted(fs::path(OCTET_BINARY_DIR) / "CPackConfig.cmake"));
  std::string names;
  for (const auto& entry : fs::directory_iterator(dir / "out")) {
    if (entry.path().extension() != ".deb") continue;
    const std::string name = run(dir, "dpkg-deb -f " + quoted(entry.path()) + " Package");
    names += name;
    run(dir, "dpkg-deb -x " + quoted(entry.path()) + " " + quoted(dir / "root"));
    const std::string needs = run(dir, "dpkg-deb -f " + quoted(entry.path()) + " Depends");
    CAPTURE(name);
    CAPTURE(needs);
    CHECK(needs.find(name.starts_with("octet") ? "libhdf5" : "libopenblas-dev") != needs.npos);
  }
  CHECK(names.find("octet\n") != names.npos);
  CHECK(names.find("liboctet-dev\n") != names.npos);
  for (const char* program : {"trainer", "octet"}) {
    const std::string version = run(dir, quoted(dir / "root/usr/bin" / program) + " --version");
    CHECK(version.find("0.1.0") != version.npos);
  }
  CHECK(fs::exists(dir / "root/usr/include/octet/training.hpp"));
}
