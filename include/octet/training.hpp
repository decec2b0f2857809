// Everything a training loop needs, from data to the int8 file, with the engine that runs it.
#pragma once

#include "include/octet/runtime.hpp"

// Tensors, tape and differentiable ops.
#include "core/context.h"
#include "core/ops/activations.h"
#include "core/ops/conv_transpose.h"
#include "core/ops/dropout_op.h"
#include "core/ops/function_op.h"
#include "core/ops/indexed.h"
#include "core/ops/layout.h"
#include "core/ops/losses.h"
#include "core/ops/matmul.h"
#include "core/ops/normalization.h"
#include "core/ops/ops.h"
#include "core/ops/reduction_ops.h"
#include "core/ops/resize_op.h"
#include "core/random.h"
#include "core/tape.h"
#include "core/tensor.h"

// Modules, reference networks, and graphs of them.
#include "layers/diagnose.h"
#include "layers/graph/draw_parameters.h"
#include "layers/graph/graph_module.h"
#include "layers/layers.h"
#include "layers/module.h"
#include "layers/parameter_pattern.h"
#include "layers/zoo/zoo.h"

// Optimizers, schedules, clipping, averages.
#include "optim/adam.h"
#include "optim/clip.h"
#include "optim/ema.h"
#include "optim/lr_schedule.h"
#include "optim/sgd.h"

// Training on several processes.
#include "core/communicator.h"
#include "dist/member_group.h"
#include "dist/transport.h"
#include "optim/sum_gradients.h"

// Data sets and the loader; accuracy, loss and other figures over them.
#include "data/dataset_report.h"
#include "data/hold_out.h"
#include "data/image.h"
#include "data/loader.h"
#include "data/readers.h"
#include "data/resize_image.h"
#include "data/source.h"
#include "eval/confusion_text.h"
#include "eval/evaluate.h"
#include "eval/regression_error.h"
#include "eval/roc_auc.h"
#include "eval/worst_samples.h"

// Training in one call: progress, metrics, checkpoints, the best epoch.
#include "fit/fit_run.h"
#include "fit/interrupt.h"

// Quantization: prepare, calibrate, convert.
#include "quant/convert.h"
#include "quant/diagnosis/diagnose_int8.h"
#include "quant/equalize.h"
#include "quant/fake_quantize.h"
#include "quant/floats/lower_float.h"
#include "quant/params.h"
#include "quant/prepare.h"

// What came of a run, for people.
#include "report/report_html.h"

// Files.
#include "interop/checkpoint/checkpoint.h"
#include "interop/onnx/import_onnx.h"
#include "interop/onnx_export/write_onnx.h"
#include "interop/tflite/writer.h"
#include "interop/tflite_import/import_tflite.h"
#include "interop/weights/read_weights.h"
#include "interop/weights/save_weights.h"
#include "interop/weights/transfer.h"
