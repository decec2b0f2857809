// Configurations: what is accepted, and the message for everything that is not.
#include "apps/common/config/config.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "tests/support.h"

using namespace octet;
using octet::test::TempDir;

namespace {

/// A valid configuration with `extra` in front of its closing brace.
std::string with(const std::string& extra) {
  return R"({"name": "t", "data": {"path": "d.h5"}, "model": {"zoo": "lenet"}, "train": {})" +
         (extra.empty() ? "" : ", " + extra) + "}";
}

std::string layers(const std::string& list) {
  return R"({"name": "t", "data": {"path": "d.h5"}, "train": {}, "model": {"layers": [)" + list +
         "]}}";
}

struct Fixture {
  TempDir dir;
  std::filesystem::path file = dir / "c.json";
  std::string name = file.string();

  config::Config read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    test::write_file(file, {text.begin(), text.end()});
    return config::read_config(file, overrides);
  }
  /// The message, with the file's name as FILE.
  std::string error(const std::string& text, const std::vector<std::string>& overrides = {}) {
    try {
      read(text, overrides);
    } catch (const Error& e) {
      std::string message = e.what();
      for (auto at = message.find(name); at != message.npos; at = message.find(name)) {
        message.replace(at, name.size(), "FILE");
      }
      return message;
    }
    return "no error";
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "config: defaults, values and comments") {
  const auto c = read(R"(// a comment
{
  "$schema": "schema.json",
  "name": "run-1", /* another */ "seed": 9007199254740992,
  "data": {"path": "x/../d.h5", "normalize": {"mean": [127], "std": [64.5]}},
  "model": {"zoo": "resnet8"},
  "train": {"epochs": 3, "optimizer": {"type": "sgd", "lr": 1}}
})");
  CHECK(c.name == "run-1");
  CHECK(c.seed == std::int64_t{1} << 53);
  CHECK(c.data.path.path == dir / "d.h5");
  CHECK(c.data.normalize.mean == std::vector<double>{127});
  CHECK(c.data.normalize.std == std::vector<double>{64.5});
  CHECK(c.train->epochs == 3);
  CHECK(c.train->optimizer.type == "sgd");
  CHECK(c.train->optimizer.lr == 1.0);
  CHECK(c.train->batch == 64);
  CHECK_FALSE(c.quantized());
  CHECK_FALSE(c.init);
  CHECK(c.run_dir() == std::filesystem::path("runs") / "run-1");
}

TEST_CASE_FIXTURE(Fixture, "config: every mistake has its message") {
  struct Row {
    std::string text, message;
  };
  const Row rows[] = {
      // syntax
      {"", "FILE:1:1: syntax error in value - unexpected end of input"},
      {"{\n  \"name\": \"t\",\n}", "FILE:3:1: syntax error in object key - unexpected '}'"},
      {"{\"a\": 01}", "FILE:1:8: syntax error in object - unexpected number literal"},
      {"{\"a\": nul}", "FILE:1:10: syntax error in value - invalid literal"},
      {"{\"a\": 1 /* open", "FILE:1:16: syntax error in"},
      {"{\"a\": \"\xff\"}", "FILE:1:8: syntax error in value - invalid string: ill-formed UTF-8"},
      {"{\"a\": 1e999}", "FILE: number overflow"},
      {with("\"seed\": 1, \"seed\": 2"), "FILE: the key 'seed' stands twice in one object"},
      {"[1]", "FILE: expected an object, got a list"},
      {"3", "FILE: expected an object, got 3"},
      // unknown keys
      {with("\"sede\": 1"), "FILE: /sede: unknown key; did you mean 'seed'? Known here: $schema, "},
      {with("\"checkpoint\": {\"every_batch\": 1}"),
       "FILE: /checkpoint/every_batch: unknown key; did you mean 'every_batches'?"},
      {R"({"name": "t", "data": {"pth": "d"}, "model": {"zoo": "lenet"}})",
       "FILE: /data/pth: unknown key; did you mean 'path'?"},
      {with("\"a/b~c\": 1"), "FILE: /a~1b~0c: unknown key"},
      // missing
      {"{}", "FILE: /: the key 'name' is required"},
      {R"({"name": "t", "model": {"zoo": "lenet"}})", "FILE: /: the key 'data' is required"},
      {R"({"name": "t", "data": {}, "model": {"zoo": "lenet"}})",
       "FILE: /data: the key 'path' is required"},
      // types
      {with("\"seed\": \"1\""),
       "FILE: /seed: expected an integer in [0, 9007199254740992], got the string \"1\""},
      {with("\"seed\": 1.0"), "FILE: /seed: expected an integer in [0, 9007199254740992], got 1.0"},
      {with("\"seed\": null"), "got null"},
      {with("\"init\": []"), "FILE: /init: expected an object, got a list"},
      {with("\"data\": 1"), "twice"},
      {with("\"quant\": {\"mode\": 8}"),
       "FILE: /quant/mode: expected one of none, qat, ptq, got 8"},
      {with("\"quant\": {\"drop_last\": 1}"),
       "FILE: /quant/drop_last: expected true or false, got 1"},
      {with("\"out\": 1"), "FILE: /out: expected a path, got 1"},
      {with("\"out\": \"\""), "FILE: /out: expected a path, got the string \"\""},
      {with("\"$schema\": 1"), "FILE: /$schema: expected a string, got 1"},
      // lists of objects
      {with(R"("quant": {"mode": "qat", "parameters": 3})"),
       "FILE: /quant/parameters: expected a list of objects, got 3"},
      {with(R"("quant": {"mode": "qat", "parameters": [{"pattern": "a"}, 1]})"),
       "FILE: /quant/parameters/1: expected an object, got 1"},
      {with(R"("quant": {"mode": "qat", "parameters": [{"lr_factor": 1}]})"),
       "FILE: /quant/parameters/0: the key 'pattern' is required"},
      {with(R"("quant": {"mode": "qat", "parameters": [{"pattern": "a", "frez": true}]})"),
       "FILE: /quant/parameters/0/frez: unknown key; did you mean 'freeze'?"},
      {with(R"("quant": {"mode": "ptq", "parameters": []})"),
       "FILE: /quant/parameters: this key is for mode = qat, but /quant/mode is ptq"},
      // ranges
      {with(R"("quant": {"mode": "qat", "loss": {"label_smoothing": 1}})"),
       "FILE: /quant/loss/label_smoothing: expected a number in [0, 1), got 1"},
      {with("\"seed\": -1"), "expected an integer in [0, 9007199254740992], got -1"},
      {with("\"seed\": 18446744073709551615"), "got 18446744073709551615"},
      {with("\"threads\": 1025"), "FILE: /threads: expected an integer in [0, 1024], got 1025"},
      {with("\"quant\": {\"averaging\": 0}"),
       "FILE: /quant/averaging: expected a number in (0, 1], got 0"},
      {with("\"quant\": {\"optimizer\": {\"lr\": true}}"),
       "FILE: /quant/optimizer/lr: expected a number in (0, 1000], got true"},
      {with("\"quant\": {\"optimizer\": {\"beta1\": 1}}"),
       "FILE: /quant/optimizer/beta1: expected a number in [0, 1), got 1"},
      {R"({"name": "t", "data": {"path": "d", "normalize": {"std": [1, 0]}}})",
       "FILE: /data/normalize/std/1: expected a number in (0, 1e+06], got 0"},
      {R"({"name": "t", "data": {"path": "d", "normalize": {"std": []}}})",
       "FILE: /data/normalize/std: expected a list of numbers, got a list"},
      {R"({"name": "t", "data": {"path": "d", "normalize": {"mean": 1}}})",
       "FILE: /data/normalize/mean: expected a list of numbers, got 1"},
      {R"({"name": "a/b"})", "FILE: /name: expected a name of letters, digits"},
      {R"({"name": ".."})", "FILE: /name: expected a name of letters, digits"},
      {R"({"name": 1})", "FILE: /name: expected a name of letters, digits"},
      // choices
      {with("\"quant\": {\"mode\": \"qta\"}"),
       "FILE: /quant/mode: expected one of none, qat, ptq, got the string \"qta\"; did you mean "
       "'qat'?"},
      {R"({"name": "t", "data": {"path": "d"}, "model": {"zoo": "lenett"}})",
       "got the string \"lenett\"; did you mean 'lenet'?"},
      {with("\"quant\": {\"mode\": \"ptq\", \"stages\": {}}"),
       "FILE: /quant/stages: this key is for mode = qat, but /quant/mode is ptq"},
      {with("\"quant\": {\"optimizer\": {\"momentum\": 0.5}}"),
       "FILE: /quant/optimizer/momentum: this key is for type = sgd, but /quant/optimizer/type is "
       "adam"},
      // lists of layers
      {layers(R"({"type": "conv2d", "kernel": [3, 3, 3]})"),
       "FILE: /model/layers/0/kernel: expected an integer in [1, 65536] or a list of up to 2 of "
       "them, got a list"},
      {layers(R"({"type": "conv2d", "kernel": 0})"),
       "FILE: /model/layers/0/kernel: expected an integer in [1, 65536] or a list of up to 2 of "
       "them, got 0"},
      {layers(R"({"type": "max_pool2d"})"), "FILE: /model/layers/0: the key 'kernel' is required"},
      {layers(R"({"type": "relu", "from": 1})"),
       "FILE: /model/layers/0/from: expected a layer's name, a negative number (-1: the layer "
       "before), or a list, got 1"},
      {layers(R"({"type": "relu", "from": []})"),
       "FILE: /model/layers/0/from: expected at least one name or negative number, got a list"},
      {layers(R"({"type": "relu", "name": "-1"})"),
       "FILE: /model/layers/0/name: expected a name of letters, digits, '.', '_' and '-' (at most "
       "100, not starting with '.' or '-'), got the string \"-1\""},
      {layers(R"({"type": "conv2d", "kernel": 3, "out": "many"})"),
       "FILE: /model/layers/0/out: expected the word \"classes\" or no text, got the string "
       "\"many\""},
      {layers(R"({"type": "relu", "kernel": 3})"),
       "FILE: /model/layers/0/kernel: this key is for type = conv2d depthwise_conv2d "
       "conv_transpose2d max_pool2d avg_pool2d, but /model/layers/0/type is relu"},
      // keys together
      {R"({"name": "t", "data": {"path": "d"}, "model": {}, "train": {}})",
       "FILE: /model: expected one of 'zoo', 'layers' and 'import'"},
      {R"({"name": "t", "data": {"path": "d"}, "model": {"zoo": "lenet", "import": "n"}, "train": {}})",
       "FILE: /model: expected one of 'zoo', 'layers' and 'import'"},
      {R"({"name": "t", "data": {"path": "d"}, "model": {"import": "n", "width": 2}, "train": {}})",
       "FILE: /model/width: is for /model/zoo; the layers of an imported network are those of its "
       "file"},
      {R"({"name": "t", "data": {"path": "d"}, "model": {"zoo": "lenet"}})",
       "FILE: nothing to do: expected 'train', or 'quant' with mode qat or ptq"},
      {R"({"name": "t", "data": {"path": "d"}, "model": {"zoo": "lenet"}, "quant": {}})",
       "FILE: /quant: there are no trained weights to quantize: expected 'init' or 'train'"},
      {with("\"init\": {}"), "FILE: /init: expected one of 'config', 'checkpoint' and 'import'"},
      {with("\"init\": {\"config\": \"a\", \"checkpoint\": \"b\"}"),
       "FILE: /init: expected one of 'config', 'checkpoint' and 'import'"},
      {with(R"("init": {"import": "a", "checkpoint": "b"})"),
       "FILE: /init: expected one of 'config', 'checkpoint' and 'import'"},
      {with(R"("init": {"import": "a", "skip": "fc.*"})"),
       "FILE: /init/skip: expected a list of strings, got the string \"fc.*\""},
      {with(R"("init": {"import": "a", "skip": ["b", 1]})"),
       "FILE: /init/skip/1: expected a string, got 1"},
      {with(R"("init": {"import": "a", "rename": [["b", "c"], ["d"]]})"),
       "FILE: /init/rename/1: expected a pair of strings, [from, to], got a list"},
      {with(R"("init": {"import": "a", "rename": {"b": "c"}})"),
       "FILE: /init/rename: expected a list of [from, to] pairs, got an object"},
      {with(
           "\"quant\": {\"stages\": {\"train_bn\": 0, \"frozen_bn\": 0, \"frozen_observers\": 0}}"),
       "FILE: /quant/stages: expected at least one epoch in all, got 0"},
      {with(R"("quant": {"weight_bits": 1})"),
       "FILE: /quant/weight_bits: expected 2 to 8 bits, or 0 for the target's, got 1"},
      {with(R"("quant": {"weight_bits": 9})"), "FILE: /quant/weight_bits: expected an integer in"},
      {R"({"name": "t", "data": {"path": "d", "augment": {"random_crop": true}},
           "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/augment/random_crop: expected padding, or /data/crop_h and /data/crop_w, with "
       "it"},
      {R"({"name": "t", "data": {"path": "d", "channels": 1}, "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/channels: is for format = image_folder or mask_folder, but /data/format is "
       "hdf5"},
      {R"({"name": "t", "data": {"path": "d", "normalize": "aut"}, "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/normalize: expected the word \"auto\" or no text, got the string \"aut\""},
      {R"({"name": "t", "data": {"path": "d", "normalize": 3}, "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/normalize: expected an object, got 3"},
      {R"({"name": "t", "data": {"path": "d", "input": {"h": 3}}, "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/input: expected both h and w, got 3 and 0"},
      {R"({"name": "t", "data": {"path": "d", "stream": true}, "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/stream: is for format = image_folder or mask_folder, but /data/format is hdf5"},
      {R"({"name": "t", "data": {"path": "d", "target_columns": ["a"]}, "model": {"zoo": "lenet"}, "train": {}})",
       "FILE: /data/target_columns: is for format = csv, but /data/format is hdf5"},
      {with(R"("quant": {"mode": "qat", "loss": {"class_weights": "balance"}})"),
       "FILE: /quant/loss/class_weights: expected the word \"balanced\" or no text, got the "
       "string"},
      {with(R"("quant": {"mode": "qat", "loss": {"class_weights": [0]}})"),
       "FILE: /quant/loss/class_weights: expected one above 0, got only zeros"},
      {R"({"name": "t", "data": {"path": "d"}, "model": {"zoo": "lenet"},
           "train": {"loss": {"class_weights": [0, 0, 0]}}})",
       "FILE: /train/loss/class_weights: expected one above 0, got only zeros"},
      // variables
      {R"({"name": "t", "data": {"path": "${OCTET_NO_SUCH}/d"}})",
       "FILE: /data/path: the environment variable OCTET_NO_SUCH is not set, but the path "
       "'${OCTET_NO_SUCH}/d' needs it"},
      {R"({"name": "t", "data": {"path": "a${B"}})",
       "FILE: /data/path: 'a${B' has no '}' behind its '${'"},
  };
  for (const Row& row : rows) {
    const std::string message = error(row.text);
    CAPTURE(row.text);
    CAPTURE(row.message);
    CAPTURE(message);
    CHECK(message.find(row.message) != message.npos);
  }
}

TEST_CASE_FIXTURE(Fixture, "config: what a parser would take too long or too deep") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const std::string deep = "expected at most 64";
  const auto has = [](const std::string& message, const std::string& part) {
    CAPTURE(message);
    CHECK(message.find(part) != message.npos);
  };
  has(error(with("\"seed\": " + nested(75000) + ", \"out\": \"x\"")), deep);
  has(error(with("\"seed\": " + nested(64))), deep);  // the configuration is one more
  has(error(with("\"seed\": " + nested(63))), "FILE: /seed: expected an integer in");
  std::string objects;
  for (int i = 0; i < 75000; ++i) objects += "{\"a\":";
  has(error(objects), deep);
  has(error(with(""), {"seed=" + nested(50000)}), deep);
  has(error(with(""), {"seed=" + nested(50000)}), "--set seed=[[[");
  std::string parts = "a";
  for (int i = 0; i < 50000; ++i) parts += ".a";
  has(error(with(""), {parts + "=1"}), "expected a key of at most 64 parts");
  std::string many = "\"seed\": {";
  for (int i = 0; i < 100000; ++i) many += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
  has(error(with(many + "}")), "FILE: an object with more than 1000 keys");
  // The nearest name to a long one.
  has(error(with("\"" + std::string(900000, 'x') + "\": 1")), "unknown key. Known here");
}

TEST_CASE_FIXTURE(Fixture, "config: NUL, control characters and other encodings") {
  std::string text = with("");
  text += '\0';
  CHECK(error(text).find("expected text, got a NUL byte") != std::string::npos);
  CHECK(error(R"({"name": "t", "data": {"path": "a\u0000b"}})") ==
        "FILE: /data/path: expected a path without NUL characters, got the string \"a\\u0000b\"");
  const auto printable = [](const std::string& message) {
    return std::all_of(message.begin(), message.end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
  };
  for (const std::string& extra :
       {std::string(R"("a\u001b[31m": 1)"), std::string(R"("a\u001b": 1, "a\u001b": 2)"),
        std::string(R"("train": {"\n": 1})"), std::string(R"("out": "${\u0007}")")}) {
    const std::string message = error(with(extra));
    CAPTURE(message);
    CHECK(message != "no error");
    CHECK(printable(message));
  }
  CHECK(printable(error(with(""), {"\x1b[31m"})));
  // A path of any bytes has its JSON.
  CHECK(config::to_json(read(with(""), {"data.path=caf\xe9"})).find("caf") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "config: overrides are applied and checked the same way") {
  const auto c = read(with(""), {"name=other", "train.epochs=7", "quant.stages.train_bn=0",
                                 "quant.optimizer.lr=0.5", "data.path=here.h5",
                                 "data.normalize.mean=[1, 2.5]", "train.epochs=8"});
  CHECK(c.name == "other");
  CHECK(c.train->epochs == 8);
  CHECK(c.quant->stages.train_bn == 0);
  CHECK(c.quant->optimizer.lr == 0.5);
  CHECK(c.data.normalize.mean == std::vector<double>{1, 2.5});
  CHECK(c.data.path.path == "here.h5");  // relative to the current directory

  struct Row {
    std::string text, message;
  };
  const Row rows[] = {
      {"epochs", "--set epochs: expected key=value"},
      {"=1", "--set =1: expected key=value"},
      {"a..b=1", "--set a..b=1: the key has an empty part"},
      {"train.=1", "--set train.=1: the key has an empty part"},
      {"name.x=1", "--set name.x=1: /name is not an object but the string \"t\""},
      {"train.epochs=0", "--set train.epochs=0: /train/epochs: expected an integer in"},
      {"train.epochs=ten",
       "--set train.epochs=ten: /train/epochs: expected an integer in [1, "
       "1000000], got the string \"ten\""},
      {"train.epoch=1", "--set train.epoch=1: /train/epoch: unknown key; did you mean 'epochs'?"},
      {"train={\"batch\": 0}", "--set train={\"batch\": 0}: /train/batch: expected an integer"},
      {"train={\"bach\": 1}", "--set train={\"bach\": 1}: /train/bach: unknown key"},
  };
  for (const Row& row : rows) {
    const std::string message = error(with(""), {row.text});
    CAPTURE(row.text);
    CAPTURE(message);
    CHECK(message.find(row.message) == 0);
  }
}

TEST_CASE_FIXTURE(Fixture, "config: a file that extends another") {
  const auto write = [&](const char* path, const std::string& text) {
    std::filesystem::create_directories((dir / path).parent_path());
    test::write_file(dir / path, {text.begin(), text.end()});
  };
  write("base/all.json",
        R"({"name": "all", "data": {"path": "d.h5", "normalize": {"mean": [5]}},
            "model": {"zoo": "lenet"}, "train": {"epochs": 3, "batch": 8}})");
  write("base/mid.json", R"({"extends": "all.json", "name": "mid", "train": {"epochs": 4}})");
  const auto c = read(R"({"extends": "base/mid.json", "name": "top", "seed": 9,
                          "train": {"batch": 7}, "data": {"normalize": null}})",
                      {"train.drop_last=false"});
  CHECK(c.name == "top");
  CHECK(c.seed == 9);
  CHECK(c.train->epochs == 4);
  CHECK(c.train->batch == 7);
  CHECK_FALSE(c.train->drop_last);
  CHECK(c.data.normalize.mean == std::vector<double>{0});
  CHECK(c.data.path.path == dir / "base" / "d.h5");  // relative to the file that says it
  CHECK(c.where("/train/epochs") == (dir / "base/mid.json").string() + ": /train/epochs");
  CHECK(c.where("/train/batch") == name + ": /train/batch");

  CHECK(error(R"({"extends": 3})") ==
        "FILE: /extends: expected the path of a configuration, got 3");
  CHECK(error(R"({"extends": "none.json"})").starts_with("FILE: /extends: "));
  CHECK(error(R"({"extends": "none.json"})").find("none.json: no such file") != std::string::npos);
  write("base/round.json", R"({"extends": "../c.json"})");
  CHECK(error(R"({"extends": "base/round.json"})").find("extends this file: expected another") !=
        std::string::npos);
  write("base/wrong.json", R"({"name": "w", "model": {"zoo": "lenett"}, "data": {"path": "d"}})");
  CHECK(
      error(R"({"extends": "base/wrong.json", "train": {}})").find("base/wrong.json: /model/zoo") !=
      std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "config: an unknown key that is known elsewhere") {
  struct Row {
    std::string extra, message;
  };
  const Row rows[] = {
      {"\"lr\": 0.1",
       "FILE: /lr: unknown key; did you mean 'train.optimizer.lr' or 'quant.optimizer.lr'? Known"},
      {"\"epochs\": 2", "FILE: /epochs: unknown key; did you mean 'train.epochs'? Known here"},
      {"\"quant\": {\"lr\": 1}", "FILE: /quant/lr: unknown key; did you mean 'optimizer.lr'?"},
      {"\"data2\": {}", "FILE: /data2: unknown key; did you mean 'data'?"},
      {"\"nothing_like_it\": 1", "FILE: /nothing_like_it: unknown key. Known here: $schema, "},
  };
  for (const Row& row : rows) {
    const std::string message = error(with(row.extra));
    CAPTURE(message);
    CHECK(message.find(row.message) == 0);
  }
  // No guess where nothing is near.
  const std::string far = error(with(""), {"model.zoo=efficientnet"});
  CAPTURE(far);
  CHECK(far.find("did you mean") == far.npos);
}

TEST_CASE_FIXTURE(Fixture, "config: variables and what paths are relative to") {
  ::setenv("OCTET_TEST_VARIABLE", "rel/ative", 1);
  const std::string data =
      R"({"name": "t", "model": {"zoo": "lenet"}, "train": {}, "data": {"path": )";
  CHECK(read(data + "\"${OCTET_TEST_VARIABLE}/x\"}}").data.path.path == "rel/ative/x");
  CHECK(read(data + "\"a/${OCTET_TEST_VARIABLE}\"}}").data.path.path == dir / "a/rel/ative");
  CHECK(read(data + "\"/abs/x\"}}").data.path.path == "/abs/x");
  CHECK(read(with("\"out\": \"there\"")).run_dir() == "there/t");
  ::unsetenv("OCTET_TEST_VARIABLE");
}

TEST_CASE_FIXTURE(Fixture, "config: files that are none") {
  CHECK_THROWS_WITH_AS(config::read_config(dir / "none.json", {}),
                       ((dir / "none.json").string() + ": no such file").c_str(), Error);
  CHECK_THROWS_WITH_AS(config::read_config(dir.path(), {}),
                       (dir.path().string() + ": not a regular file").c_str(), Error);
  CHECK(error(std::string(2 << 20, ' ')).find("expected a configuration of at most") !=
        std::string::npos);
  CHECK(error(std::string(60, '[')).find("syntax error") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "config: groups of parameters, loss and steps") {
  const std::string text = with(R"("quant": {"mode": "qat", "accumulate_steps": 4,
      "clip_grad_norm": 2.5, "ema_decay": 0.99,
      "loss": {"label_smoothing": 0.1, "class_weights": [1, 2, 0]},
      "parameters": [{"pattern": "conv*", "freeze": true}, {"pattern": "*", "lr_factor": 0.5}]})");
  const auto c = read(text);
  const config::Steps& s = c.quant->steps;
  CHECK(s.accumulate_steps == 4);
  CHECK(s.clip_grad_norm == 2.5);
  CHECK(s.ema_decay == 0.99);
  CHECK(s.loss.label_smoothing == 0.1);
  CHECK(s.loss.class_weights == std::vector<double>{1, 2, 0});
  REQUIRE(s.parameters.size() == 2);
  CHECK(s.parameters[0].pattern == "conv*");
  CHECK(s.parameters[0].freeze);
  CHECK(s.parameters[1].lr_factor == 0.5);
  CHECK_FALSE(s.parameters[1].freeze);
  CHECK(c.train->steps.parameters.empty());
  const std::string resolved = config::to_json(c);
  CHECK(config::to_json(read(resolved)) == resolved);
  CHECK(resolved.find("\"pattern\": \"conv*\"") != resolved.npos);
}

TEST_CASE_FIXTURE(Fixture, "config: the resolved form reads back as itself") {
  const auto c = read(with(R"("quant": {"mode": "qat", "optimizer": {"type": "sgd"}})"));
  const std::string resolved = config::to_json(c);
  CHECK(config::to_json(read(resolved)) == resolved);
  CHECK(resolved.find("nesterov") != resolved.npos);
  CHECK(resolved.find("beta1") != resolved.npos);  // of train's adam
  CHECK(resolved.find("\"init\"") == resolved.npos);
}

TEST_CASE_FIXTURE(Fixture, "config: init's lists, which runs without them do not speak of") {
  const auto c = read(
      with(R"("init": {"import": "a", "skip": ["fc.*"], "rename": [["b.*", "*"], ["c", "d"]]})"));
  CHECK(c.init->import.path == dir / "a");
  CHECK(c.init->skip == std::vector<std::string>{"fc.*"});
  CHECK(c.init->rename ==
        std::vector<std::pair<std::string, std::string>>{{"b.*", "*"}, {"c", "d"}});
  const std::string resolved = config::to_json(c);
  CHECK(config::to_json(read(resolved)) == resolved);
  CHECK(config::to_json(c, true).find("rename") != std::string::npos);
  const auto plain = read(with(R"("init": {"checkpoint": "a"})"));
  CHECK(config::to_json(plain, true).find("\"init\": {}") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "config: an imported network, whose path says nothing of results") {
  const std::string text =
      R"({"name": "t", "data": {"path": "d"}, "model": {"import": "n.onnx"}, "quant": {"mode": "ptq"}})";
  const auto c = read(text);
  CHECK(c.model.import.path == dir / "n.onnx");
  const std::string resolved = config::to_json(c);
  CHECK(resolved.find("\"zoo\"") == resolved.npos);
  CHECK(config::to_json(read(resolved)) == resolved);
  CHECK(config::to_json(c, true) == config::to_json(read(text, {"model.import=m.onnx"}), true));
}

TEST_CASE_FIXTURE(Fixture, "config: only keys that can change a result tell two runs apart") {
  const auto key = [&](const std::vector<std::string>& overrides) {
    return config::to_json(read(with(""), overrides), true);
  };
  const std::string base = key({});
  for (const char* same :
       {"threads=2", "name=u", "out=x", "checkpoint.every_batches=3", "data.path=y", "$schema=s"}) {
    CAPTURE(same);
    CHECK(key({same}) == base);
  }
  for (const char* other : {"seed=1", "train.epochs=9", "model.width=2", "data.augment.shift=1",
                            "train.optimizer.lr=1", "quant.mode=qat"}) {
    CAPTURE(other);
    CHECK(key({other}) != base);
  }
  // Keys that came later: the runs before them go on under their first value.
  const std::string qat = key({"quant.mode=qat"});
  CHECK(qat.find("\"weights\"") == qat.npos);
  CHECK(key({"quant.mode=qat", "quant.weights=per_channel"}) == qat);
  CHECK(key({"quant.mode=qat", "quant.weights=per_tensor"}) != qat);
  CHECK(config::to_json(read(with(""), {"quant.mode=qat"})).find("\"weights\": \"per_channel\"") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "config: what data are and how they are changed") {
  const auto c = read(R"({"name": "t", "data": {"path": "d", "format": "csv", "normalize": "auto",
    "input": {"h": 28, "w": 27, "resize": "area", "keep_aspect": "pad"}, "targets": "values",
    "target_columns": ["a"], "augment": {"rotate": 10, "mixup": 0.5, "random_crop": true, "padding": 2}},
    "model": {"zoo": "lenet"}, "train": {"loss": {"class_weights": "balanced"}}})");
  CHECK(c.data.normalize.measured);
  CHECK(c.data.input.w == 27);
  CHECK(c.data.input.keep_aspect == "pad");
  CHECK(c.data.target_columns == std::vector<std::string>{"a"});
  CHECK(c.data.augment.rotate == 10.0);
  CHECK(c.train->steps.loss.balanced);
  const std::string resolved = config::to_json(c);
  CHECK(resolved.find("\"normalize\": \"auto\"") != resolved.npos);
  CHECK(config::to_json(read(resolved)) == resolved);
  CHECK(read(with(""), {"data.normalize=auto"}).data.normalize.measured);
}

TEST_CASE_FIXTURE(Fixture, "config: data as before tell runs apart by what they did before") {
  // The keys that there were first: a run of them goes on.
  const std::string key = config::to_json(read(with("")), true);
  const std::string before = R"(  "data": {
    "format": "hdf5",
    "channels": 0,
    "normalize": {
      "mean": [
        0.0
      ],
      "std": [
        255.0
      ]
    },
    "augment": {
      "shift": 0,
      "flip": false,
      "random_crop": false,
      "padding": 0,
      "fill": 0
    },
    "crop_h": 0,
    "crop_w": 0
  },
)";
  CHECK_MESSAGE(key.find(before) != key.npos, key);
  for (const char* other :
       {"data.input={\"h\":2,\"w\":3}", "data.augment.rotate=5", "data.targets=values",
        "data.augment.flip_vertical=true", "data.class_names=[\"a\"]", "data.normalize=auto",
        "data.augment.time_shift=1"}) {
    CAPTURE(other);
    CHECK(config::to_json(read(with(""), {other}), true) != key);
  }
}

TEST_CASE_FIXTURE(Fixture, "config: tasks and their losses") {
  const auto task = [&](const std::string& keys, const std::string& loss) {
    return read(R"({"name": "t", "data": {"path": "d.h5"}, "model": {"zoo": "lenet"}, )" + keys +
                R"(, "train": {"loss": {)" + loss + "}}}");
  };
  const config::Config c = task(R"("task": "autoencoder", "anomaly": {"normal": ["0"]})",
                                R"("type": "huber", "delta": 2)");
  CHECK(c.task == "autoencoder");
  CHECK(c.anomaly.normal == std::vector<std::string>{"0"});
  CHECK(c.train->steps.loss.delta == 2);
  const std::string resolved = config::to_json(c);
  CHECK(config::to_json(read(resolved)) == resolved);
  // Runs of classifiers were there first.
  const std::string key =
      config::to_json(task(R"("task": "classification")", R"("type": "cross_entropy")"), true);
  CHECK_MESSAGE(key.find("task") == key.npos, key);
  CHECK(key.find("cross_entropy") == key.npos);
  CHECK(key.find("anomaly") == key.npos);
}

TEST_CASE("config: every configuration of the project is valid") {
  ::setenv("OCTET_SHARED", "shared", 0);
  ::setenv("CIFAR10_JPG", "cifar10-jpg", 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_dir() / "configs")) {
    if (entry.path().extension() != ".json" || entry.path().filename() == "schema.json") continue;
    CAPTURE(entry.path().string());
    config::Config c;
    CHECK_NOTHROW(c = config::read_config(entry.path(), {}));
    CHECK(c.name == entry.path().stem().string());  // the run is found by its configuration
    CHECK(c.schema == "schema.json");
    if (c.init && !c.init->config.text.empty()) CHECK(std::filesystem::exists(c.init->config.path));
    ++files;
  }
  CHECK(files >= 6);
}

TEST_CASE("config: configs/schema.json is what the table of keys says") {
  const auto bytes = test::read_file(test::source_dir() / "configs" / "schema.json");
  CHECK_MESSAGE(std::string(bytes.begin(), bytes.end()) == config::schema_json(),
                "make it anew: trainer --print-schema > configs/schema.json");
}
