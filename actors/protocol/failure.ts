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

const messageCharactersMax = 4_096;
const briefCharactersMax = 1_000;
const stackCharactersMax = 16_384;

/** The failure with so little text that it travels in one message, whatever code of a job has thrown. */
export function bounded(failure: Failure): Failure {
  const { message, stack } = failure;
  if (message.length <= messageCharactersMax && stack.length <= stackCharactersMax) return failure;
  return { ...failure, message: cut(message, messageCharactersMax), stack: cut(stack, stackCharactersMax) };
}

/** The failure for a list of many: without its stack, and with the beginning of its text. */
export const brief = (failure: Failure): Failure => ({
  ...failure,
  message: cut(failure.message, briefCharactersMax),
  stack: '',
});

const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}… (${text.length} characters)`;
