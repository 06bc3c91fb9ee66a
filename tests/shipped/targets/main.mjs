// What main.c does, for WebAssembly: node main.mjs MODULE FILE.
import { readFileSync } from "node:fs";

const [module, file] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const step = instance.exports;
const data = readFileSync(file);
const steps = 20, batch = 16, pixels = 64, images = 4 * steps * batch * pixels;
const memory = () => new Uint8Array(step.memory.buffer);
memory().set(data.subarray(0, images), step.digits_images());
memory().set(data.subarray(images), step.digits_labels());
const line = step.digits_train();
if (line) {
  console.log(`digits.c:${line} is not so`);
  process.exit(1);
}
console.log(step.digits_beginning() >>> 0);
for (const loss of new Float32Array(step.memory.buffer, step.digits_losses(), steps))
  console.log(loss);
