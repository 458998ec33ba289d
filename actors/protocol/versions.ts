/** Of envelopes and of the messages in them. Processes of different ones do not understand each other. */
export const wireVersion = 1;

/** What a process is, so that only processes of one version work together. */
export interface Versions {
  /** Of the package: state, code of jobs and messages go with it. */
  readonly engine: string;
  readonly wire: number;
}

export const sameVersions = (a: Versions, b: Versions): boolean => a.engine === b.engine && a.wire === b.wire;

export const versionsText = ({ engine, wire }: Versions): string => `weirflow ${engine} (wire version ${wire})`;
