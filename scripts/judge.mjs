// Prints what `scripts/weights.sh --judge` measured: nanoseconds for an operation and for a unit of fuel, and for a KiB that a proof
// opens, as slopes between the medians at the two ends of each range.
import { readFileSync } from "node:fs";

// An operation of each way of burning fuel whose operations cost more than 1.
const OPERATION = {
  jumps: "load_view",
  wide_jumps: "load4_view",
  free_jumps: "load",
  wide_free_jumps: "load4",
  views: "view",
  constants: "cload",
  divisions: "div_u",
};
const isa = readFileSync(new URL("../kir/src/isa.rs", import.meta.url), "utf8");
const FUEL = Object.fromEntries([...isa.matchAll(/"(\w+)", (\d+);/g)].map(([, name, fuel]) => [name, Number(fuel)]));
const fuel = (burned) => {
  const operation = OPERATION[burned];
  if (operation === undefined) return 1;
  if (!(operation in FUEL)) throw new Error(`kir/src/isa.rs has no operation ${operation}`);
  return FUEL[operation];
};
// The limit of docs/kernel-language.md is chosen for this many nanoseconds to an operation.
const TARGET = 8;

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const slope = ({ time_results }) => {
  const times = new Map();
  for (const { components, extrinsic_time } of time_results) {
    const value = components[0][1];
    times.set(value, [...(times.get(value) ?? []), Number(extrinsic_time)]);
  }
  const values = [...times.keys()].sort((a, b) => a - b);
  const [least, most] = [values[0], values.at(-1)];
  return (median(times.get(most)) - median(times.get(least))) / (most - least);
};

const results = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rows = results
  .filter(({ benchmark }) => benchmark.startsWith("fuel_of_"))
  .map((result) => {
    const burned = result.benchmark.replace("fuel_of_", "");
    const unit = slope(result);
    return { burned, unit, operation: unit * fuel(burned) };
  })
  .sort((a, b) => b.operation - a.operation);
console.log("fuel burned in       ns per operation   ns per unit");
for (const { burned, unit, operation } of rows) {
  const over = operation > TARGET ? `   over ${TARGET}` : "";
  console.log(`${burned.replaceAll("_", " ").padEnd(20)} ${operation.toFixed(2).padStart(16)} ${unit.toFixed(2).padStart(13)}${over}`);
}
const opened = results.find(({ benchmark }) => benchmark === "open");
if (opened) console.log(`\nopenings: ${(slope(opened) * 1.024).toFixed(2)} µs per KiB opened`);
