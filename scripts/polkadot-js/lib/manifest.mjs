// A job as people write it, in JSON: the same form that `touchstone submit` reads.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseCoin } from './format.mjs';
import { JobBuilder } from './job.mjs';

/** Ticks from assignment to commitment where the description names none. */
const DEADLINE = 20;

const CLASSES = { any: null, cpu: 'Cpu', integrated: 'Integrated', discrete: 'Discrete' };

/**
 * Reads a description. `upload(path)` gives the hash of a kernel file, uploading it if need be; `terms` are the chain's.
 * Returns what `JobBuilder.build` returns.
 */
export async function readManifest(api, file, upload) {
  const manifest = parse(file, await readFile(file, 'utf8'));
  const terms = await api.call.touchstoneApi.terms();
  return prepare(api, manifest, {
    read: (name) => readFile(path.resolve(path.dirname(file), name)),
    upload: (name) => upload(path.resolve(path.dirname(file), name)),
    deadline: Math.min(Math.max(DEADLINE, terms.minDeadline.toNumber()), terms.maxDeadline.toNumber()),
  });
}

function parse(file, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no job description: ${error.message}`);
  }
}

/** The job of a parsed description; `read` and `upload` get the names that it contains. */
export async function prepare(api, manifest, { read, upload, deadline }) {
  known('the job', manifest, ['input', 'step', 'ceiling', 'matching', 'auction', 'class', 'deadline', 'min_collateral']);
  const job = new JobBuilder();
  const handles = new Map();
  const name = (text, handle) => {
    if (handles.has(text)) {
      throw new Error(`two buffers are called ${text}: give each input and step a name of its own`);
    }
    handles.set(text, handle);
  };
  for (const input of manifest.input ?? []) {
    known(`input ${input.name}`, input, ['name', 'file', 'source']);
    name(input.name, job.input(new Uint8Array(await read(input.file)), sourceOf(input)));
  }
  if (!manifest.step?.length) {
    throw new Error('the job has no steps');
  }
  for (const [index, step] of manifest.step.entries()) {
    const label = step.name ?? `${index}`;
    known(`step ${label}`, step, ['name', 'kernel', 'reads', 'invocations', 'params']);
    const reads = (step.reads ?? []).map((buffer) => {
      if (!handles.has(buffer)) {
        throw new Error(`step ${label} reads ${buffer}, which is neither an input nor an earlier step`);
      }
      return handles.get(buffer);
    });
    const kernel = /^0x[0-9a-f]{64}$/i.test(step.kernel) ? step.kernel : await upload(step.kernel);
    name(label, job.step({ kernel, reads, invocations: step.invocations, params: step.params }));
  }
  return job.build({
    matching: matchingOf(manifest),
    deviceClass: classOf(manifest),
    ceiling: parseCoin(api, String(manifest.ceiling)),
    deadline: manifest.deadline ?? deadline,
    minCollateral: parseCoin(api, String(manifest.min_collateral ?? 0)),
  });
}

function known(what, object, keys) {
  const stray = Object.keys(object).find((key) => !keys.includes(key));
  if (stray) {
    throw new Error(`${what} has an unknown entry ${stray}: ${keys.join(', ')} are understood`);
  }
}

function sourceOf({ name, source = 'put' }) {
  if (/^https?:\/\//.test(source)) {
    return { Url: source };
  }
  const found = { put: 'Put', inline: 'Inline' }[source];
  if (!found) {
    throw new Error(`input ${name}: "source" is "inline", "put", or an http(s) URL, not ${source}`);
  }
  return found;
}

function matchingOf({ matching = 'instant', auction }) {
  if (matching === 'open' && auction) {
    return { Open: { ticks: auction } };
  }
  if (matching === 'instant' && !auction) {
    return 'Instant';
  }
  throw new Error('"matching" is "instant", or "open" with the length of the "auction" in ticks');
}

function classOf({ class: name = 'any' }) {
  if (!(name in CLASSES)) {
    throw new Error(`"class" is one of ${Object.keys(CLASSES).join(', ')}, not ${name}`);
  }
  return CLASSES[name];
}
