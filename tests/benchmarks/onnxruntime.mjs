// Times one ONNX model with onnxruntime-node; a JSON line like `octet bench --json -`.
// usage: NODE_PATH=... node onnxruntime.mjs MODEL.onnx C,H,W BATCH THREADS SECONDS
// Normalized random images; every output must be finite and not the same for all images.
import { createRequire } from 'node:module';

const ort = createRequire(process.env.NODE_PATH + '/')('onnxruntime-node');
const [file, extents, batchText, threads, seconds] = process.argv.slice(2);
const batch = Number(batchText);
const shape = [batch, ...extents.split(',').map(Number)];

let seed = 1;
const uniform = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32;
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, normal);

const session = await ort.InferenceSession.create(file, {
  executionProviders: ['cpu'], intraOpNumThreads: Number(threads), interOpNumThreads: 1,
  executionMode: 'sequential', graphOptimizationLevel: 'all', logSeverityLevel: 3,
});
const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', values, shape) };
const now = () => Number(process.hrtime.bigint()) / 1e9;
const cpu = () => { const u = process.cpuUsage(); return (u.user + u.system) / 1e6; };

const first = Object.values(await session.run(feeds))[0].data;
if (!first.every(Number.isFinite) || first.every((v) => v === first[0]))
  throw new Error(`${file}: senseless output`);
for (const end = now() + seconds / 4; now() < end;) await session.run(feeds);

// CPU time has a resolution of a microsecond or worse: it is taken over groups of runs.
let start = now();
await session.run(feeds);
const group = Math.max(1, Math.min(100, Math.round(4e-3 / (now() - start))));
const wall = [], busy = [];
for (const end = now() + Number(seconds); now() < end || wall.length < 5;) {
  const used = cpu();
  for (let i = 0; i < group; i++) {
    start = now();
    await session.run(feeds);
    wall.push(now() - start);
  }
  busy.push((cpu() - used) / group);
}
wall.sort((a, b) => a - b);
busy.sort((a, b) => a - b);
const median = wall[wall.length >> 1];
console.log(JSON.stringify({
  batch, threads: Number(threads), runs: wall.length, median_ms: 1e3 * median, min_ms: 1e3 * wall[0],
  cpu_median_ms: 1e3 * busy[busy.length >> 1], cpu_min_ms: 1e3 * busy[0], images_per_s: batch / median,
}));
