import { maxWatermark } from '../../operators/operator.js';
import type { SubtaskCounts } from '../../ports/subtask-counts.js';
import { unknownWatermark } from '../gate/valve.js';
import type { Tasklet } from '../tasklet.js';
import type { WorkTimes } from './work-times.js';

/** Adds up what the tasklet and its channels have counted anyway. */
export function countsOf(tasklet: Tasklet, times: WorkTimes, nowMs: number): SubtaskCounts {
  const { inputs, output, subtask } = tasklet.setting;
  let bytesIn = 0;
  let bytesOut = 0;
  let recordsOut = 0;
  for (const channel of inputs) bytesIn += channel.bytesReceived;
  for (const channel of output.channels) {
    bytesOut += channel.bytesSent;
    recordsOut += channel.recordsPut;
  }
  return {
    subtask,
    recordsIn: tasklet.recordsIn,
    recordsOut,
    recordsSkipped: skippedBy(tasklet),
    lateRecordsDropped: tasklet.operators?.lateRecordsDropped ?? 0,
    bytesIn,
    bytesOut,
    livedMs: nowMs - times.bornMs,
    busyMs: times.busyMs,
    backPressuredMs: times.backPressuredMs(nowMs),
    inputWatermarkMs: watermarkMs(tasklet.watermark),
    outputWatermarkMs: watermarkMs(tasklet.watermarkOut),
    user: tasklet.setting.metrics.values(nowMs),
  };
}

/** What the source was told to pass over, and what error policies have left out. */
export const skippedBy = ({ source, operators }: Tasklet): number =>
  (source?.skippedRecords ?? 0) + (operators?.failedRecords ?? 0);

function watermarkMs(watermark: number): number | null {
  if (watermark === unknownWatermark) return null;
  return watermark >= maxWatermark ? Number.POSITIVE_INFINITY : watermark;
}
