export type { Failure } from '../protocol/failure.js';
export { failure } from '../protocol/failure.js';
