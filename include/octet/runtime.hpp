// The int8 engine: reads full-integer TFLite models and runs them. Errors, graph, reader, model and
// context; docs/engine.md describes them.
#pragma once

#include "base/error.h"
#include "int8/engine/model.h"
#include "int8/graph/graph.h"
#include "interop/tflite/reader.h"
