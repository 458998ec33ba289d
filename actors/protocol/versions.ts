/**
 * Of envelopes and of the messages in them. Processes of different ones do not understand each other, so it is raised with every field that a receiver
 * cannot do without, and with every meaning that changes:
 *
 *     2    a registration says the memory of a slot, the description of a job when and where it failed
 */
export const wireVersion = 2;

/** What a process is, so that only processes of one version work together. */
export interface Versions {
  /** Of the package: state, code of jobs and messages go with it. */
  readonly engine: string;
  readonly wire: number;
}

export const sameVersions = (a: Versions, b: Versions): boolean => a.engine === b.engine && a.wire === b.wire;

export const versionsText = ({ engine, wire }: Versions): string => `weirflow ${engine} (wire version ${wire})`;
