// What main of numbers.c does, for WebAssembly: node numbers.mjs MODULE INPUTS OUTPUTS.
import { readFileSync, writeFileSync } from "node:fs";

const [module, inputs, outputs, bytes] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(module), {});
const step = instance.exports;
new Uint8Array(step.memory.buffer).set(readFileSync(inputs), step.numbers_inputs());
const failed = step.numbers_run();
if (failed) {
  console.log(`call ${failed - 1} failed`);
  process.exit(1);
}
writeFileSync(outputs, new Uint8Array(step.memory.buffer, step.numbers_outputs(), Number(bytes)));
