import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failure } from '../../actors/protocol/failure.js';
import { EngineError, thrownText } from '../api/engine-error.js';

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What is answered to GET, by path. */
export type Routes = Readonly<Record<string, () => HttpAnswer | Promise<HttpAnswer>>>;

export interface HttpOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly routes: Routes;
  /** Told of a route that threw. */
  readonly trouble: (message: string) => void;
}

export interface HttpServer {
  /** `http://host:port`, with the port that it has. */
  readonly url: string;
  close(): Promise<void>;
}

const headersTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;
const connectionsMax = 256;

/**
 * Serves the routes until it is closed. Rejects with an EngineError: HTTP_PORT_TAKEN, or HTTP_UNAVAILABLE when the address cannot be
 * listened on for another reason.
 */
export async function startHttpServer({ host, port, routes, trouble }: HttpOptions): Promise<HttpServer> {
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    (request, response) => {
      answer(routes, request).then(
        (given) => write(request, response, given),
        (error: unknown) => {
          trouble(`${request.method} ${request.url} failed: ${thrownText(error)}`);
          write(request, response, json(500, { error: 'This process could not answer. Its log says why.' }));
        },
      );
    },
  );
  server.maxConnections = connectionsMax;
  await listening(server, host, port);
  const { port: given } = server.address() as AddressInfo;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${given}`, close: () => closed(server) };
}

export const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(value)}\n`,
});

async function answer(routes: Routes, { method, url }: IncomingMessage): Promise<HttpAnswer> {
  const path = (url ?? '/').split('?', 1)[0] ?? '/';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) {
    return json(404, { error: `There is nothing at ${path}.`, paths: Object.keys(routes) });
  }
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: `${path} can be read with GET only.` });
  return route();
}

function write({ method }: IncomingMessage, response: ServerResponse, { status, contentType, body }: HttpAnswer): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(new EngineError(notListening(error, host, port)));
    server.once('error', refuse);
    server.listen({ host, port }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

function notListening({ code, message }: NodeJS.ErrnoException, host: string, port: number) {
  if (code === 'EADDRINUSE') {
    const text = `Port ${port} of ${host} is in use. Give another with --http-port, or 0 for any that is free.`;
    return failure('HTTP_PORT_TAKEN', 'user', text, 'never');
  }
  const advice =
    code === 'EACCES'
      ? 'Give a port above 1023 with --http-port.'
      : 'Give an address of this machine with --http-host.';
  return failure(
    'HTTP_UNAVAILABLE',
    'user',
    `Nobody can listen at ${host}, port ${port}: ${message}. ${advice}`,
    'never',
  );
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
