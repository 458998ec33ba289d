import { type ClientRequest, get as getPlain, type IncomingMessage, request } from 'node:http';
import { get as getSecure } from 'node:https';
import type { Socket } from 'node:net';
import { connect as secure } from 'node:tls';

const redirectsMax = 5;
const silenceMsMax = 30_000;
const bytesMax = 128 * 1_024 * 1_024;

/**
 * Downloads one file into memory; follows redirects, and goes through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name, which
 * Node's own `fetch` does not know in every version. Rejects with an Error that names the URL, also after 30 s of silence.
 */
export async function httpGet(url: string, env: NodeJS.ProcessEnv): Promise<Uint8Array> {
  let at = new URL(url);
  for (let redirects = 0; redirects <= redirectsMax; redirects += 1) {
    const response = await responseFrom(at, proxyFor(at, env));
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.resume();
      const next = new URL(headers.location, at);
      if (at.protocol === 'https:' && next.protocol !== 'https:')
        throw new Error(`${at.href} leads to ${next.href}, which is not protected`);
      at = next;
      continue;
    }
    if (statusCode === 200) return bodyOf(response, at);
    response.resume();
    throw new Error(`${at.href} answered ${statusCode}`);
  }
  throw new Error(`${url} leads from one place to another, more than ${redirectsMax} times`);
}

/** The proxy for a URL, or null. Names in NO_PROXY hold for what ends in them. */
export function proxyFor({ protocol, hostname, port }: URL, env: NodeJS.ProcessEnv): URL | null {
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = setting(env, name) ?? setting(env, 'all_proxy');
  if (proxy === null) return null;
  const exceptions = (setting(env, 'no_proxy') ?? '').split(',').map((entry) => entry.trim());
  const isException = exceptions.some((entry) => {
    if (entry === '') return false;
    const domain = entry.replace(/^\*?\./, '');
    return entry === '*' || `${hostname}:${port}` === entry || hostname === domain || hostname.endsWith(`.${domain}`);
  });
  if (isException) return null;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

function setting(env: NodeJS.ProcessEnv, name: string): string | null {
  const value = env[name] ?? env[name.toUpperCase()] ?? '';
  return value === '' ? null : value;
}

async function responseFrom(url: URL, proxy: URL | null): Promise<IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  if (proxy === null) return answerTo(isSecure ? getSecure(url) : getPlain(url), url);
  const headers = { host: url.host, ...authorization(proxy) };
  if (!isSecure) return answerTo(getPlain({ ...hostOf(proxy), path: url.href, headers }), url);
  const socket = await tunnel(url, proxy);
  const createConnection = () => secure({ socket, servername: url.hostname });
  return answerTo(getSecure(url, { createConnection }), url);
}

/** A connection to the host of `url` through the proxy. */
function tunnel(url: URL, proxy: URL): Promise<Socket> {
  const target = `${url.hostname}:${url.port || 443}`;
  const headers = { host: target, ...authorization(proxy) };
  const asked = request({ ...hostOf(proxy), method: 'CONNECT', path: target, headers });
  return new Promise((resolve, reject) => {
    limitSilence(asked, proxy);
    asked.once('error', (error) => reject(new Error(`the proxy ${proxy.host} failed: ${error.message}`)));
    asked.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${statusCode}`));
    });
    asked.end();
  });
}

const hostOf = ({ hostname, port }: URL) => ({ host: hostname, port: port === '' ? 80 : Number(port) });

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function answerTo(asked: ClientRequest, url: URL): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    limitSilence(asked, url);
    asked.once('response', resolve);
    asked.once('error', (error) => reject(new Error(`${url.href} cannot be reached: ${error.message}`)));
  });
}

function limitSilence(asked: ClientRequest, { host }: URL): void {
  asked.setTimeout(silenceMsMax, () => asked.destroy(new Error(`${host} said nothing for ${silenceMsMax / 1_000} s`)));
}

async function bodyOf(response: IncomingMessage, url: URL): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    if (bytes > bytesMax) throw new Error(`${url.href} is larger than ${bytesMax} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
