// Prints what `scripts/weights.sh --judge` measured: nanoseconds for a unit of fuel, as the slope between the medians of the
// least and of the most fuel.
import { readFileSync } from "node:fs";

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const rows = JSON.parse(readFileSync(process.argv[2], "utf8")).map(({ benchmark, time_results }) => {
  const times = new Map();
  for (const { components, extrinsic_time } of time_results) {
    const fuel = components.find(([name]) => name === "f")[1];
    times.set(fuel, [...(times.get(fuel) ?? []), Number(extrinsic_time)]);
  }
  const fuels = [...times.keys()].sort((a, b) => a - b);
  const [least, most] = [fuels[0], fuels.at(-1)];
  const slope = (median(times.get(most)) - median(times.get(least))) / (most - least);
  return { burned: benchmark.replace("fuel_of_", "").replaceAll("_", " "), slope };
});

rows.sort((a, b) => b.slope - a.slope);
console.log("fuel burned in      ns per unit");
for (const { burned, slope } of rows) console.log(`${burned.padEnd(18)} ${slope.toFixed(2).padStart(12)}`);
