import type { InputTime, SubtaskCounts } from '../../ports/subtask-counts.js';
import type { Tasklet } from '../tasklet.js';
import { timesOfGate, timesOfSplits, watermarkMs } from './input-times.js';
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
    inputTimes: inputTimesOf(tasklet),
    user: tasklet.setting.metrics.values(nowMs),
  };
}

/** What the source was told to pass over, and what error policies have left out. */
export const skippedBy = ({ source, operators }: Tasklet): number =>
  (source?.skippedRecords ?? 0) + (operators?.failedRecords ?? 0);

function inputTimesOf({ gate, source, setting }: Tasklet): readonly InputTime[] {
  if (gate !== null) return timesOfGate(gate, setting.inputFrom);
  const splits = source?.splits ?? null;
  return splits === null ? [] : timesOfSplits(splits.byId);
}
