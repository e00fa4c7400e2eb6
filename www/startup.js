/**
 * Checks what the page needs before its modules run, and shows a message where they cannot start. It is a classic script
 * without imports, so that it runs where modules do not.
 */
(() => {
  /** One instruction of WebAssembly SIMD: a module with `i8x16.splat` and `i8x16.popcnt` (from wasm-feature-detect). */
  const SIMD = new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
  ]);

  /** @type {[string, () => boolean][]} */
  const NEEDS = [
    ['WebAssembly', () => typeof WebAssembly === 'object'],
    ['WebAssembly SIMD', () => WebAssembly.validate(SIMD)],
    ['web workers', () => typeof Worker === 'function'],
    ['OffscreenCanvas', () => typeof OffscreenCanvas === 'function'],
    ['popovers', () => 'popover' in HTMLElement.prototype],
    ['the CSS selector :has()', () => CSS.supports('selector(:has(*))')],
    ['cascade layers', () => typeof CSSLayerBlockRule === 'function'],
    ['Promise.withResolvers', () => 'withResolvers' in Promise],
  ];

  /** @param {string} text */
  function show(text) {
    const notice = document.getElementById('notice');
    const paragraph = notice && notice.querySelector('p');
    if (!notice || !paragraph) return;
    paragraph.textContent = text;
    notice.hidden = false;
    document.body.dataset.state = 'error';
    const status = document.getElementById('status');
    if (status) status.textContent = 'Stopped';
  }

  /** @param {unknown} error */
  function fail(error) {
    const reason = error instanceof Error ? error.message : String(error);
    show(`glioscope cannot start: ${reason}. Reload the page. If this message stays, the host does not serve all files.`);
  }

  /** @param {Event} event */
  function onError(event) {
    if (event instanceof PromiseRejectionEvent) fail(event.reason);
    else if (event instanceof ErrorEvent) fail(event.error ?? event.message);
    else if (event.target instanceof HTMLScriptElement) fail('a script could not be loaded');
  }

  const missing = NEEDS.find(([, check]) => !check());
  if (missing) {
    // `app.js` does not start then.
    document.documentElement.dataset.unsupported = missing[0];
    const text = `This browser does not support ${missing[0]}. Use a current version of Chrome, Edge, Firefox or Safari.`;
    addEventListener('DOMContentLoaded', () => show(text));
    return;
  }
  // A failed load is an event of the script element, which only reaches the window while it is captured.
  addEventListener('error', onError, true);
  addEventListener('unhandledrejection', onError);
  addEventListener('started', () => {
    removeEventListener('error', onError, true);
    removeEventListener('unhandledrejection', onError);
  }, { once: true });
})();
