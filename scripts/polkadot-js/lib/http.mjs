// HTTP to addresses that strangers chose: the endpoints of providers. As in the Rust client (docs/adr/0020), it uses no
// proxy, follows no redirect, and, unless private addresses are allowed, connects to public ones alone: the lookup that a
// connection uses gives no others, and addresses that stand in a URL are checked before the request.

import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

/** What IANA's registries of special-purpose addresses say is not globally reachable. */
const SPECIAL = subnets('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]);
// Protocol assignments (Teredo, ORCHID, benchmarks), documentation, and 6to4, whose relay leads to any IPv4 address.
const SPECIAL_V6 = subnets('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/**
 * The only IPv6 addresses that are assigned. Loopback, link-local, unique local and multicast ones lie outside, as do
 * IPv4-mapped and NAT64 ones, which would lead a translator to any IPv4 address.
 */
const ASSIGNED_V6 = subnets('ipv6', ['2000::/3']);

const LOOPBACK = subnets('ipv4', ['127.0.0.0/8']);

/** By protocol. Without `proxyEnv: null`, NODE_USE_ENV_PROXY can give an agent a proxy. */
const CLIENTS = {
  'http:': { send: http.request, agent: new http.Agent({ proxyEnv: null }) },
  'https:': { send: https.request, agent: new https.Agent({ proxyEnv: null }) },
};

function subnets(family, list) {
  const found = new net.BlockList();
  list.map((subnet) => subnet.split('/')).forEach(([address, prefix]) => found.addSubnet(address, Number(prefix), family));
  return found;
}

/** A name or address that leads to this machine or its network. */
export class PrivateAddress extends Error {
  constructor(host) {
    super(`${host} is a private address: pass --allow-private to fetch from this machine and its network`);
  }
}

/** Whether an address is public: assigned to one machine on the internet, and reached without a translator. */
export function isPublic(text) {
  const [address] = text.split('%');
  if (net.isIPv4(address)) {
    return !SPECIAL.check(address, 'ipv4');
  }
  return net.isIPv6(address) && ASSIGNED_V6.check(address, 'ipv6') && !SPECIAL_V6.check(address, 'ipv6');
}

/** Whether the host of a URL is this machine. */
export function isLoopback(hostname) {
  const host = literal(hostname);
  return host === 'localhost' || host === '::1' || (net.isIPv4(host) && LOOPBACK.check(host, 'ipv4'));
}

/** The host of a URL without the brackets of an IPv6 address. */
function literal(hostname) {
  return hostname.replace(/^\[|\]$/g, '');
}

/**
 * A lookup that gives the public addresses of a name and no others. What it gives is what is connected to, so a name cannot
 * turn into another address between check and use.
 */
export function publicOnly(lookup) {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const found = error ? [] : addresses.filter(({ address }) => isPublic(address));
      if (error || !found.length) {
        done(error ?? new PrivateAddress(name));
      } else if (options.all) {
        done(null, found);
      } else {
        done(null, found[0].address, found[0].family);
      }
    });
  };
}

/**
 * One request; resolves to the `IncomingMessage` that answers it. The caller reads its body to the end, or calls `close`.
 * `seconds` is the limit for everything, body included. `reach` says which addresses are connected to: `allowPrivate`, and
 * `lookup` in the place of the system's. It may also have a lower limit, `patience` in seconds.
 */
export function request(url, { method = 'GET', body, seconds: most, reach = {} }) {
  const { allowPrivate = false, lookup = dns.lookup, patience = Infinity } = reach;
  const seconds = Math.min(most, patience);
  return new Promise((resolve, reject) => {
    const host = literal(url.hostname);
    if (!allowPrivate && net.isIP(host) && !isPublic(host)) {
      throw new PrivateAddress(host);
    }
    const { send, agent } = CLIENTS[url.protocol];
    const attempt = send(url, { method, agent, lookup: allowPrivate ? lookup : publicOnly(lookup) });
    let answer;
    const timer = setTimeout(() => (answer ?? attempt).destroy(new Error(`it takes longer than ${seconds} s`)), seconds * 1000);
    attempt.once('close', () => clearTimeout(timer));
    attempt.on('error', reject);
    attempt.once('response', (response) => {
      answer = response;
      if (response.statusCode >= 300 && response.statusCode < 400) {
        close(response);
        reject(new Error(`it redirects (${response.statusCode}), which is not followed`));
      } else {
        resolve(response);
      }
    });
    attempt.end(body);
  });
}

/** Ends a request whose answer is of no more use, also if its own body has not been sent to the end. */
export function close(response) {
  response.req.destroy();
}
