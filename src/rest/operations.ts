import type { MetricRegistry } from '../metrics/metric-registry.js';
import type { Readiness } from '../runtime/cluster/readiness.js';
import { json, type Routes } from './http-server.js';

/** Who answers. */
export interface ProcessIdentity {
  readonly role: 'jobmanager' | 'taskmanager';
  readonly cluster: string;
  readonly process: string;
}

/**
 * What those who watch over a process ask: `/health`, whether it lives, answered as long as its event loop turns; `/ready`, whether it
 * does its work, 503 with the reason when it does not; `/metrics` for Prometheus.
 */
export function operationRoutes(identity: ProcessIdentity, readiness: Readiness, metrics: MetricRegistry): Routes {
  return {
    '/health': () => json(200, { status: 'alive', ...identity }),
    '/ready': () => {
      const { waitsFor } = readiness;
      return waitsFor === null
        ? json(200, { status: 'ready', ...identity })
        : json(503, { status: 'not ready', reason: waitsFor, ...identity });
    },
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  };
}
