// What a provider may answer, and how little of it is read: a provider is not trusted.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import * as blobs from '../lib/blobs.mjs';
import { connect } from '../lib/chain.mjs';

const { bytesOfWords, root } = blobs;
const BYTES = bytesOfWords([1, 2, 3]);
const ROOT = root(BYTES);

// The provider of these tests is on this machine.
const REACH = { allowPrivate: true };
const get = (...args) => blobs.get(...args, REACH);
const lengthOf = (...args) => blobs.lengthOf(...args, REACH);
const opening = (...args) => blobs.opening(...args, REACH);
const put = (endpoint, bytes, options) => blobs.put(endpoint, bytes, { reach: REACH, ...options });

let server;
let endpoint;
let answer;
let sent = 0;

before(async () => {
  server = http.createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** Answers without end; resolves once the client has closed the connection. */
function forEver(status = 200) {
  sent = 0;
  return new Promise((resolve) => {
    answer = (request, response) => {
      response.writeHead(status);
      response.once('close', resolve);
      const piece = Buffer.alloc(64 << 10, 'x');
      const more = () => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) {
            return;
          }
        }
      };
      response.on('drain', more);
      more();
    };
  });
}

const within = { timeout: 20_000 };

test('a buffer comes back as it was put, whatever the end of the endpoint', within, async () => {
  answer = (request, response) => response.end(request.url === `/data/blobs/${ROOT.slice(2)}` ? BYTES : 'elsewhere');
  assert.deepEqual(await get(`${endpoint}/data`, ROOT, 12), BYTES);
  assert.deepEqual(await get(`${endpoint}/data/`, ROOT, 12), BYTES);
});

test('an answer without end is cut off, and the connection closed', within, async () => {
  const closed = forEver();
  await assert.rejects(get(endpoint, ROOT, 12), /served more than 12 bytes of 0x[0-9a-f]+, the chain says 12/);
  await closed;
  assert.ok(sent < 16 << 20, `${sent}`);
});

test('an opening without end is cut off', within, async () => {
  const closed = forEver();
  await assert.rejects(opening(endpoint, ROOT, 0, 1), /sent more than an opening of 1 chunks/);
  await closed;
});

test('an error text without end is cut off', within, async () => {
  const closed = forEver(500);
  await assert.rejects(get(endpoint, ROOT, 12), ({ message }) => message.length < 600 && /does not serve .*: 500 xxx/.test(message));
  await closed;
});

test('an error text cannot send control characters to the terminal', within, async () => {
  answer = (request, response) => response.writeHead(404).end('\u001b[2Jgone\n');
  await assert.rejects(get(endpoint, ROOT, 12), /: 404 +\[2Jgone$/);
});

test('fewer bytes, other bytes and a redirect are refused', within, async () => {
  answer = (request, response) => response.end(BYTES.subarray(4));
  await assert.rejects(get(endpoint, ROOT, 12), /served 8 bytes of .*, the chain says 12/);
  answer = (request, response) => response.end(bytesOfWords([1, 2, 4]));
  await assert.rejects(get(endpoint, ROOT, 12), /do not match the root/);
  answer = (request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  await assert.rejects(get(endpoint, ROOT, 12), /does not answer: /);
});

test('a length is asked for without the data', within, async () => {
  answer = (request, response) => response.writeHead(200, { 'content-length': request.method === 'HEAD' ? 16 : 0 }).end();
  assert.equal(await lengthOf(endpoint, ROOT), 16);
  answer = (request, response) => response.writeHead(404).end();
  await assert.rejects(lengthOf(endpoint, ROOT), /does not say how long .* is: 404/);
});

test('a provider that does not know its assignment yet is asked again; one that refuses is not', within, async () => {
  const statuses = [425, 503, 201];
  answer = (request, response) => response.writeHead(statuses.shift()).end();
  await put(endpoint, BYTES);
  assert.deepEqual(statuses, []);
  let asked = 0;
  answer = (request, response) => response.writeHead(422, { tries: (asked += 1) }).end('no such root');
  await assert.rejects(put(endpoint, BYTES), /refuses an input: 422 no such root/);
  assert.equal(asked, 1);
});

test('an input is no longer offered once its job is computed', within, async () => {
  answer = (request, response) => response.writeHead(425).end();
  const awaited = [true, false];
  await put(endpoint, BYTES, { isAwaited: async () => awaited.shift() });
  assert.deepEqual(awaited, []);
});

test('an input that no provider takes is an error in the end', within, async () => {
  await assert.rejects(put('http://127.0.0.1:1', BYTES, { patience: 0 }), /could not be delivered: the provider at http:\/\/127.0.0.1:1 does not answer/);
});

test('a port where no node listens is an error at once', within, async () => {
  const url = endpoint.replace('http', 'ws');
  answer = (request, response) => response.end('hello');
  await assert.rejects(connect(url), /something other than a node answers( \(HTTP 200\))? at ws:.*: start `touchstone-node --dev` or pass --url/);
  // It accepts the connection and sends nothing.
  server.once('upgrade', () => {});
  await assert.rejects(connect(url), /something other than a node answers at ws:/);
  for (const nonsense of ['', 'localhost:9944', 'http://127.0.0.1:9944', '9944']) {
    await assert.rejects(connect(nonsense), /is not the address of a node/);
  }
});

test('the address of a node is shown without what may be secret in it', within, async () => {
  for (const [url, message] of [
    ['bottom drive obey lake curtain smoke basket hold race lonely fit walk', '[hidden] is not the address of a node: use one such as ws://127.0.0.1:9944'],
    ['http://me:word@127.0.0.1:1', 'http://…@127.0.0.1:1 is not the address of a node: use one such as ws://127.0.0.1:9944'],
    ['ws://me:word@127.0.0.1:1', 'no node answers at ws://…@127.0.0.1:1: start `touchstone-node --dev` or pass --url'],
  ]) {
    await assert.rejects(connect(url), { message });
  }
});
