// One bad file for each check of the reader: a good one is unpacked into objects (of a second copy
// of the schema), changed, packed again and must be refused with the message given.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"
#include "interop/tflite/writer.h"
#include "tests/int8/graphs.h"
#include "tflite_objects_generated.h"

namespace {

namespace fbs = octet::test::fbs;
namespace int8 = octet::int8;

std::string pack(const fbs::ModelT& model) {
  flatbuffers::FlatBufferBuilder builder;
  fbs::FinishModelBuffer(builder, fbs::Model::Pack(builder, &model));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}
std::unique_ptr<fbs::ModelT> unpack(const int8::Graph& graph) {
  const std::vector<std::byte> bytes = octet::serialize_tflite(graph);
  return fbs::UnPackModel(bytes.data());
}
int8::Graph parse(const std::string& file) {
  const auto owner = std::make_shared<const std::string>(file);
  return octet::parse_tflite(std::as_bytes(std::span(*owner)), owner);
}

struct Parts {
  fbs::ModelT& model;
  fbs::SubGraphT& graph = *model.subgraphs[0];
  fbs::TensorT& tensor(std::size_t i) { return *graph.tensors[i]; }
  fbs::QuantizationParametersT& quantization(std::size_t i) { return *tensor(i).quantization; }
  fbs::OperatorT& op(std::size_t i) { return *graph.operators[i]; }
};

template <class Change>
void check_refused(const std::string& message, Change&& change) {
  const auto model = unpack(octet::test::small_graph());
  Parts parts{*model};
  change(parts);
  CHECK_THROWS_WITH_AS(parse(pack(*model)), message.c_str(), octet::Error);
}
template <class Change>
int8::Graph accepted(Change&& change) {
  const auto model = unpack(octet::test::small_graph());
  Parts parts{*model};
  change(parts);
  return parse(pack(*model));
}

// small_graph: tensors 0 x, 1 conv/w, 2 conv/b, 3 conv, 4 fc/w, 5 fc/b, 6 fc, 7 p;
// operators 0 CONV_2D, 1 FULLY_CONNECTED, 2 SOFTMAX.

TEST_SUITE("tflite") {
  TEST_CASE("the unchanged file is accepted") {
    CHECK(octet::test::describe(accepted([](Parts&) {})) ==
          octet::test::describe(octet::test::small_graph()));
  }

  TEST_CASE("refused: the file as such") {
    std::string file = pack(*unpack(octet::test::small_graph()));
    file[4] = 'X';
    CHECK_THROWS_WITH_AS(parse(file), "not a TFLite file: the identifier TFL3 is missing",
                         octet::Error);
    check_refused("schema version 2, expected 3", [](Parts& p) { p.model.version = 2; });
    check_refused("a TFLite model needs operator_codes, subgraphs and buffers",
                  [](Parts& p) { p.model.subgraphs.clear(); });
    check_refused("a TFLite subgraph needs tensors, inputs, outputs and operators",
                  [](Parts& p) { p.graph.operators.clear(); });
    check_refused("a TFLite model needs operator_codes, subgraphs and buffers",
                  [](Parts& p) { p.model.buffers.clear(); });
    check_refused("tensor 0 (\"x\"): buffer 0 has 3 bytes, expected none", [](Parts& p) {
      p.model.buffers[0]->data = {1, 2, 3};
    });
  }

  TEST_CASE("data behind the flatbuffer") {
    const auto plain = octet::test::describe(accepted([](Parts&) {}));
    // Every buffer moved behind: an offset does not depend on the value of another.
    const auto moved = [](auto&& change) {
      const auto model = unpack(octet::test::small_graph());
      std::string behind;
      std::vector<std::size_t> at;
      for (auto& buffer : model->buffers) {
        at.push_back(behind.size());
        behind.append(buffer->data.begin(), buffer->data.end());
        buffer->size = buffer->data.size();
        buffer->data.clear();
        buffer->offset = buffer->size > 0 ? 2 : 0;
      }
      const std::size_t start = pack(*model).size();
      for (std::size_t i = 0; i < at.size(); ++i) {
        if (model->buffers[i]->size > 0) model->buffers[i]->offset = start + at[i];
      }
      change(*model->buffers[1], start + behind.size());
      return pack(*model) + behind;
    };
    CHECK(octet::test::describe(parse(moved([](fbs::BufferT&, std::size_t) {}))) == plain);
    const auto refused = [&](const std::string& message, auto&& change) {
      CHECK_THROWS_WITH_AS(parse(moved(change)), message.c_str(), octet::Error);
    };
    const std::string where = "tensor 1 (\"conv/w\"): buffer 1: ";
    const std::string size = std::to_string(moved([](fbs::BufferT&, std::size_t) {}).size());
    refused(where + "54 bytes at offset 99999999, but the file has " + size,
            [](fbs::BufferT& b, std::size_t) { b.offset = 99999999; });
    refused(where + "54 bytes at offset 18446744073709551615, but the file has " + size,
            [](fbs::BufferT& b, std::size_t) { b.offset = ~std::uint64_t{0}; });
    refused(where + "18446744073709551615 bytes at offset " +
                std::to_string(std::stoul(size) - 54) + ", but the file has " + size,
            [&](fbs::BufferT& b, std::size_t end) {
              b.offset = end - 54;
              b.size = ~std::uint64_t{0};
            });
    refused("tensor 1 (\"conv/w\"): its shape needs 54 bytes of data, its buffer has 53",
            [](fbs::BufferT& b, std::size_t) { b.size = 53; });
    // 0 and 1 mean unused; what is in the flatbuffer wins.
    CHECK(octet::test::describe(accepted([](Parts& p) {
            for (auto& b : p.model.buffers) b->offset = b->size = 1;
            p.model.buffers[1]->offset = p.model.buffers[1]->size = 4096;
          })) == plain);
  }

  TEST_CASE("data aligned to 4 bytes only, as other writers have it") {
    const auto aligned_to = [](const int8::Graph& graph, std::uintptr_t n) {
      return std::all_of(graph.tensors.begin(), graph.tensors.end(), [n](const auto& t) {
        return reinterpret_cast<std::uintptr_t>(t.constant.data) % n == 0;
      });
    };
    const std::string file = pack(*unpack(octet::test::every_op_graph()));
    std::vector<std::byte> memory(file.size() + 16);
    const auto base = reinterpret_cast<std::uintptr_t>(memory.data());
    for (std::size_t address = 0; address < 16; ++address) {
      std::byte* at = memory.data() + (16 - base % 16) % 16 + address;
      std::memcpy(at, file.data(), file.size());
      const int8::Graph graph = octet::parse_tflite({at, file.size()}, nullptr);
      CAPTURE(address);
      CHECK(aligned_to(graph, 4));
      CHECK(!aligned_to(graph, 16));
      CHECK(int8::signature(int8::Model(graph)) ==
            int8::signature(int8::Model(octet::test::every_op_graph())));
    }
  }

  TEST_CASE("a file of 2 GB is refused before it is read") {
    alignas(8) const std::byte start[16] = {};
    CHECK_THROWS_WITH_AS(octet::parse_tflite({start, std::size_t{1} << 31}, nullptr),
                         "TFLite files of 2 GB or more are not supported: 2147483648 bytes",
                         octet::Error);
  }

  TEST_CASE("refused: metadata") {
    const auto set = [](Parts& p, const std::string& name, const std::string& value) {
      auto entry = std::make_unique<fbs::MetadataT>();
      entry->name = name;
      entry->buffer = static_cast<std::uint32_t>(p.model.buffers.size());
      p.model.metadata.push_back(std::move(entry));
      p.model.buffers.push_back(std::make_unique<fbs::BufferT>());
      p.model.buffers.back()->data.assign(value.begin(), value.end());
    };
    check_refused("metadata \"octet.rounding\" is given twice",
                  [&](Parts& p) { set(p, "octet.rounding", "single"); });
    check_refused("metadata \"octet.note\" is given twice",
                  [&](Parts& p) { set(p, "octet.note", "x"); });
    check_refused("metadata octet.rounding: expected single, double or float, got \"tri\"",
                  [&](Parts& p) {
                    p.model.metadata.clear();
                    set(p, "octet.rounding", "tri");
                  });
    check_refused("metadata \"octet.a\": buffer 77, but the file has 9", [&](Parts& p) {
      set(p, "octet.a", "x");
      p.model.metadata.back()->buffer = 77;
    });
    // Other tools' metadata is theirs, and a file that does not say rounds twice.
    CHECK(accepted([&](Parts& p) { set(p, "TFLITE_METADATA", "x"); }).metadata.size() == 1);
    CHECK(accepted([&](Parts& p) { p.model.metadata.clear(); }).rounding ==
          int8::Rounding::double_rounding);
  }

  TEST_CASE("refused: tensors") {
    const std::string x = "tensor 0 (\"x\"): ", w = "tensor 1 (\"conv/w\"): ";
    const std::string supported =
        " is not supported (a full-integer model has INT8 and INT32, UINT8, INT16 or FLOAT32 at "
        "its "
        "edges, and INT64 where it counts)";
    const std::string of = "tensor 0 (\"x\"), of operator 0 (CONV_2D (3) version 3): ";
    check_refused("operator 0 (CONV_2D), input tensor 0 (\"x\"): expected i8, got u8",
                  [](Parts& p) {
                    p.tensor(0).type = 3;
                    p.quantization(0).zero_point = {3};
                  });
    check_refused(x + "zero point -3, expected 0 to 255", [](Parts& p) { p.tensor(0).type = 3; });
    check_refused("operator 0 (CONV_2D), input tensor 0 (\"x\"): expected i8, got i16",
                  [](Parts& p) { p.tensor(0).type = 7; });
    check_refused(of + "INT4" + supported, [](Parts& p) { p.tensor(0).type = 17; });
    check_refused(of + "type 99" + supported, [](Parts& p) { p.tensor(0).type = 99; });
    check_refused(
        "tensor 0 (\"x\"), a variable, is a constant, an input of the model or another variable",
        [](Parts& p) { p.tensor(0).is_variable = true; });
    check_refused(w + "a variable tensor with data",
                  [](Parts& p) { p.tensor(1).is_variable = true; });
    check_refused(w + "sparse tensors are not supported",
                  [](Parts& p) { p.tensor(1).sparsity = std::make_unique<fbs::UnknownT>(); });
    check_refused(x + "variant tensors are not supported", [](Parts& p) {
      p.tensor(0).variant_tensors.push_back(std::make_unique<fbs::UnknownT>());
    });
    check_refused(w + "data in an external buffer is not supported",
                  [](Parts& p) { p.tensor(1).external_buffer = 1; });
    check_refused(x + "dynamic shapes are not supported", [](Parts& p) {
      p.tensor(0).shape = {-1, 4, 4, 2};
    });
    check_refused(x + "dimension 1 is dynamic, which is not supported", [](Parts& p) {
      p.tensor(0).shape_signature = {-1, -1, 4, 2};
    });
    check_refused(x + "a dimension is 0, expected at least 1", [](Parts& p) {
      p.tensor(0).shape = {1, 0, 4, 2};
    });
    check_refused(x + "rank 9 is not supported (at most 8)",
                  [](Parts& p) { p.tensor(0).shape.assign(9, 1); });
    check_refused(x + "larger than 2147483647 bytes", [](Parts& p) {
      p.tensor(0).shape = {1, 65536, 65536, 1};
    });
    check_refused(x + "larger than 2147483647 bytes", [](Parts& p) {
      const int most = std::numeric_limits<int>::max();
      p.tensor(0).shape = {most, most, most, most, most, most, most, most};
    });
    check_refused(w + "buffer 99, but the file has 8", [](Parts& p) { p.tensor(1).buffer = 99; });
    check_refused(w + "its shape needs 72 bytes of data, its buffer has 54", [](Parts& p) {
      p.tensor(1).shape = {4, 3, 3, 2};
    });
    // The batch may be unknown: the shape says what to run.
    CHECK(accepted([](Parts& p) {
            p.tensor(0).shape_signature = {-1, 4, 4, 2};
          })
              .tensors[0]
              .shape[0] == 1);
  }

  TEST_CASE("a name from a file cannot write to the terminal") {
    check_refused(
        "tensor 0 (\"a?b?\"), a variable, is a constant, an input of the model or another variable",
        [](Parts& p) {
          p.tensor(0).name =
              "a\x1b"
              "b\n";
          p.tensor(0).is_variable = true;
        });
  }

  TEST_CASE("a signature that names other tensors, or is of another subgraph, names nothing") {
    using Change = void (*)(fbs::ModelT&);
    const Change changes[] = {
        [](fbs::ModelT& m) { m.signature_defs[0]->inputs[0]->tensor_index = 3; },
        [](fbs::ModelT& m) { m.signature_defs[0]->inputs[0]->tensor_index = 4000000000u; },
        [](fbs::ModelT& m) { m.signature_defs[0]->inputs[0]->name.clear(); },
        [](fbs::ModelT& m) { m.signature_defs[0]->subgraph_index = 1; },
        [](fbs::ModelT& m) { m.signature_defs[0]->inputs.clear(); },
        [](fbs::ModelT& m) { m.signature_defs.clear(); }};
    const auto name = [](const Change& change) {
      return int8::Model(accepted([&](Parts& p) {
               p.model.signature_defs[0]->inputs[0]->name = "image";
               change(p.model);
             }))
          .inputs()[0]
          .name;
    };
    CHECK(name([](fbs::ModelT&) {}) == "image");
    for (const Change& change : changes) CHECK(name(change) == "x");
  }

  TEST_CASE("refused: quantization") {
    const std::string x = "tensor 0 (\"x\"): ", w = "tensor 1 (\"conv/w\"): ";
    const std::string missing = "without scale and zero point";
    const std::string input = "operator 0 (CONV_2D), input " + x + missing;
    check_refused(input, [](Parts& p) { p.tensor(0).quantization.reset(); });
    check_refused(input, [](Parts& p) { p.quantization(0).scale.clear(); });
    check_refused(input, [](Parts& p) { p.quantization(0).zero_point.clear(); });
    check_refused("operator 0 (CONV_2D), weights " + w + missing,
                  [](Parts& p) { p.tensor(1).quantization.reset(); });
    check_refused(x + "scale 0, expected a positive normal number",
                  [](Parts& p) { p.quantization(0).scale = {0.0f}; });
    check_refused(x + "scale -1, expected a positive normal number",
                  [](Parts& p) { p.quantization(0).scale = {-1.0f}; });
    check_refused(x + "scale inf, expected a positive normal number", [](Parts& p) {
      p.quantization(0).scale = {std::numeric_limits<float>::infinity()};
    });
    check_refused(x + "scale nan, expected a positive normal number", [](Parts& p) {
      p.quantization(0).scale = {std::numeric_limits<float>::quiet_NaN()};
    });
    check_refused(x + "scale 9.99995e-41, expected a positive normal number",
                  [](Parts& p) { p.quantization(0).scale = {1e-40f}; });
    check_refused(x + "zero point 128, expected -128 to 127",
                  [](Parts& p) { p.quantization(0).zero_point = {128}; });
    check_refused(x + "zero point -129, expected -128 to 127",
                  [](Parts& p) { p.quantization(0).zero_point = {-129}; });
    check_refused(x + "zero point 4294967296",
                  [](Parts& p) { p.quantization(0).zero_point = {std::int64_t{1} << 32}; });
    check_refused(x + "per-channel quantization of a value that is not a constant", [](Parts& p) {
      p.quantization(0).scale = {1, 1};
      p.quantization(0).quantized_dimension = 3;
    });
    check_refused(w + "2 scales, expected 1 or 3", [](Parts& p) {
      p.quantization(1).scale.resize(2);
      p.quantization(1).zero_point.resize(2);
    });
    check_refused(w + "2 zero points, expected 3 or 1",
                  [](Parts& p) { p.quantization(1).zero_point.resize(2); });
    check_refused(w + "quantized dimension 4, but its rank is 4",
                  [](Parts& p) { p.quantization(1).quantized_dimension = 4; });
    check_refused(w + "quantized dimension -1, but its rank is 4",
                  [](Parts& p) { p.quantization(1).quantized_dimension = -1; });
    check_refused(x + "custom quantization is not supported",
                  [](Parts& p) { p.quantization(0).details.Set(fbs::UnknownT{}); });
    // One zero point may stand for all channels; where the dimension means nothing, it may be
    // anything.
    CHECK(accepted([](Parts& p) { p.quantization(1).zero_point.resize(1); })
              .tensors[1]
              .quantization.zero_point.size() == 3);
    CHECK(accepted([](Parts& p) { p.quantization(0).quantized_dimension = 99; })
              .tensors[0]
              .quantization.axis == 0);
  }

  TEST_CASE("refused: operators") {
    const std::string computes = ", which computes tensor 6 (\"fc\"), is not supported";
    check_refused("operator 0: opcode_index 7, but the file has 3 operator codes",
                  [](Parts& p) { p.op(0).opcode_index = 7; });
    check_refused("operator 1: EMBEDDING_LOOKUP (7) version 4" + computes, [](Parts& p) {
      p.model.operator_codes[1]->builtin_code = 7;
      p.model.operator_codes[1]->deprecated_builtin_code = 7;
    });
    check_refused("operator 1: DYNAMIC_UPDATE_SLICE (151) version 4" + computes, [](Parts& p) {
      p.model.operator_codes[1]->builtin_code = 151;
      p.model.operator_codes[1]->deprecated_builtin_code = 127;
    });
    check_refused("operator 1: operator code 9999 version 4" + computes,
                  [](Parts& p) { p.model.operator_codes[1]->builtin_code = 9999; });
    check_refused("operator 1: operator code -5 version 4" + computes, [](Parts& p) {
      p.model.operator_codes[1]->builtin_code = -5;
      p.model.operator_codes[1]->deprecated_builtin_code = -128;
    });
    const std::string detector =
        "operator 1: the custom operator \"TFLite_Detection_PostProcess\" is not supported "
        "(convert the "
        "detector without it: its inputs, boxes and scores, are outputs then)";
    check_refused(detector, [](Parts& p) {
      p.model.operator_codes[1]->builtin_code = p.model.operator_codes[1]->deprecated_builtin_code =
          32;
      p.model.operator_codes[1]->custom_code = "TFLite_Detection_PostProcess";
    });
    check_refused("operator 1: the custom operator \"Mine\" is not supported", [](Parts& p) {
      p.model.operator_codes[1]->builtin_code = 32;
      p.model.operator_codes[1]->custom_code = "Mine";
    });
    check_refused(
        "operator 2 (SOFTMAX), which computes tensor 7 (\"p\"): version 4 is not supported (1 to 3 "
        "are)",
        [](Parts& p) { p.model.operator_codes[2]->version = 4; });
    check_refused(
        "operator 2 (SOFTMAX), which computes tensor 7 (\"p\"): version 0 is not supported (1 to 3 "
        "are)",
        [](Parts& p) { p.model.operator_codes[2]->version = 0; });
    check_refused("operator 0 (CONV_2D): 1 inputs, expected at least 2",
                  [](Parts& p) { p.op(0).inputs = {0}; });
    check_refused("operator 2 (SOFTMAX): 2 inputs, expected 1", [](Parts& p) {
      p.op(2).inputs = {6, 6};
    });
    check_refused("operator 2 (SOFTMAX): 0 outputs, expected 1",
                  [](Parts& p) { p.op(2).outputs.clear(); });
    check_refused("operator 0 (CONV_2D): an input is tensor 8, but there are 8",
                  [](Parts& p) { p.op(0).inputs[0] = 8; });
    check_refused("operator 0 (CONV_2D): an input is tensor -1, but there are 8",
                  [](Parts& p) { p.op(0).inputs[1] = -1; });
    check_refused("operator 0 (CONV_2D): an input is tensor -2, but there are 8",
                  [](Parts& p) { p.op(0).inputs[2] = -2; });
    check_refused("operator 0 (CONV_2D): an output is tensor -1, but there are 8",
                  [](Parts& p) { p.op(0).outputs[0] = -1; });
    // Files from before the second field have only the first.
    CHECK(accepted([](Parts& p) {
            for (auto& code : p.model.operator_codes) code->builtin_code = 0;
          })
              .nodes[2]
              .op == int8::OpCode::softmax);
    CHECK(accepted([](Parts& p) { p.op(0).inputs[2] = -1; }).nodes[0].inputs[2] == -1);
    CHECK(accepted([](Parts& p) { p.op(0).inputs.resize(2); }).nodes[0].inputs.size() == 2);
  }

  TEST_CASE("refused: options") {
    const std::string conv = "operator 0 (CONV_2D): ";
    check_refused(conv + "options of type 9, expected type 1",
                  [](Parts& p) { p.op(0).builtin_options.Set(fbs::SoftmaxOptionsT{}); });
    check_refused(conv + "its options are missing",
                  [](Parts& p) { p.op(0).builtin_options.Reset(); });
    check_refused(conv +
                      "fused activation TANH is not supported (NONE, RELU, RELU_N1_TO_1 and "
                      "RELU6 are)",
                  [](Parts& p) { p.op(0).builtin_options.AsConv2DOptions()->activation = 4; });
    check_refused(conv + "padding: expected 0 (SAME) or 1 (VALID), got 2",
                  [](Parts& p) { p.op(0).builtin_options.AsConv2DOptions()->padding = 2; });
    check_refused(
        "operator 1 (FULLY_CONNECTED): weights format 1 is not supported (0, the "
        "default, is)",
        [](Parts& p) { p.op(1).builtin_options.AsFullyConnectedOptions()->weights_format = 1; });
    check_refused("operator 2 (SOFTMAX): beta is not finite", [](Parts& p) {
      p.op(2).builtin_options.AsSoftmaxOptions()->beta = std::numeric_limits<float>::infinity();
    });
    const auto file = unpack(octet::test::single_node_graph(octet::test::every_op_graph(), [] {
      const auto nodes = octet::test::every_op_graph().nodes;
      std::size_t n = 0;
      while (nodes[n].op != int8::OpCode::strided_slice) ++n;
      return n;
    }()));
    CHECK_NOTHROW(parse(pack(*file)));
    file->subgraphs[0]->operators[0]->builtin_options.AsStridedSliceOptions()->offset = true;
    CHECK_THROWS_WITH_AS(parse(pack(*file)),
                         "operator 0 (STRIDED_SLICE): end given as an offset is not supported",
                         octet::Error);
    // Without its table FULLY_CONNECTED has the format's defaults.
    const int8::Graph graph = accepted([](Parts& p) { p.op(1).builtin_options.Reset(); });
    const auto& a = std::get<int8::FullyConnectedAttributes>(graph.nodes[1].attributes);
    CHECK(a.activation == int8::Activation::none);
  }

  TEST_CASE("refused: data flow") {
    check_refused("a TFLite subgraph needs tensors, inputs, outputs and operators",
                  [](Parts& p) { p.graph.inputs.clear(); });
    check_refused("the model: an input is tensor 8, but there are 8",
                  [](Parts& p) { p.graph.inputs = {8}; });
    check_refused("the model: an output is tensor -1, but there are 8",
                  [](Parts& p) { p.graph.outputs = {-1}; });
    check_refused("the model's input tensor 1 (\"conv/w\") is a constant", [](Parts& p) {
      p.graph.inputs = {0, 1};
    });
    check_refused("the model's input tensor 0 (\"x\") is listed twice", [](Parts& p) {
      p.graph.inputs = {0, 0};
    });
    const std::string reads =
        ", which is not a constant, an input of the model or an output of an earlier operator";
    check_refused("operator 1 (FULLY_CONNECTED): reads tensor 7 (\"p\")" + reads,
                  [](Parts& p) { p.op(1).inputs[0] = 7; });
    check_refused("operator 0 (CONV_2D): reads tensor 3 (\"conv\")" + reads,
                  [](Parts& p) { p.op(0).inputs[0] = 3; });
    const std::string writes =
        ", which is a constant, an input of the model or an operator's output already";
    check_refused("operator 1 (FULLY_CONNECTED): writes tensor 3 (\"conv\")" + writes,
                  [](Parts& p) { p.op(1).outputs[0] = 3; });
    check_refused("operator 1 (FULLY_CONNECTED): writes tensor 0 (\"x\")" + writes,
                  [](Parts& p) { p.op(1).outputs[0] = 0; });
    check_refused("operator 1 (FULLY_CONNECTED): writes tensor 1 (\"conv/w\")" + writes,
                  [](Parts& p) { p.op(1).outputs[0] = 1; });
    check_refused(
        "the model's output tensor 7 (\"p\") is written by no operator and no input of the model",
        [](Parts& p) { p.graph.operators.pop_back(); });
    check_refused(
        "tensor 8 (\"conv/w\"): per-channel quantization of a value that is not a constant",
        [](Parts& p) { p.graph.outputs = {1}; });
  }

  TEST_CASE("refused: weights and biases") {
    const std::string conv = "operator 0 (CONV_2D), ";
    check_refused(conv + "weights tensor 1 (\"conv/w\"): zero point 1, expected 0",
                  [](Parts& p) { p.quantization(1).zero_point[2] = 1; });
    check_refused(conv + "weights tensor 1 (\"conv/w\"): quantized dimension 1, expected 0",
                  [](Parts& p) { p.quantization(1).quantized_dimension = 1; });
    check_refused(conv + "weights tensor 1 (\"conv/w\"): rank 3, expected 4", [](Parts& p) {
      p.tensor(1).shape = {3, 3, 6};
    });
    check_refused("operator 1 (FULLY_CONNECTED), weights tensor 4 (\"fc/w\"): rank 3, expected 2",
                  [](Parts& p) {
                    p.tensor(4).shape = {2, 3, 4};
                  });
    check_refused(conv + "bias tensor 2 (\"conv/b\"): expected i32, got f32",
                  [](Parts& p) { p.tensor(2).type = 0; });
    check_refused(conv + "bias tensor 2 (\"conv/b\"): expected 3 values, got 4", [](Parts& p) {
      p.tensor(2).shape = {4};
      p.model.buffers[p.tensor(2).buffer]->data.resize(16);
      p.tensor(2).quantization.reset();
    });
    check_refused(conv + "weights tensor 1 (\"conv/w\"): expected f32, got i8",
                  [](Parts& p) { p.tensor(0).type = 0; });
  }

  TEST_CASE("what the computation does not read is not checked") {
    const std::uint64_t expected = int8::signature(int8::Model(octet::test::small_graph()));
    const auto same = [expected](const char* what, auto&& change) {
      CAPTURE(what);
      const int8::Graph graph = accepted(change);
      CHECK(int8::signature(int8::Model(graph)) == expected);
      const std::vector<std::byte> again = octet::serialize_tflite(graph);
      const int8::Graph read = octet::parse_tflite(again, nullptr);
      CHECK(int8::signature(int8::Model(read)) == expected);
    };
    same("no quantization of a bias", [](Parts& p) { p.tensor(2).quantization.reset(); });
    same("shape of a bias", [](Parts& p) {
      p.tensor(2).shape = {1, 1, 1, 3};
      p.quantization(2).quantized_dimension = 3;
    });
    for (const int bias : {2, 5}) {
      const auto of_bias = [&](const char* what, auto&& change) {
        same(what, [&](Parts& p) { change(p.quantization(static_cast<std::size_t>(bias))); });
      };
      using Q = fbs::QuantizationParametersT;
      of_bias("quantized dimension", [](Q& q) { q.quantized_dimension = 3; });
      of_bias("quantized dimension < 0", [](Q& q) { q.quantized_dimension = -7; });
      of_bias("foreign scale", [](Q& q) { q.scale[0] = 1000.0f; });
      of_bias("scales that are none", [](Q& q) {
        q.scale = {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN(), 1e-40f};
      });
      of_bias("zero points", [](Q& q) { q.zero_point = {std::int64_t{1} << 40, -1}; });
      of_bias("custom", [](Q& q) { q.details.Set(fbs::UnknownT{}); });
    }
    same("an unused tensor", [](Parts& p) {
      p.graph.tensors.insert(p.graph.tensors.end(), std::make_unique<fbs::TensorT>(p.tensor(0)));
      fbs::TensorT& t = *p.graph.tensors.back();
      t.type = 99;
      t.shape = {-5, 0, 2147483647, 2147483647, 1, 1, 1, 1, 1, 1};
      t.shape_signature = {-1, -1};
      t.buffer = 4711;
      t.is_variable = true;
      t.external_buffer = 3;
      t.sparsity = std::make_unique<fbs::UnknownT>();
      t.quantization->scale = {-1.0f, 2.0f};
    });
    same("unused buffers", [](Parts& p) {
      p.model.buffers.push_back(std::make_unique<fbs::BufferT>());
      p.model.buffers.back()->offset = p.model.buffers.back()->size = 4096;
    });
    same("unused operator codes", [](Parts& p) {
      p.model.operator_codes.push_back(std::make_unique<fbs::OperatorCodeT>());
      p.model.operator_codes.back()->builtin_code = 32;
      p.model.operator_codes.push_back(std::make_unique<fbs::OperatorCodeT>());
      p.model.operator_codes.back()->builtin_code = 9999;
    });
    same("shape_signature of a constant", [](Parts& p) {
      p.tensor(1).shape_signature = {-1, -1, -1, -1};
    });
    same("shape_signature of other numbers", [](Parts& p) {
      p.tensor(0).shape_signature = {-1, 4, 4, 5};
      p.tensor(3).shape_signature = {4, 4};
    });
    same("options of the second kind",
         [](Parts& p) { p.op(0).builtin_options_2.Set(fbs::UnknownT{}); });
    for (const int8::OpCode op : {int8::OpCode::relu, int8::OpCode::transpose}) {
      const int8::Graph all = octet::test::every_op_graph();
      std::size_t n = 0;
      while (all.nodes[n].op != op) ++n;
      const auto file = unpack(octet::test::single_node_graph(all, n));
      file->subgraphs[0]->operators[0]->builtin_options.Set(fbs::SoftmaxOptionsT{});
      CHECK_NOTHROW(int8::Model(parse(pack(*file))));
    }
  }

  TEST_CASE("a file that shares its tables without end is refused before memory runs out") {
    // 200,000 tensors are one table with a name of 100,000 characters: 2 * 10^10 if copied.
    flatbuffers::FlatBufferBuilder b;
    const auto name = b.CreateString(std::string(100000, 'n'));
    const auto scale = b.CreateVector(std::vector<float>{1.0f});
    const auto zero = b.CreateVector(std::vector<std::int64_t>{0});
    const auto q = fbs::CreateQuantizationParameters(b, 0, 0, scale, zero);
    const auto shape = b.CreateVector(std::vector<std::int32_t>{1});
    const auto tensor = fbs::CreateTensor(b, shape, 9, 0, name, q);
    const auto tensors =
        b.CreateVector(std::vector<flatbuffers::Offset<fbs::Tensor>>(200000, tensor));
    const auto ends = b.CreateVector(std::vector<std::int32_t>{0});
    const auto operators = b.CreateVector(std::vector<flatbuffers::Offset<fbs::Operator>>{});
    const auto graphs = b.CreateVector(std::vector<flatbuffers::Offset<fbs::SubGraph>>{
        fbs::CreateSubGraph(b, tensors, ends, ends, operators)});
    const auto codes = b.CreateVector(std::vector<flatbuffers::Offset<fbs::OperatorCode>>{});
    const auto buffers =
        b.CreateVector(std::vector<flatbuffers::Offset<fbs::Buffer>>{fbs::CreateBuffer(b)});
    fbs::FinishModelBuffer(b, fbs::CreateModel(b, 3, codes, graphs, 0, buffers));
    const std::string file(reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize());
    CHECK_THROWS_WITH_AS(
        parse(file), "the file repeats its tables more often than it could need to", octet::Error);
  }
}

}  // namespace
