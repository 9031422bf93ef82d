// The job file: JSON, in the form that `touchstone submit` reads.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseCoin } from './format.mjs';
import { JobBuilder } from './job.mjs';
import { MisplacedSecret, isSecret, withoutSecrets } from './secret.mjs';

/** Ticks from assignment to commitment, where the job file does not say. */
const DEADLINE = 20;

const SOURCES = { put: 'Put', inline: 'Inline' };

const CLASSES = { any: null, cpu: 'Cpu', integrated: 'Integrated', discrete: 'Discrete' };

const NO_OBJECT = 'a job description is one JSON object';

/**
 * Reads a description and sends nothing. `kernel(path)` gives the hash of a kernel file. Returns what `JobBuilder.build`
 * returns. No error shows a secret that the file has in the place of something else.
 */
export async function readManifest(api, file, kernel) {
  const manifest = parse(file, await readFile(file, 'utf8'));
  const terms = await api.call.touchstoneApi.terms();
  try {
    return await prepare(api, manifest, {
      read: (name) => readFile(path.resolve(path.dirname(file), name)),
      kernel: (name) => kernel(path.resolve(path.dirname(file), name)),
      deadline: Math.min(Math.max(DEADLINE, terms.minDeadline.toNumber()), terms.maxDeadline.toNumber()),
    });
  } catch (error) {
    throw new Error(withoutSecrets(error.message));
  }
}

/** The message of `JSON.parse` quotes the text, so that it is shown only where the text can be a description. */
function parse(file, json) {
  if (isSecret(json)) {
    throw new MisplacedSecret(`the content of ${file}`);
  }
  if (!/^\s*\{/.test(json)) {
    throw new Error(`${file} is not a job description: ${NO_OBJECT}`);
  }
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`${file} is not a job description: ${withoutSecrets(error.message)}`);
  }
}

/** The job of a parsed description; `read` and `kernel` get the names that it contains. */
export async function prepare(api, manifest, { read, kernel: hashOf, deadline }) {
  if (manifest === null || typeof manifest !== 'object' || Array.isArray(manifest)) {
    throw new Error(NO_OBJECT);
  }
  known('the job', manifest, ['input', 'step', 'ceiling', 'matching', 'auction', 'class', 'deadline', 'min_collateral']);
  const job = new JobBuilder();
  const handles = new Map();
  const name = (title, handle) => {
    if (handles.has(title)) {
      throw new Error(`two buffers are called ${title}: give each input and step a name of its own`);
    }
    handles.set(title, handle);
  };
  for (const input of list('the job', 'input', manifest.input)) {
    const label = `input ${text('an input', 'name', input.name)}`;
    known(label, input, ['name', 'file', 'source']);
    const bytes = new Uint8Array(await read(text(label, 'file', input.file)));
    name(input.name, within(label, () => job.input(bytes, sourceOf(input))));
  }
  const steps = list('the job', 'step', manifest.step);
  if (!steps.length) {
    throw new Error('the job has no steps');
  }
  for (const [index, step] of steps.entries()) {
    const title = step.name === undefined ? `${index}` : text('a step', 'name', step.name);
    const label = `step ${title}`;
    known(label, step, ['name', 'kernel', 'reads', 'invocations', 'params']);
    const reads = list(label, 'reads', step.reads).map((buffer) => {
      if (!handles.has(buffer)) {
        throw new Error(`${label} reads ${buffer}, which is neither an input nor an earlier step`);
      }
      return handles.get(buffer);
    });
    const params = list(label, 'params', step.params);
    const source = text(label, 'kernel', step.kernel);
    const kernel = /^0x[0-9a-f]{64}$/i.test(source) ? source : await hashOf(source);
    name(title, within(label, () => job.step({ kernel, reads, invocations: step.invocations, params })));
  }
  return job.build({
    matching: matchingOf(manifest),
    deviceClass: classOf(manifest),
    ceiling: amount(api, 'ceiling', manifest.ceiling),
    deadline: ticks('deadline', manifest.deadline ?? deadline),
    minCollateral: amount(api, 'min_collateral', manifest.min_collateral ?? 0),
  });
}

/** What `make` returns; its errors begin with `label`. */
function within(label, make) {
  try {
    return make();
  } catch (error) {
    throw new Error(`${label}: ${error.message}`);
  }
}

function list(what, key, value = []) {
  if (!Array.isArray(value)) {
    throw new Error(`${what}: "${key}" is a list, not ${JSON.stringify(value)}`);
  }
  return value;
}

function text(what, key, value) {
  if (typeof value !== 'string' || !value) {
    throw new Error(`${what} has no "${key}": it is a text`);
  }
  return value;
}

function ticks(key, value) {
  if (!Number.isInteger(value) || value < 1 || value >= 2 ** 32) {
    throw new Error(`"${key}" is a whole number of ticks from 1, not ${JSON.stringify(value)}`);
  }
  return value;
}

function amount(api, key, value) {
  // JSON has rounded larger numbers already.
  if (typeof value !== 'string' && !Number.isSafeInteger(value)) {
    throw new Error(`"${key}" is an amount such as "1.5TSN", or a whole number in the smallest unit, not ${JSON.stringify(value)}`);
  }
  return within(`"${key}"`, () => parseCoin(api, String(value)));
}

function known(what, object, keys) {
  const stray = Object.keys(object).find((key) => !keys.includes(key));
  if (stray) {
    throw new Error(`${what} has an unknown entry ${stray}: ${keys.join(', ')} are understood`);
  }
}

/** Where an input comes from. `JobBuilder` checks the URL. */
function sourceOf({ source = 'put' }) {
  if (Object.hasOwn(SOURCES, source)) {
    return SOURCES[source];
  }
  if (typeof source !== 'string' || !source.includes(':')) {
    throw new Error(`"source" is "inline", "put", or an http(s) URL, not ${JSON.stringify(source)}`);
  }
  return { Url: source };
}

function matchingOf({ matching = 'instant', auction }) {
  if (matching === 'open' && auction !== undefined) {
    return { Open: { ticks: ticks('auction', auction) } };
  }
  if (matching === 'instant' && auction === undefined) {
    return 'Instant';
  }
  throw new Error('"matching" is "instant", or "open" with the length of the "auction" in ticks');
}

function classOf({ class: name = 'any' }) {
  if (!Object.hasOwn(CLASSES, name)) {
    throw new Error(`"class" is one of ${Object.keys(CLASSES).join(', ')}, not ${name}`);
  }
  return CLASSES[name];
}
