export { failure } from '../protocol/failure.js';
export type { Failure } from '../protocol/failure.js';
