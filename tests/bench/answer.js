/**
 * Answers the page's `{id, action, ...}` with `{id, result}` or `{id, error}`.
 * @param {Record<string, (message: any) => unknown>} actions
 */
export function answer(actions) {
  self.onmessage = async ({ data: { id, action, ...message } }) => {
    try {
      self.postMessage({ id, result: await actions[action](message) });
    } catch (error) {
      const reason = error instanceof Error ? error.stack ?? error.message : JSON.stringify(error);
      self.postMessage({ id, error: `${action}: ${reason}` });
    }
  };
}
