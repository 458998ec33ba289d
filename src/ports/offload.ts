/** Runs what user code or a library does with promises, outside the data plane; the completion is queued. */
export interface Offload {
  run<T>(
    label: string,
    work: () => PromiseLike<T>,
    done: (result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }) => void,
  ): void;
}
