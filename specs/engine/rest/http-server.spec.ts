import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineError } from '../../../src/api/engine-error.js';
import { type HttpServer, json, type Routes, startHttpServer } from '../../../src/rest/http-server.js';

const troubles: string[] = [];

async function serve(routes: Routes, port = 0): Promise<HttpServer> {
  const server = await startHttpServer({
    host: '127.0.0.1',
    port,
    routes,
    trouble: (message) => troubles.push(message),
  });
  onTestFinished(() => server.close());
  return server;
}

describe('HTTP of a process', () => {
  it('answers GET and HEAD by path, whatever the query', async () => {
    const { url } = await serve({ '/health': () => json(200, { status: 'alive' }) });
    const got = await fetch(`${url}/health?verbose`);
    expect([got.status, await got.json()]).toEqual([200, { status: 'alive' }]);
    expect(got.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const head = await fetch(`${url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each(['/', '/nothing', '/constructor', '/__proto__'])(
    '%s is not there, and the answer says what is',
    async (path) => {
      const { url } = await serve({ '/health': () => json(200, {}) });
      const response = await fetch(url + path);
      expect([response.status, await response.json()]).toEqual([
        404,
        { error: `There is nothing at ${path}.`, paths: ['/health'] },
      ]);
    },
  );

  it('refuses to be written to', async () => {
    const { url } = await serve({ '/health': () => json(200, {}) });
    const response = await fetch(`${url}/health`, { method: 'POST', body: '{}' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('a route that throws is an answer without its words, and a line in the log', async () => {
    const { url } = await serve({ '/metrics': () => Promise.reject(new Error('secret')) });
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(troubles).toContain('GET /metrics failed: secret');
  });

  it('a port that is taken is a failure that names it and the way out', async () => {
    const { url } = await serve({});
    const taken = Number(new URL(url).port);
    const again = await serve({}, taken).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(EngineError);
    expect(again).toMatchObject({
      code: 'HTTP_PORT_TAKEN',
      message: `Port ${taken} of 127.0.0.1 is in use. Give another with --http-port, or 0 for any that is free.`,
    });
  });

  it('an address of another machine is refused', async () => {
    const options = { host: '192.0.2.1', port: 0, routes: {}, trouble: () => undefined };
    await expect(startHttpServer(options)).rejects.toMatchObject({ code: 'HTTP_UNAVAILABLE' });
  });
});
