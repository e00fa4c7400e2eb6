/**
 * The messages of a worker. It answers `{id, action, ...}` with `{id, result}` or `{id, error}`. `{abort: id}` aborts an
 * action. A message without an id says that this worker is lost and why.
 */
import { faultOf } from '../core/errors.js';

/** @import { Fault } from '../core/types.js' */
/** @typedef {{value: unknown, transfer?: Transferable[]}} Answer */

/** Actions under way, by the id of their message. @type {Map<number, AbortController>} */
const running = new Map();

/** Faults of a device in these actions are answers, and the page decides. */
const TESTS = new Set(['open', 'check', 'checkLogits', 'adoptLogits']);

/** @param {Fault} fault */
export function lost(fault) {
  postMessage({ id: null, fault });
}

/** @param {Record<string, (message: any, signal: AbortSignal) => Answer | Promise<Answer>>} actions */
export function serve(actions) {
  self.onmessage = async ({ data: { id, abort, action, ...message } }) => {
    if (abort !== undefined) {
      running.get(abort)?.abort();
      return;
    }
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const { value, transfer = [] } = await actions[action](message, controller.signal);
      self.postMessage({ id, result: value }, { transfer });
    } catch (error) {
      const fault = faultOf(error);
      // After a trap the instance's memory is in an unknown state. A device that failed once will fail again.
      if (fault.code === 'panic' || (fault.code === 'device' && !TESTS.has(action))) lost(fault);
      postMessage({ id, error: fault });
    } finally {
      running.delete(id);
    }
  };
  self.onmessageerror = () => lost({ code: 'worker', file: null, message: 'a message to the worker could not be read' });
  // A trap in an asynchronous task does not reject the promise of any action.
  self.addEventListener('unhandledrejection', ({ reason }) => lost(faultOf(reason)));

  // The worker holds this lock while it lives. When the page gets the lock, the worker is gone, even where the browser
  // ended it without an event.
  navigator.locks?.request(self.name, () => {
    postMessage({ id: null, held: true });
    return new Promise(() => {});
  });
}
