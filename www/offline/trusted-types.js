/**
 * The page's Trusted Types policy. It allows scripts for workers from this site's folder, and blobs that the page made.
 * There is no policy for HTML or for code, so `innerHTML` and `eval` fail everywhere, in libraries too.
 *
 * It is the default policy, so libraries need no change. It must run before the first worker starts.
 */
import { SITE } from '../core/site.js';

/** @typedef {{createPolicy(name: string, rules: {createScriptURL(address: string): string | null}): unknown}} TrustedTypes */

/** @type {{trustedTypes?: TrustedTypes}} Some browsers have no Trusted Types. */ (globalThis).trustedTypes?.createPolicy('default', {
  createScriptURL(address) {
    const url = new URL(address, document.baseURI);
    const own = url.origin === SITE.origin && (url.protocol === 'blob:' || url.pathname.startsWith(SITE.pathname));
    return own ? address : null;
  },
});
