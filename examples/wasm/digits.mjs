// A step in WebAssembly, trained from JavaScript with nothing in between: no C, no
// package. The module is the step's object as agc compiled it, linked by wasm-ld alone.
//
//   node digits.mjs digits.wasm digits.json X.npy Y.npy
import { readFileSync } from "node:fs";

const [module, manifestPath, xPath, yPath] = process.argv.slice(2);
if (!yPath) {
  console.error("usage: node digits.mjs digits.wasm digits.json X.npy Y.npy");
  process.exit(2);
}
const { instance } = await WebAssembly.instantiate(readFileSync(module));
const step = instance.exports;
const manifest = JSON.parse(readFileSync(manifestPath));
const { state_bytes, workspace_bytes } = manifest.memory;

// The caller's memory lies behind the module's own, each part at a multiple of 64.
let end = step.__heap_base.value;
function take(bytes) {
  const at = Math.ceil(end / 64) * 64;
  end = at + bytes;
  const missing = end - step.memory.buffer.byteLength;
  if (missing > 0)
    step.memory.grow(Math.ceil(missing / 65536));
  return at;
}
const [rows, pixels] = manifest.inputs[0].shape;
const classes = manifest.functions.find(({ name }) => name === "forward").outputs[0].shape[1];
const state = take(state_bytes), workspace = take(workspace_bytes);
const x = take(4 * rows * pixels), target = take(8 * rows);
const batch = take(8), hyper = take(4), loss = take(4), output = take(4 * rows * classes);

// It does not grow from here on, so that views of it stay what they are.
const view = (Type, at, length) => new Type(step.memory.buffer, at, length);
const [xs, targets] = [view(Float32Array, x, rows * pixels), view(BigInt64Array, target, rows)];
const scores = view(Float32Array, output, rows * classes);
view(Uint32Array, batch, 2).set([x, target]); // struct digits_batch: two pointers

function check(status) {
  if (status === 0)
    return;
  const text = view(Uint8Array, step.digits_strerror(status));
  throw new Error(new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
}

// The numbers of a file of NumPy's: bytes 8 and 9 say how long a header follows.
function readArray(path, Type) {
  const file = readFileSync(path);
  return new Type(file.buffer.slice(file.byteOffset + 10 + file.readUInt16LE(8), file.byteOffset + file.length));
}
const images = readArray(xPath, Float32Array), labels = readArray(yPath, BigInt64Array);
const trained = 1437, epochs = 15;

// Examples into the step's memory. A batch that they do not fill has rows with the
// label that cross entropy leaves out.
function fill(examples) {
  xs.fill(0);
  targets.fill(-100n);
  examples.forEach((example, row) => {
    xs.set(images.subarray(example * pixels, (example + 1) * pixels), row * pixels);
    targets[row] = labels[example];
  });
}
function* batches(examples) {
  for (let i = 0; i < examples.length; i += rows)
    yield examples.slice(i, i + rows);
}
let seed = 1;
function random() { // xorshift
  seed ^= seed << 13, seed ^= seed >>> 17, seed ^= seed << 5;
  return (seed >>> 0) / 2 ** 32;
}
function shuffle(order) {
  for (let i = order.length - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
}

check(step.digits_init(state, 0n));
const order = Array.from({ length: trained }, (_, i) => i);
const held = Array.from({ length: labels.length - trained }, (_, i) => trained + i);
let accuracy = 0;
for (let epoch = 1; epoch <= epochs; ++epoch) {
  let sum = 0, right = 0;
  shuffle(order);
  view(Float32Array, hyper, 1)[0] = epoch <= 10 ? 0.1 : 0.01; // struct digits_hyper
  for (const examples of batches(order)) {
    fill(examples);
    check(step.digits_train_step(state, batch, hyper, loss, workspace, 0));
    sum += view(Float32Array, loss, 1)[0] * examples.length;
  }
  for (const examples of batches(held)) {
    fill(examples);
    check(step.digits_forward(state, batch, output, workspace, 0));
    examples.forEach((example, row) => {
      const all = scores.subarray(row * classes, (row + 1) * classes);
      right += all.indexOf(Math.max(...all)) === Number(labels[example]);
    });
  }
  accuracy = right / held.length;
  console.log(`epoch ${epoch}: loss ${(sum / trained).toFixed(4)}, accuracy ${accuracy.toFixed(4)}`);
}
console.log(`state ${state_bytes} bytes, workspace ${workspace_bytes} bytes, module ${readFileSync(module).length} bytes`);
process.exitCode = accuracy >= 0.905 ? 0 : 1; // as digits.c
