/**
 * Errors as values: a fault has a kind, the file it concerns, and a message.
 */

/** @import { Fault } from './types.js' */

/** A fault as an exception. `workerLost`: the worker that reported it is gone, and its wasm instance with it. */
export class FaultError extends Error {
  /**
   * @param {Fault} fault
   * @param {boolean} [workerLost]
   */
  constructor(fault, workerLost = false) {
    super(fault.message);
    this.name = 'FaultError';
    this.fault = fault;
    this.workerLost = workerLost;
  }
}

/** Other files were opened in place of those that a request is about. */
export class Superseded extends Error {
  constructor() {
    super('other files were opened in the meantime');
    this.name = 'Superseded';
  }
}

/**
 * Any thrown value as a fault.
 * @param {unknown} thrown
 * @returns {Fault}
 */
export function faultOf(thrown) {
  if (thrown instanceof FaultError) return thrown.fault;
  // A wasm trap does not name its cause. The panic hook reports that separately.
  if (thrown instanceof WebAssembly.RuntimeError) return { kind: 'panic', file: null, message: thrown.message };
  if (typeof thrown === 'object' && thrown !== null && 'kind' in thrown && 'message' in thrown) {
    const file = 'file' in thrown && typeof thrown.file === 'string' ? thrown.file : null;
    return { kind: /** @type {Fault['kind']} */ (thrown.kind), file, message: String(thrown.message) };
  }
  return { kind: 'page', file: null, message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** The message of a fault without the name of a file, for reports that are sent to others. @param {Fault} fault */
export function anonymousMessage({ file, message }) {
  return file ? 'a file cannot be read again' : message;
}

/** A message without its final full stop, to put it into a sentence. @param {string} message */
export function withoutFullStop(message) {
  return message.replace(/[.\s]+$/, '');
}
