// The runtime as others get it: installed alone, used by a project that knows nothing but the
// package, static and shared, from C and from C++.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "int8/engine/model.h"
#include "interop/tflite/writer.h"
#include "tests/installed.h"
#include "tests/int8/graphs.h"

namespace {

namespace fs = std::filesystem;
namespace int8 = octet::int8;
using octet::test::Installed;
using octet::test::quoted;
using octet::test::read_file;
using octet::test::run;
using octet::test::TempDir;

/// What the engine gives for samples of zeros, all outputs one after the other.
std::vector<char> outputs_of_zeros(const int8::Graph& graph) {
  const int8::Model model(graph);
  int8::ExecutionContext context(model);
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    const auto to = context.input(static_cast<int>(i));
    std::fill(to.begin(), to.end(), std::byte{0});
  }
  context.run();
  std::vector<char> all;
  for (std::size_t i = 0; i < model.outputs().size(); ++i) {
    for (const std::byte b : context.output(static_cast<int>(i)))
      all.push_back(static_cast<char>(b));
  }
  return all;
}

}  // namespace

TEST_CASE("the component installs the runtime and nothing else") {
  const Installed installed({"runtime"});
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(installed.prefix)) {
    if (!entry.is_directory()) files.insert(entry.path().lexically_relative(installed.prefix));
  }
  const auto has = [&](const std::string& file) { return files.erase(file) == 1; };
  for (const char* header :
       {"base/error.h", "base/export.h", "base/simd/isa.h", "interop/tflite/reader.h", "octet.h",
        "runtime.hpp", "int8/graph/graph.h", "int8/kernels/engine_isa.h", "int8/engine/model.h",
        "int8/graph/op_set.h", "int8/graph/rounding.h", "int8/graph/ops.inc"}) {
    CAPTURE(header);
    CHECK(has(std::string("include/octet/") + header));
  }
  std::string rest;
  for (const std::string& file : files) {
    const bool library = file.find("/libocteti8.") != std::string::npos;
    const bool package = file.find("/cmake/octeti8/") != std::string::npos ||
                         file.find("/cmake/octet/") != std::string::npos ||
                         file.find("/pkgconfig/octeti8.pc") != std::string::npos ||
                         file.find("/pkgconfig/octet-runtime.pc") != std::string::npos;
    if (!library && !package) rest += file + " ";
  }
  CHECK(rest.empty());
  CHECK(files.size() >= 4 + 5);  // .a, .so and two versions of its name; CMake and pkg-config files
}

TEST_CASE("a project that has only the package: C and C++, shared and static") {
  const Installed installed({"runtime"});
  const TempDir& dir = installed.dir;
  installed.build_project(
      octet::test::source_dir() / "tests/runtime/package",
      "-DRUN_MODEL=" + quoted(octet::test::source_dir() / "examples" / "run_model.c"));

  const int8::Graph graph = octet::test::every_op_graph();
  const fs::path model = dir / "model.tflite", out = dir / "out.bin";
  octet::write_tflite(graph, model);
  const std::vector<char> expected = outputs_of_zeros(graph);
  for (const char* program : {"run_shared", "run_static"}) {
    const std::string text = run(
        dir, quoted(installed.build / program) + " -t 2 -o " + quoted(out) + " " + quoted(model));
    CHECK(read_file(out) == expected);
    CHECK(text.find("p: [") != std::string::npos);  // the last output's largest values
  }
  run(dir, quoted(installed.build / "user") + " " + quoted(model) + " " + quoted(out));
  CHECK(read_file(out) == expected);

  // Small, and of its own.
  const auto size = fs::file_size(installed.build / "run_static");
  CAPTURE(size);
  CHECK(size < 1'500'000);
  const std::string needed = run(dir, "objdump -p " + quoted(installed.build / "run_static"));
  CHECK(needed.find("NEEDED") == std::string::npos);
}

TEST_CASE("the shared library needs the C++ standard library only, and exports its API only") {
  const Installed installed({"runtime"});
  fs::path library;
  for (const auto& entry : fs::recursive_directory_iterator(installed.prefix)) {
    if (entry.path().filename() == "libocteti8.so") library = entry.path();
  }
  REQUIRE(!library.empty());
  std::istringstream needed(run(installed.dir, "objdump -p " + quoted(library)));
  for (std::string word; needed >> word;) {
    if (word != "NEEDED") continue;
    needed >> word;
    CAPTURE(word);
    const char* allowed[] = {"libstdc++.so.", "libm.so.", "libgcc_s.so.", "libc.so.", "ld-linux"};
    CHECK(std::any_of(std::begin(allowed), std::end(allowed),
                      [&](const char* a) { return word.rfind(a, 0) == 0; }));
  }
  std::istringstream symbols(run(installed.dir, "nm -D --defined-only -C " + quoted(library)));
  int api = 0;
  for (std::string line; std::getline(symbols, line);) {
    CAPTURE(line);
    const std::string name = line.substr(line.find(' ', 17) + 1);
    const char* allowed[] = {"octet_", "octet::", "typeinfo for octet::",
                             "typeinfo name for octet::", "vtable for octet::"};
    CHECK(std::any_of(std::begin(allowed), std::end(allowed),
                      [&](const char* a) { return name.rfind(a, 0) == 0; }));
    CHECK(name.find("::tflite::") == std::string::npos);
    if (name.rfind("octet_", 0) == 0) ++api;
  }
  CHECK(api >= 19);
}

TEST_CASE("pkg-config says how to compile and link") {
  if (!octet::test::has_pkg_config()) return;
  const Installed installed({"runtime"});
  const TempDir& dir = installed.dir;
  const std::string source = quoted(octet::test::source_dir() / "examples" / "run_model.c");
  for (const std::string package : {"octet-runtime", "octeti8"}) {
    CAPTURE(package);
    run(dir, OCTET_C_COMPILER " -std=c11 " + source + " -o " + quoted(dir / "shared") + " " +
                 installed.pkg_config("--cflags --libs " + package));
    run(dir, OCTET_C_COMPILER " -std=c11 -static " + source + " -o " + quoted(dir / "static") +
                 " " + installed.pkg_config("--cflags --libs --static " + package));
  }
  const std::string libraries = installed.pkg_config("--variable=libdir octet-runtime");
  octet::write_tflite(octet::test::small_graph(), dir / "m.tflite");
  run(dir, quoted(dir / "static") + " " + quoted(dir / "m.tflite"));
  run(dir, "LD_LIBRARY_PATH=" + libraries + " " + quoted(dir / "shared") + " " +
               quoted(dir / "m.tflite"));
}
