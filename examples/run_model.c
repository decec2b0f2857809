/* Runs a full-integer TFLite model from C and prints the largest values of every output.
 *
 *   run_model [-t THREADS] [-o OUTPUTS] MODEL.tflite [INPUT...]
 *
 * INPUT: files with one sample of each input as the model has it (int8 codes, or float32); inputs
 * without a file are zero bytes. OUTPUTS: a file to write all outputs to, back to back.
 * Build with the installed package: find_package(octet) or pkg-config octet-runtime
 * (docs/engine.md).
 */
#include <octet/octet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed(const char* what, const octet_error* error) {
  fprintf(stderr, "error: %s: %s\n", what, error->message);
  return 1;
}

static int read_file(const char* path, void* to, size_t bytes) {
  FILE* file = fopen(path, "rb");
  size_t got = file ? fread(to, 1, bytes, file) : 0;
  int more = file ? fgetc(file) != EOF : 0;
  if (file) fclose(file);
  if (got == bytes && !more) return 0;
  fprintf(stderr, "error: %s: expected a file of %zu bytes\n", path, bytes);
  return 1;
}

/* The real value of element i. */
static float value_at(const octet_value_info* info, const void* data, size_t i) {
  float code = 0;
  if (info->type == OCTET_F32) return ((const float*)data)[i];
  if (info->type == OCTET_I8) code = ((const int8_t*)data)[i];
  if (info->type == OCTET_U8) code = ((const uint8_t*)data)[i];
  if (info->type == OCTET_I16) code = ((const int16_t*)data)[i];
  if (info->type == OCTET_I32) code = (float)((const int32_t*)data)[i];
  if (info->type == OCTET_I64) code = (float)((const int64_t*)data)[i];
  return (info->scale > 0 ? info->scale : 1) * (code - (float)info->zero_point);
}

static void print_top(const octet_value_info* info, const void* data) {
  size_t n = info->bytes / sizeof(float);
  if (info->type == OCTET_I8 || info->type == OCTET_U8) n = info->bytes;
  if (info->type == OCTET_I16) n = info->bytes / 2;
  if (info->type == OCTET_I64) n = info->bytes / 8;
  printf("%s:", info->name);
  size_t last = n; /* ties in the order of their indices */
  for (int rank = 0; rank < 5 && (size_t)rank < n; ++rank) {
    size_t best = n;
    for (size_t i = 0; i < n; ++i) {
      const float v = value_at(info, data, i);
      if (last < n) {
        const float previous = value_at(info, data, last);
        if (v > previous || (v == previous && i <= last)) continue;
      }
      if (best == n || v > value_at(info, data, best)) best = i;
    }
    if (best == n) break;
    printf(" [%zu] %g", best, (double)value_at(info, data, best));
    last = best;
  }
  printf("\n");
}

static int run(octet_model* model, octet_context* context, char** inputs, int input_files,
               const char* outputs_path) {
  octet_error error;
  octet_value_info info;
  for (int32_t i = 0; i < octet_input_count(model); ++i) {
    if (octet_input_info(model, i, &info, &error) != OCTET_OK) return failed("input", &error);
    void* to = octet_input_data(context, i);
    memset(to, 0, info.bytes);
    if (i < input_files && read_file(inputs[i], to, info.bytes) != 0) return 1;
  }
  octet_run(context);
  FILE* file = outputs_path ? fopen(outputs_path, "wb") : NULL;
  int bad = outputs_path && !file;
  for (int32_t i = 0; i < octet_output_count(model) && !bad; ++i) {
    if (octet_output_info(model, i, &info, &error) != OCTET_OK) return failed("output", &error);
    const void* data = octet_output_data(context, i);
    print_top(&info, data);
    if (file) bad = fwrite(data, 1, info.bytes, file) != info.bytes;
  }
  if (file) bad = fclose(file) != 0 || bad;
  if (bad) fprintf(stderr, "error: cannot write %s\n", outputs_path);
  return bad;
}

int main(int argc, char** argv) {
  const char* outputs_path = NULL;
  int threads = 1, arg = 1;
  for (; arg + 1 < argc && argv[arg][0] == '-'; arg += 2) {
    if (strcmp(argv[arg], "-o") == 0) outputs_path = argv[arg + 1];
    if (strcmp(argv[arg], "-t") == 0) threads = atoi(argv[arg + 1]);
  }
  if (arg >= argc) {
    fprintf(stderr, "usage: %s [-t THREADS] [-o OUTPUTS] MODEL.tflite [INPUT...]\n", argv[0]);
    return 2;
  }
  octet_error error;
  octet_model* model = NULL;
  octet_context* context = NULL;
  if (octet_model_load_file(argv[arg], NULL, &model, &error) != OCTET_OK)
    return failed(argv[arg], &error);
  printf("octet %s, %s kernels, %zu bytes of packed weights\n", octet_version(),
         octet_model_isa(model), octet_packed_bytes(model));
  int code = 1;
  if (octet_context_create(model, 1, threads, 0, &context, &error) != OCTET_OK) {
    failed("context", &error);
  } else {
    printf("%zu bytes of values, %zu of scratch\n", octet_arena_bytes(context),
           octet_scratch_bytes(context));
    code = run(model, context, argv + arg + 1, argc - arg - 1, outputs_path);
  }
  octet_context_free(context);
  octet_model_free(model);
  return code;
}
