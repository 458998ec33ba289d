/** A failure as it travels and is shown: whose fault, what, and what to do next. Match on `code`. */
export interface Failure {
  readonly code: string;
  /** `user`: the job's own code or input. `infrastructure`: a process, link or store. `internal`: Weirflow. */
  readonly domain: 'user' | 'infrastructure' | 'internal';
  /** `never`: a restart would meet the same failure, so the job ends. */
  readonly retry: 'restart' | 'never';
  readonly message: string;
  /** The stack of the causing error, source-mapped, or an empty string. */
  readonly stack: string;
}

export function failure(
  code: string,
  domain: Failure['domain'],
  message: string,
  retry: Failure['retry'] = 'restart',
): Failure {
  return { code, domain, retry, message, stack: '' };
}
