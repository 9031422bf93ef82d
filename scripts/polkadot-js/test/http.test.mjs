// Which addresses are connected to: those that strangers choose are public ones, unless the user allows others.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { get, lengthOf, opening, put, root } from '../lib/blobs.mjs';
import { isLoopback, isPublic, publicOnly, request } from '../lib/http.mjs';

const BYTES = Uint8Array.of(1, 2, 3, 4);
const ROOT = root(BYTES);

let server;
let port;
let connections = 0;

before(async () => {
  server = http.createServer((request, response) => {
    request.resume();
    response.end(request.headers.host.startsWith('data.example.org:') ? BYTES : 'another host');
  });
  server.on('connection', () => (connections += 1));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address());
});

after(() => {
  server.closeAllConnections();
  server.close();
});

/** A resolver that answers every name with these addresses, and counts what it was asked. */
function resolver(...addresses) {
  const lookup = (name, options, done) => {
    lookup.asked += 1;
    const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    done(null, options.all ? all : all[0].address, all[0]?.family);
  };
  lookup.asked = 0;
  return lookup;
}

/** All requests to a provider. */
const REQUESTS = [
  (endpoint, reach) => get(endpoint, ROOT, 4, reach),
  (endpoint, reach) => lengthOf(endpoint, ROOT, reach),
  (endpoint, reach) => opening(endpoint, ROOT, 0, 1, reach),
  (endpoint, reach) => put(endpoint, BYTES, { reach }),
];

test('public addresses and others are told apart as the Rust client does', async () => {
  const source = await readFile(new URL('../../../client/src/http/address.rs', import.meta.url), 'utf8');
  const listed = (variable) => {
    const [, list] = new RegExp(`for ${variable} in \\[(.*?)\\] \\{`, 's').exec(source);
    return [...list.matchAll(/"([^"]+)"/g)].map(([, address]) => address);
  };
  const [privates, publics] = [listed('private'), listed('public')];
  assert.ok(privates.length >= 29 && publics.length >= 6, `${privates.length}, ${publics.length}`);
  for (const address of privates) {
    assert.equal(isPublic(address), false, address);
  }
  for (const address of publics) {
    assert.equal(isPublic(address), true, address);
  }
  // Both ends of each range.
  for (const address of ['172.15.255.255', '172.32.0.0', '100.63.255.255', '198.17.255.255', '198.20.0.0', '223.255.255.255', '2001:200::', '3fff:1000::']) {
    assert.equal(isPublic(address), true, address);
  }
  for (const address of ['172.31.255.255', '100.127.255.255', '198.19.255.255', '2001:1ff::', '3fff:fff::', 'fe80::1%eth0', '4000::1']) {
    assert.equal(isPublic(address), false, address);
  }
});

test('of a name with a public and a private address only the public one is connected to', async () => {
  const lookup = promisify(publicOnly(resolver('127.0.0.1', '8.8.8.8', 'fd00::1')));
  assert.deepEqual(await lookup('data.example.org', { all: true }), [{ address: '8.8.8.8', family: 4 }]);
  // As Node.js 18 asks: for one address.
  assert.deepEqual(await lookup('data.example.org', {}), '8.8.8.8');
});

test('a name with private addresses alone or none is refused', async () => {
  for (const addresses of [['127.0.0.1'], ['10.0.0.1', '::1'], ['::ffff:8.8.8.8'], []]) {
    const lookup = promisify(publicOnly(resolver(...addresses)));
    await assert.rejects(lookup('data.example.org', { all: true }), {
      message: 'data.example.org is a private address: pass --allow-private to fetch from this machine and its network',
    });
  }
});

test('an endpoint whose name turns private is not connected to, and not tried again', { timeout: 20_000 }, async () => {
  connections = 0;
  const endpoint = `http://data.example.org:${port}`;
  for (const addresses of [['127.0.0.1'], ['::1', '127.0.0.1'], ['::ffff:127.0.0.1'], ['10.0.0.1']]) {
    for (const request of REQUESTS) {
      const lookup = resolver(...addresses);
      await assert.rejects(request(endpoint, { lookup }), {
        message:
          `the provider at ${endpoint} cannot be used: data.example.org is a private address: ` +
          'pass --allow-private to fetch from this machine and its network',
      });
      assert.equal(lookup.asked, 1);
    }
  }
  assert.equal(connections, 0);
});

test('addresses in URLs are checked though nobody looks them up', { timeout: 20_000 }, async () => {
  connections = 0;
  for (const [host, shown] of [
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['[::1]', '::1'],
    ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
    ['0.0.0.0', '0.0.0.0'],
    ['169.254.169.254', '169.254.169.254'],
  ]) {
    const endpoint = `http://${host}:${port}/`;
    for (const request of REQUESTS) {
      await assert.rejects(request(endpoint), {
        message: `the provider at ${endpoint} cannot be used: ${shown} is a private address: pass --allow-private to fetch from this machine and its network`,
      });
    }
  }
  assert.equal(connections, 0);
});

test('private addresses are connected to where they are allowed', { timeout: 20_000 }, async () => {
  const lookup = resolver('127.0.0.1');
  const reach = { allowPrivate: true, lookup };
  assert.deepEqual(await get(`http://data.example.org:${port}`, ROOT, 4, reach), BYTES);
  assert.equal(lookup.asked, 1);
});

test('no proxy is used, whatever the environment says', { timeout: 20_000 }, async () => {
  // In a program of its own: Node.js reads these variables when it starts.
  const script = `
    import { get } from ${JSON.stringify(new URL('../lib/blobs.mjs', import.meta.url))};
    const lookup = (name, options, done) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));
    console.log((await get('http://data.example.org:${port}', '${ROOT}', 4, { allowPrivate: true, lookup })).join());`;
  const proxy = 'http://127.0.0.1:1';
  const env = { ...process.env, NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy, HTTPS_PROXY: proxy, NO_PROXY: '' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  assert.equal(stdout, '1,2,3,4\n');
});

test('an answer that takes too long ends, at whatever point', { timeout: 20_000 }, async () => {
  for (const begins of [false, true]) {
    const slow = http.createServer((_, response) => begins && response.writeHead(200).write('x'));
    await new Promise((resolve) => slow.listen(0, '127.0.0.1', resolve));
    try {
      const url = new URL(`http://127.0.0.1:${slow.address().port}`);
      const read = async () => {
        const pieces = [];
        for await (const piece of await request(url, { seconds: 0.1, reach: { allowPrivate: true } })) {
          pieces.push(piece);
        }
      };
      await assert.rejects(read(), { message: 'it takes longer than 0.1 s' });
    } finally {
      slow.closeAllConnections();
      slow.close();
    }
  }
});

test('a refusal that comes before an input was sent to its end is final, and the connection closed', { timeout: 20_000 }, async () => {
  let closed;
  const rude = http.createServer((message, response) => {
    closed = new Promise((resolve) => message.socket.once('close', resolve));
    response.writeHead(422).end('no such root');
  });
  await new Promise((resolve) => rude.listen(0, '127.0.0.1', resolve));
  try {
    const endpoint = `http://127.0.0.1:${rude.address().port}`;
    await assert.rejects(put(endpoint, new Uint8Array(64 << 20), { reach: { allowPrivate: true } }), {
      message: `the provider at ${endpoint} refuses an input: 422 no such root`,
    });
    await closed;
  } finally {
    rude.closeAllConnections();
    rude.close();
  }
});

test('a name that cannot be looked up is an error that says so', { timeout: 20_000 }, async () => {
  const lookup = (name, options, done) => done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
  await assert.rejects(get('http://data.example.org', ROOT, 4, { lookup }), {
    message: 'the provider at http://data.example.org does not answer: getaddrinfo ENOTFOUND data.example.org',
  });
});

test('a node on this machine is told from one elsewhere', () => {
  for (const here of ['ws://127.0.0.1:9944', 'ws://127.1.2.3', 'ws://localhost:9944', 'ws://[::1]:9944']) {
    assert.ok(isLoopback(new URL(here).hostname), here);
  }
  for (const elsewhere of ['ws://10.0.0.1:9944', 'wss://rpc.example.org', 'ws://localhost.example.org', 'ws://[::2]']) {
    assert.ok(!isLoopback(new URL(elsewhere).hostname), elsewhere);
  }
});
