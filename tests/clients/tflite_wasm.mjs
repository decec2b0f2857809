// Runs a model in the real TFLite runtime (WebAssembly build, XNNPACK delegate) in plain Node.
//
// usage: node tflite_wasm.mjs MODEL.tflite INPUTS.bin OUTPUTS.bin [MODEL INPUTS OUTPUTS]...
// INPUTS: samples back to back, each the raw bytes of the model's inputs in order; OUTPUTS likewise.
// The npm package is looked for in $OCTET_CLIENTS, default build/clients (tests/clients/setup.sh
// installs it); --check in place of files only looks. Exit codes: 0 done, 1 error, 77 the package is not here.
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import vm from 'node:vm';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = process.env.OCTET_CLIENTS ?? path.join(here, '../../build/clients');
const wasm = path.join(clients, 'node_modules/@tensorflow/tfjs-tflite/wasm');

async function loadRuntime() {
  // The package expects a browser; this much of one is enough.
  globalThis.window = globalThis;
  globalThis.self = globalThis;
  globalThis.document = {currentScript: null};
  const script = path.join(wasm, 'tflite_web_api_cc.js');
  vm.runInThisContext(fs.readFileSync(script, 'utf8'), {filename: script});
  const wasmBinary = fs.readFileSync(path.join(wasm, 'tflite_web_api_cc.wasm'));
  return globalThis.tflite_web_api_ModuleFactory({wasmBinary});
}

function createRunner(runtime, file) {
  const pointer = runtime._malloc(file.length);
  runtime.HEAPU8.set(file, pointer);
  const options = {numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 1024};
  const result =
      runtime.TFLiteWebModelRunner.CreateFromBufferAndOptions(pointer, file.length, options);
  if (!result.ok()) throw new Error(`the runtime refuses the model: ${result.errorMessage?.()}`);
  return result.value();
}

// A view of the tensor's bytes. Memory may grow, so views are taken anew for every use.
function bytesOf(list, i) {
  const view = list.get(i).data();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function run(runner, inputs) {
  const sizes = list => Array.from({length: list.size()}, (_, i) => bytesOf(list, i).length);
  const sum = values => values.reduce((a, b) => a + b, 0);
  const inputSizes = sizes(runner.GetInputs());
  const sampleBytes = sum(inputSizes);
  if (inputs.length === 0 || inputs.length % sampleBytes !== 0) {
    throw new Error(`inputs have ${inputs.length} bytes, expected a multiple of ${sampleBytes}`);
  }
  const outputs = [];
  for (let at = 0; at < inputs.length;) {
    inputSizes.forEach((size, i) => {
      bytesOf(runner.GetInputs(), i).set(inputs.subarray(at, at + size));
      at += size;
    });
    if (!runner.Infer()) throw new Error('the runtime fails to run the model');
    const list = runner.GetOutputs();
    for (let i = 0; i < list.size(); ++i) outputs.push(Buffer.from(bytesOf(list, i)));
  }
  return Buffer.concat(outputs);
}

async function main() {
  const files = process.argv.slice(2);
  const check = files.length === 1 && files[0] === '--check';
  if (!check && (files.length === 0 || files.length % 3 !== 0)) {
    console.error('usage: node tflite_wasm.mjs MODEL.tflite INPUTS.bin OUTPUTS.bin [MODEL ...]');
    return 2;
  }
  if (!fs.existsSync(wasm)) {
    console.error(`SKIPPED: no TFLite runtime at ${wasm} (tests/clients/setup.sh installs it)`);
    return 77;
  }
  if (check) return 0;
  const runtime = await loadRuntime();
  for (let i = 0; i < files.length; i += 3) {
    const [model, inputs, outputs] = files.slice(i, i + 3);
    try {
      const runner = createRunner(runtime, fs.readFileSync(model));
      fs.writeFileSync(outputs, run(runner, fs.readFileSync(inputs)));
    } catch (error) {
      throw new Error(`${model}: ${error.message ?? error}`);
    }
  }
  return 0;
}

main().then(code => process.exit(code), error => {
  console.error(`tflite_wasm: ${error.message ?? error}`);
  process.exit(1);
});
