// The C API over int8::Model and int8::ExecutionContext: nothing but conversions and the door that
// no exception passes.
#include "include/octet/octet.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/printable.h"
#include "int8/engine/model.h"
#include "interop/tflite/reader.h"

namespace int8 = octet::int8;

struct octet_model {
  std::shared_ptr<const int8::Model> model;
};
struct octet_context {
  std::shared_ptr<const int8::Model> model;  // outlives the context
  int8::ExecutionContext context;
};

namespace {

static_assert(OCTET_F32 == static_cast<int>(int8::DType::f32));
static_assert(OCTET_I32 == static_cast<int>(int8::DType::i32));
static_assert(OCTET_I8 == static_cast<int>(int8::DType::i8));
static_assert(OCTET_I16 == static_cast<int>(int8::DType::i16));
static_assert(OCTET_U8 == static_cast<int>(int8::DType::u8));
static_assert(OCTET_I64 == static_cast<int>(int8::DType::i64));

octet_status report(octet_error* error, octet_status status, const char* message) noexcept {
  if (!error) return status;
  error->status = status;
  std::size_t length = 0;
  // Names in files and paths may hold anything.
  for (std::string_view rest = message; !rest.empty();) {
    const std::string_view character = octet::take_printable(rest);
    if (length + character.size() >= sizeof error->message) break;
    length += character.copy(error->message + length, character.size());
  }
  error->message[length] = '\0';
  return status;
}

/// f(), with what it throws as a status: `refused` for octet::Error.
template <class F>
octet_status guarded(octet_error* error, octet_status refused, const F& f) noexcept {
  try {
    f();
    return report(error, OCTET_OK, "");
  } catch (const octet::MemoryError& e) {
    return report(error, OCTET_OUT_OF_MEMORY, e.what());
  } catch (const octet::Error& e) {
    return report(error, refused, e.what());
  } catch (const std::bad_alloc&) {
    return report(error, OCTET_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& e) {
    return report(error, OCTET_INTERNAL_ERROR, e.what());
  } catch (...) {
    return report(error, OCTET_INTERNAL_ERROR, "unknown exception");
  }
}

octet_status null_argument(octet_error* error) noexcept {
  return report(error, OCTET_INVALID_ARGUMENT, "a required pointer is null");
}

octet_status read_options(const octet_model_options* from, int8::ModelOptions& to,
                          octet_error* error) noexcept {
  if (!from) return OCTET_OK;
  return guarded(error, OCTET_INVALID_ARGUMENT, [&] {
    // As a number first: in C an enum may hold any, in C++ reading another than its own is
    // undefined.
    int rounding = 0;
    static_assert(sizeof rounding == sizeof from->rounding);
    std::memcpy(&rounding, &from->rounding, sizeof rounding);
    OCTET_CHECK(rounding >= OCTET_ROUNDING_OF_MODEL && rounding <= OCTET_FLOAT_ROUNDING,
                "rounding: expected 0 to 3, got ", rounding);
    if (rounding == OCTET_SINGLE_ROUNDING) to.rounding = int8::Rounding::single_rounding;
    if (rounding == OCTET_DOUBLE_ROUNDING) to.rounding = int8::Rounding::double_rounding;
    if (rounding == OCTET_FLOAT_ROUNDING) to.rounding = int8::Rounding::float_rounding;
    if (from->memory_limit > 0) to.memory_limit = from->memory_limit;
    to.ops = reinterpret_cast<const int8::OpSet*>(from->operators);
    if (!from->isa) return;
    to.isa = int8::parse_isa(from->isa);
    const auto available = int8::available_isas();
    OCTET_CHECK(to.isa && std::find(available.begin(), available.end(), *to.isa) != available.end(),
                "isa: this machine has no \"", from->isa, "\"");
  });
}

octet_status load(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                  const int8::ModelOptions& options, octet_model** model, octet_error* error) {
  return guarded(error, OCTET_BAD_MODEL, [&] {
    *model = new octet_model{
        std::make_shared<const int8::Model>(octet::parse_tflite(bytes, std::move(owner)), options)};
  });
}

octet_status describe(std::span<const int8::ValueInfo> values, int32_t index,
                      octet_value_info* info, octet_error* error) noexcept {
  if (!info) return null_argument(error);
  if (index < 0 || static_cast<std::size_t>(index) >= values.size())
    return report(error, OCTET_INVALID_ARGUMENT, "index: out of range");
  const int8::ValueInfo& v = values[static_cast<std::size_t>(index)];
  octet_value_info result{};
  if (v.shape.size() > std::size(result.shape))
    return report(error, OCTET_BAD_MODEL, "a value has more than OCTET_MAX_RANK dimensions");
  result.name = v.name.c_str();
  result.type = static_cast<octet_type>(v.type);
  result.rank = static_cast<int32_t>(v.shape.size());
  std::copy(v.shape.begin(), v.shape.end(), result.shape);
  result.scale = v.scale;
  result.zero_point = v.zero_point;
  result.bytes = v.bytes;
  *info = result;
  return report(error, OCTET_OK, "");
}

}  // namespace

const char* octet_version(void) {
  return OCTET_VERSION;
}

const char* octet_status_text(int status) {
  switch (status) {
    case OCTET_OK:
      return "ok";
    case OCTET_INVALID_ARGUMENT:
      return "invalid argument";
    case OCTET_CANNOT_READ:
      return "cannot read the file";
    case OCTET_BAD_MODEL:
      return "damaged or unsupported model";
    case OCTET_OUT_OF_MEMORY:
      return "out of memory";
    case OCTET_INTERNAL_ERROR:
      return "internal error";
  }
  return "unknown status";
}

const octet_operators* octet_all_operators(void) {
  return reinterpret_cast<const octet_operators*>(&int8::all_ops());
}

octet_status octet_model_load_file(const char* path, const octet_model_options* options,
                                   octet_model** model, octet_error* error) {
  if (!path || !model) return null_argument(error);
  int8::ModelOptions wanted;
  octet::MappedFile file;
  octet_status status = read_options(options, wanted, error);
  if (status != OCTET_OK) return status;
  status = guarded(error, OCTET_CANNOT_READ, [&] { file = octet::map_file(path); });
  if (status != OCTET_OK) return status;
  status = load(file.bytes, file.owner, wanted, model, error);
  octet::release_pages(file);  // weights are packed now; what is used in place comes back by itself
  return status;
}

octet_status octet_model_load_memory(const void* data, size_t size,
                                     const octet_model_options* options, octet_model** model,
                                     octet_error* error) {
  if (!data || !model) return null_argument(error);
  int8::ModelOptions wanted;
  const octet_status status = read_options(options, wanted, error);
  if (status != OCTET_OK) return status;
  return load({static_cast<const std::byte*>(data), size}, nullptr, wanted, model, error);
}

void octet_model_free(octet_model* model) {
  delete model;
}

int32_t octet_input_count(const octet_model* model) {
  return static_cast<int32_t>(model->model->inputs().size());
}
int32_t octet_output_count(const octet_model* model) {
  return static_cast<int32_t>(model->model->outputs().size());
}

octet_status octet_input_info(const octet_model* model, int32_t index, octet_value_info* info,
                              octet_error* error) {
  return model ? describe(model->model->inputs(), index, info, error) : null_argument(error);
}
octet_status octet_output_info(const octet_model* model, int32_t index, octet_value_info* info,
                               octet_error* error) {
  return model ? describe(model->model->outputs(), index, info, error) : null_argument(error);
}

const char* octet_model_isa(const octet_model* model) {
  return int8::isa_name(model->model->isa()).data();
}

size_t octet_packed_bytes(const octet_model* model) {
  return model->model->packed_bytes();
}

size_t octet_state_bytes(const octet_model* model) {
  return model->model->state_bytes();
}

octet_status octet_signature(const octet_model* model, uint64_t* signature, octet_error* error) {
  if (!model || !signature) return null_argument(error);
  return guarded(error, OCTET_BAD_MODEL, [&] { *signature = int8::signature(*model->model); });
}

octet_status octet_context_create(const octet_model* model, int32_t batch, int32_t threads,
                                  size_t memory_limit, octet_context** context,
                                  octet_error* error) {
  if (!model || !context) return null_argument(error);
  return guarded(error, OCTET_INVALID_ARGUMENT, [&] {
    int8::ContextOptions options{.batch = batch, .threads = threads};
    if (memory_limit > 0) options.memory_limit = memory_limit;
    *context = new octet_context{model->model, int8::ExecutionContext(*model->model, options)};
  });
}

void octet_context_free(octet_context* context) {
  delete context;
}

void* octet_input_data(octet_context* context, int32_t index) {
  const std::size_t count = context->model->inputs().size();
  if (index < 0 || static_cast<std::size_t>(index) >= count) return nullptr;
  return context->context.input(index).data();
}
const void* octet_output_data(const octet_context* context, int32_t index) {
  const std::size_t count = context->model->outputs().size();
  if (index < 0 || static_cast<std::size_t>(index) >= count) return nullptr;
  return context->context.output(index).data();
}

void octet_run(octet_context* context) {
  context->context.run();
}

void octet_reset(octet_context* context, int32_t stream) {
  if (stream == -1) context->context.reset();
  if (stream >= 0 && stream < context->context.batch()) context->context.reset(stream);
}

size_t octet_arena_bytes(const octet_context* context) {
  return context->context.arena_bytes();
}
size_t octet_scratch_bytes(const octet_context* context) {
  return context->context.scratch_bytes();
}
