import type { Alignment } from '../time/watermark-generator.js';
import type { Chain } from './chaining.js';
import type { StreamNode } from './stream-graph.js';

/**
 * Which stage of a chain that begins with a source gives each split its watermarks: the first that is no plain function. What comes to it during one
 * batch of the reader is of that batch. Whether it is one of watermarks is for its operator to say. -1 when all are plain functions.
 */
export const splitWatermarkStage = (stages: readonly { readonly kind: string }[]): number =>
  stages.findIndex(({ kind }) => kind !== 'map' && kind !== 'filter' && kind !== 'flatMap');

/** The node of that stage; null when the chain has none. */
export function splitWatermarkNode([head, ...others]: Chain): StreamNode | null {
  if (head.code.kind !== 'source') return null;
  const stages = others.flatMap(({ code }) => (code.kind === 'stage' ? [code.stage] : []));
  return others[splitWatermarkStage(stages)] ?? null;
}

/** How the source of that node waits for others; null when it waits for none. */
export function alignmentOfNode(node: StreamNode | null): Alignment | null {
  if (node?.code.kind !== 'stage' || node.code.stage.kind !== 'operator') return null;
  return node.code.stage.alignment ?? null;
}
