/* octet's int8 engine from C: loads a full-integer TFLite model and runs it.
 *
 *   octet_error error;
 *   octet_model* model;
 *   octet_context* context;
 *   if (octet_model_load_file("model.tflite", NULL, &model, &error) != OCTET_OK) ... error.message
 *   octet_context_create(model, 1, 2, 0, &context, &error);      // batch 1, 2 threads
 *   memcpy(octet_input_data(context, 0), codes, size);
 *   octet_run(context);
 *   use(octet_output_data(context, 0));
 *   octet_context_free(context);
 *   octet_model_free(model);
 *
 * Threads: a model is immutable and may be used by any number of threads. A context is used by one
 * thread at a time; several contexts of one model run at once. After a fork, which must not happen
 * during a run, the child may use and free what its parent made; such contexts run on one thread.
 * Errors: a function that can fail returns a status and describes the failure in the octet_error
 * that the caller passes (may be NULL); there is no global state. Results are written only on
 * OCTET_OK. No C++ exception leaves a function. Handles passed to the other functions must be
 * valid; every *_free accepts NULL.
 */
#ifndef OCTET_H
#define OCTET_H

#include <stddef.h>
#include <stdint.h>

/** What the shared library exports. */
#if defined(__GNUC__)
#define OCTET_C_API __attribute__((visibility("default")))
#else
#define OCTET_C_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A loaded model: validated, weights packed for this CPU, immutable. */
typedef struct octet_model octet_model;
/** One execution state of a model: its memory and its threads. */
typedef struct octet_context octet_context;

/** How a call ended. */
typedef enum octet_status {
  OCTET_OK = 0,
  OCTET_INVALID_ARGUMENT = 1, /**< a null pointer, an index out of range, a bad option */
  OCTET_CANNOT_READ = 2,      /**< the file is not there, not readable or not a regular file */
  OCTET_BAD_MODEL = 3,        /**< damaged, or not supported; the message says what and where */
  OCTET_OUT_OF_MEMORY = 4,    /**< more than the limit, or than the machine has */
  OCTET_INTERNAL_ERROR = 5
} octet_status;

/** Why a call failed. `message` is one line of UTF-8 without control characters, whatever is in
 * the names that it quotes ('?' stands for what cannot be shown), cut where it does not fit. */
typedef struct octet_error {
  octet_status status;
  char message[1024];
} octet_error;

/** Of the values of an input or output. */
typedef enum octet_type {
  OCTET_F32 = 0, /**< IEEE float */
  OCTET_I32 = 1,
  OCTET_I8 = 2,  /**< codes of -128 to 127: real = scale * (code - zero_point) */
  OCTET_U8 = 3,  /**< the same of 0 to 255 */
  OCTET_I16 = 4, /**< the same of -32768 to 32767 */
  OCTET_I64 = 5
} octet_type;

/** Most dimensions of an input or output. */
#define OCTET_MAX_RANK 8

/** An input or output of a model. */
typedef struct octet_value_info {
  const char*
      name; /**< the signature's, else the tensor's; lives as long as the model; may be "" */
  octet_type type;
  int32_t rank;                  /**< 0 to OCTET_MAX_RANK */
  int32_t shape[OCTET_MAX_RANK]; /**< of one sample as the file has it, dimension 0 included */
  float scale;                   /**< 0: not quantized */
  int32_t zero_point;
  size_t bytes; /**< of one sample */
} octet_value_info;

/** Of requantization. */
typedef enum octet_rounding {
  OCTET_ROUNDING_OF_MODEL = 0, /**< as the file records it; double if it says nothing */
  OCTET_SINGLE_ROUNDING = 1,   /**< what ONNX Runtime approximates */
  OCTET_DOUBLE_ROUNDING = 2,   /**< TFLite Micro, bit for bit */
  OCTET_FLOAT_ROUNDING = 3     /**< XNNPACK, bit for bit; needs octet_all_operators() */
} octet_rounding;

/** A set of operators. */
typedef struct octet_operators octet_operators;

/** Zero-initialized: the defaults. */
typedef struct octet_model_options {
  octet_rounding rounding;
  /** "portable", "avx2", "avx_vnni", "avx512_vnni", "amx_int8" or "neon_dot"; NULL: the best of
   * this machine, capped by the environment variable OCTET_MAX_ISA. The results are the same. */
  const char* isa;
  /** Most bytes of packed weights and tables; 0: 1 GiB. */
  size_t memory_limit;
  /** The operators that the model may have; NULL: those of convolutional networks. */
  const octet_operators* operators;
} octet_model_options;

/** All operators of the library, for octet_model_options: the rarer and the recurrent ones too, and
 * computations on floats. A static program that does not call this does not hold them. */
OCTET_C_API const octet_operators* octet_all_operators(void);

/** "0.1.0". */
OCTET_C_API const char* octet_version(void);
/** An octet_status as a short English text; "unknown status" for any other number. */
OCTET_C_API const char* octet_status_text(int status);

/** Loads a TFLite file, which is mapped: constants are used in place, so it must not be changed
 * in place while the model lives (replacing it by a rename is fine). `options` may be NULL. */
OCTET_C_API octet_status octet_model_load_file(const char* path, const octet_model_options* options,
                                               octet_model** model, octet_error* error);
/** The same from memory. The `size` bytes at `data` are used in place and must stay as they are
 * until the model and its contexts are freed; data that is not aligned to 8 bytes is copied. */
OCTET_C_API octet_status octet_model_load_memory(const void* data, size_t size,
                                                 const octet_model_options* options,
                                                 octet_model** model, octet_error* error);
/** The model's memory goes when its last context is freed too. */
OCTET_C_API void octet_model_free(octet_model* model);

/** How many inputs the model has. */
OCTET_C_API int32_t octet_input_count(const octet_model* model);
/** How many outputs the model has. */
OCTET_C_API int32_t octet_output_count(const octet_model* model);
/** Describes an input. Fails for an index out of range. */
OCTET_C_API octet_status octet_input_info(const octet_model* model, int32_t index,
                                          octet_value_info* info, octet_error* error);
/** Describes an output. Fails for an index out of range. */
OCTET_C_API octet_status octet_output_info(const octet_model* model, int32_t index,
                                           octet_value_info* info, octet_error* error);
/** Name of the instruction set whose kernels run: see octet_model_options. */
OCTET_C_API const char* octet_model_isa(const octet_model* model);
/** Bytes of packed weights and tables, beside the constants that are used where they are. */
OCTET_C_API size_t octet_packed_bytes(const octet_model* model);
/** Bytes of one sample that a context keeps from run to run; 0: its runs do not depend on another.
 */
OCTET_C_API size_t octet_state_bytes(const octet_model* model);
/** A hash of the outputs on pseudo-random inputs: says what a model computes, and is the same on
 * every instruction set, at every number of threads, in every build. Runs the model 16 times, which
 * for a small file of large pools may be hours. */
OCTET_C_API octet_status octet_signature(const octet_model* model, uint64_t* signature,
                                         octet_error* error);

/** `batch` samples a run (>= 1) on `threads` threads (1 to 1024, the caller's included).
 * `memory_limit`: most bytes of values and working memory, 0: 1 GiB. */
OCTET_C_API octet_status octet_context_create(const octet_model* model, int32_t batch,
                                              int32_t threads, size_t memory_limit,
                                              octet_context** context, octet_error* error);
/** Ends its threads and frees its memory. */
OCTET_C_API void octet_context_free(octet_context* context);

/** Where to write input `index`: `batch` samples of octet_value_info.bytes back to back, aligned to
 * at least 4 bytes. Inputs must be written before every run, which may reuse their memory. NULL for
 * an index out of range. */
OCTET_C_API void* octet_input_data(octet_context* context, int32_t index);
/** Where output `index` is after a run, in the same form, until the next run. */
OCTET_C_API const void* octet_output_data(const octet_context* context, int32_t index);

/** Cannot fail: everything was checked and allocated before. A model that keeps states takes a step
 * in each of `batch` streams, which are the samples' places. */
OCTET_C_API void octet_run(octet_context* context);
/** Stream `stream` begins anew, as in a new context; all of them if it is -1. Without effect for
 * another number. */
OCTET_C_API void octet_reset(octet_context* context, int32_t stream);

/** Bytes of the values. */
OCTET_C_API size_t octet_arena_bytes(const octet_context* context);
/** Bytes of the kernels' working memory, of all threads. */
OCTET_C_API size_t octet_scratch_bytes(const octet_context* context);

#ifdef __cplusplus
}
#endif

#endif
