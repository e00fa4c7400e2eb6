/**
 * The page's Trusted Types. The policy in `index.html` lets nothing that runs be made from a string but what passes here:
 * scripts for workers, from this site's own folder or from a blob that the page itself has made. There is no policy for
 * HTML and none for code, so `innerHTML` and `eval` fail, whoever calls them.
 *
 * The default policy, so that libraries need not know of it. First of the page's scripts.
 */

const site = new URL('../..', import.meta.url);

/** @typedef {{createPolicy(name: string, rules: {createScriptURL(address: string): string | null}): unknown}} TrustedTypes */

/** @type {{trustedTypes?: TrustedTypes}} Browsers without it have the rest of the policy. */ (globalThis).trustedTypes?.createPolicy('default', {
  createScriptURL(address) {
    const url = new URL(address, document.baseURI);
    const own = url.origin === site.origin && (url.protocol === 'blob:' || url.pathname.startsWith(site.pathname));
    return own ? address : null;
  },
});
