/**
 * Errors: each has a code, the file it concerns, and a message.
 */

/** @import { Fault } from './types.js' */

/** What this library throws. `code` says what failed, `file` is the file at fault, if one is. */
export class GlioscopeError extends Error {
  /** @param {Fault} fault @param {boolean} [workerLost] */
  constructor({ code, file, message }, workerLost = false) {
    super(message);
    this.name = 'GlioscopeError';
    this.code = code;
    this.file = file;
    /** Whether the worker that reported it is gone, and its wasm instance with it. */
    this.workerLost = workerLost;
  }
}

/**
 * Any thrown value as a fault.
 * @param {unknown} thrown
 * @returns {Fault}
 */
export function faultOf(thrown) {
  if (thrown instanceof GlioscopeError) return { code: thrown.code, file: thrown.file, message: thrown.message };
  // A wasm trap does not name its cause. The panic hook reports that separately.
  if (thrown instanceof WebAssembly.RuntimeError) return { code: 'panic', file: null, message: thrown.message };
  if (typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error) && 'code' in thrown && 'message' in thrown) {
    const file = 'file' in thrown && typeof thrown.file === 'string' ? thrown.file : null;
    return { code: /** @type {Fault['code']} */ (thrown.code), file, message: String(thrown.message) };
  }
  return { code: 'internal', file: null, message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** The message of a fault without the name of a file, for reports that are sent to others. @param {Fault} fault */
export function anonymousMessage({ file, message }) {
  return file ? 'a file cannot be read again' : message;
}

/** A message without its final full stop, to put it into a sentence. @param {string} message */
export function withoutFullStop(message) {
  return message.replace(/[.\s]+$/, '');
}
