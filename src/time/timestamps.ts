/** A record without event time; a watermark before the first. */
export const noTimestamp = Number.NEGATIVE_INFINITY;
/** The watermark after the last record of a bounded input. */
export const maxWatermark = Number.MAX_SAFE_INTEGER;
