/**
 * Starts the page: checks what it needs, loads the app, and shows a message where that fails. It is a classic script
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

  /** @param {ErrorEvent | PromiseRejectionEvent} event */
  function onError(event) {
    fail('reason' in event ? event.reason : event.message);
  }

  function start() {
    const missing = NEEDS.find(([, check]) => !check());
    if (missing) {
      show(`This browser does not support ${missing[0]}. Use a current version of Chrome, Edge, Firefox or Safari.`);
      return;
    }
    // An error while the modules run does not always reject the import.
    addEventListener('error', onError);
    addEventListener('unhandledrejection', onError);
    // An import does not delay the page's load event, so a visitor may act before the app listens.
    /** @type {Set<HTMLElement>} */
    const early = new Set();
    const onEarly = (/** @type {Event} */ { target }) => {
      if (target instanceof HTMLElement) early.add(target);
    };
    addEventListener('click', onEarly, true);
    addEventListener('change', onEarly, true);
    import('./app.js').then(() => {
      removeEventListener('error', onError);
      removeEventListener('unhandledrejection', onError);
      removeEventListener('click', onEarly, true);
      removeEventListener('change', onEarly, true);
      for (const element of early) {
        if (element instanceof HTMLInputElement) element.dispatchEvent(new Event('change', { bubbles: true }));
        else element.click();
      }
    }, fail);
  }

  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start);
  else start();
})();
