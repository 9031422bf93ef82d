// Prints what `scripts/weights.sh --judge` measured: nanoseconds for an operation and for a unit of fuel, and microseconds for a KiB
// that a proof opens. Each figure is the slope between the medians at the two ends of a range.
//
//     node judge.mjs MEASUREMENT.json OPERATIONS.json
//
// The second file is the output of `cargo run -p touchstone-kir --example isa`.
import { readFileSync } from "node:fs";

const [measurement, operations] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));

// The operation that each benchmark repeats, where it costs more than 1 fuel.
const OPERATION = {
  jumps: "load_view",
  wide_jumps: "load4_view",
  free_jumps: "load",
  wide_free_jumps: "load4",
  views: "view",
  constants: "cload",
  divisions: "div_u",
};
const fuel = (burned) => {
  const operation = OPERATION[burned];
  if (operation === undefined) return 1;
  if (!(operation in operations)) throw new Error(`there is no operation ${operation}`);
  return operations[operation].fuel;
};
// The fuel limit of docs/kernel-language.md assumes at most this many nanoseconds for an operation.
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

const rows = measurement
  .filter(({ benchmark }) => benchmark.startsWith("fuel_of_"))
  .map((result) => {
    const burned = result.benchmark.replace("fuel_of_", "");
    const unit = slope(result);
    return { burned, unit, operation: unit * fuel(burned) };
  })
  .sort((a, b) => b.operation - a.operation);
if (!rows.length) throw new Error("the measurement has no benchmark fuel_of_*");
console.log("fuel burned in       ns per operation   ns per unit");
for (const { burned, unit, operation } of rows) {
  const over = operation > TARGET ? `   over ${TARGET}` : "";
  console.log(`${burned.replaceAll("_", " ").padEnd(20)} ${operation.toFixed(2).padStart(16)} ${unit.toFixed(2).padStart(13)}${over}`);
}
const opened = measurement.find(({ benchmark }) => benchmark === "open");
if (opened) console.log(`\nopenings: ${(slope(opened) * 1.024).toFixed(2)} µs per KiB opened`);
