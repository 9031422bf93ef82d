// Demands for data of a result that its provider does not serve (pallets/demands/README.md).

import { nodeOver, revealedLevel, topOf } from './nodes.mjs';
import { bufferName, keyOf, shows, subjectOf } from './subject.mjs';
import { chunkOf } from './trace.mjs';

/** The most demands of one result that the chain lists in one read. */
export const MAX_DEMANDS = 256;

/** The most answers that a demand names. */
const MAX_SHOWN = 5;

/** The demands of a commitment at a block, each { subject, len, answered, deadline }, `len` that of the buffer: first those that wait for an answer. */
export async function readDemands(block, commitment) {
  const demands = await block.call.touchstoneApi.demands(commitment, MAX_DEMANDS);
  return [...demands].map((demand) => ({
    subject: subjectOf(demand),
    len: demand.len.toNumber(),
    answered: demand.answered.isTrue,
    deadline: demand.deadline.toNumber(),
  }));
}

/**
 * Brings to a `ShownResult` the answers that a reader finds up to block `number`. Goes back for as long as the right answer
 * to one of these demands was not found, of those whose subject `isOfUse`.
 */
export async function gather(reader, shown, number, demands, isOfUse = () => true) {
  // Where so many demands are open, those that were answered are not all listed.
  const isLacking = () =>
    demands.length >= MAX_DEMANDS || demands.some(({ subject, answered }) => answered && isOfUse(subject) && !shown.has(subject));
  shown.add(await reader.newest(number));
  while (isLacking()) {
    const older = await reader.older();
    if (!older) {
      return;
    }
    shown.add(older);
  }
}

/**
 * The next move towards a chunk of a buffer of `len` bytes: of the trace, or of the output of an instance. It is { bytes } if
 * the chunk has been shown, or else { ask }, the demand that comes next. `opening` opens the chunk of the trace that has
 * the output's root, if the provider serves it.
 */
export function nextMove(shown, { instance, chunk, len }, opening = undefined) {
  if (instance === undefined) {
    return towards(shown.trace, { target: 'Trace', chunk, then: 0 });
  }
  const trace = opening ?? shown.openTrace([instance])?.opening;
  if (!trace) {
    return towards(shown.trace, { target: 'Trace', chunk: chunkOf(instance), then: moves(topOf(len), chunk, len) });
  }
  const output = shown.output(instance);
  if (!output) {
    throw new Error(`the trace has no ${bufferName(instance)}: node and script are of different versions`);
  }
  return towards(output, { target: { Output: { instance, trace } }, instance, chunk, then: 0 });
}

/** The next move towards a chunk of a buffer, after which so many more demands follow. */
function towards(buffer, { target, instance, chunk, then }) {
  const { len } = buffer;
  const { bytes, question } = buffer.towards(chunk) ?? {};
  if (bytes) {
    return { bytes };
  }
  if (!question) {
    throw new Error(`the ${bufferName(instance)} has no chunk ${chunk}`);
  }
  const subject = { instance, node: question.node };
  return { ask: { target, subject, len, question, left: moves(question.node, chunk, len) + then } };
}

/** Demands from a node down to the bytes of a chunk under it. */
function moves(node, chunk, len) {
  const level = revealedLevel(node);
  return level === undefined ? 1 : 1 + moves(nodeOver(chunk, level, len), chunk, len);
}

/**
 * The answers to name: they lead to what is asked, and the first is recent enough at tick `clock`; none if nothing does. Inside
 * the window none is needed.
 */
export function shownBy(demands, { subject, len }, clock) {
  const answered = demands.filter((demand) => demand.answered);
  let old = answered.filter(({ deadline }) => clock > deadline);
  let ways = answered.filter(({ deadline }) => clock <= deadline).map((demand) => [demand.subject]);
  for (let count = 0; count < MAX_SHOWN; count += 1) {
    const way = ways.find((answers) => shows(answers.at(-1), subject, len));
    if (way) {
      return way;
    }
    // Old answers that the last ones of these ways show.
    const led = old.map((demand) => [demand, ways.find((answers) => shows(answers.at(-1), demand.subject, demand.len))]);
    ways = led.filter(([, answers]) => answers).map(([demand, answers]) => [...answers, demand.subject]);
    old = led.filter(([, answers]) => !answers).map(([demand]) => demand);
  }
  return [];
}

/** The demand about this subject, if there is one. */
export function findDemand(demands, subject) {
  return demands.find((demand) => keyOf(demand.subject) === keyOf(subject));
}

/** The extrinsic of a demand. */
export function demand(api, job, commitment, { target, question: { node, value, path } }, by) {
  return api.tx.demands.demand(job, commitment, target, node, value, path, by);
}
