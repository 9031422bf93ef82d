// Which URLs an input may be pulled from. The rule is that of the chain, pallets/primitives/src/url.rs: narrower than the
// standard of the web, so that whatever passes it is read in the same way everywhere.

import net from 'node:net';

/** The longest URL that the chain takes, bytes. */
const MAX_BYTES = 256;

/** What is wrong with a URL from which an input is to be pulled; undefined if the chain takes it. */
export function checkUrl(url) {
  if (!/^[\x21-\x7e]*$/.test(url)) {
    return 'it has characters that are not visible ASCII';
  }
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (authority === undefined) {
    return 'it does not begin with http:// or https://';
  }
  if (authority.includes('@')) {
    return 'it has a user or password, which would be public';
  }
  // The colons of an IPv6 address are inside its brackets.
  const [, host, port] = /^((?:.*\])?[^:]*)(?::(.*))?$/.exec(authority);
  if (!host) {
    return 'it names no host';
  }
  if (!isHost(host)) {
    return 'its host is neither a name nor an IP address';
  }
  if (port !== undefined && !isPort(port)) {
    return 'its port is not a number from 1 to 65535';
  }
  return url.length > MAX_BYTES ? `it is longer than ${MAX_BYTES} bytes` : undefined;
}

function isPort(text) {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function isHost(host) {
  if (host.startsWith('[')) {
    return host.endsWith(']') && net.isIPv6(host.slice(1, -1)) && !host.includes('%');
  }
  // A name whose last part is a number is read as an address, in one way only.
  const name = host.replace(/\.$/, '');
  const last = name.split('.').at(-1);
  if (/^\d+$|^0x/i.test(last)) {
    return net.isIPv4(host);
  }
  return name.split('.').every((label) => /^[a-z0-9_-]{1,63}$/i.test(label));
}
