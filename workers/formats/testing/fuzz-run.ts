/** `npm run fuzz -- [--seconds N] [--seed S]`: fuzzes the readers for a while; exit code 1 and the seed when one misbehaves. */
import { parseArgs } from "node:util";
import { fuzzCase, judge } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const first = Number(values.seed);
const end = Date.now() + Number(values.seconds) * 1000;
let failures = 0;
let seed = first;
for (; Date.now() < end; seed++) {
  const one = fuzzCase(seed);
  const complaint = await judge(one);
  if (complaint === null) continue;
  failures++;
  console.log(`seed ${seed}, ${one.fixture.format} ${one.fixture.name}: ${one.mutations.join("; ")}\n  ${complaint}`);
}
console.log(`${seed - first} cases from seed ${first}, ${failures} of them misread`);
process.exitCode = failures === 0 ? 0 : 1;
