/**
 * The address of the site, which is the folder of `index.html`. Modules do not use `import.meta.url` for it, because in the
 * published site they are all in one file.
 */

export const SITE = new URL('.', document.baseURI);

/** The folder of all files except the page itself and the service worker. */
export const WWW = new URL('www/', SITE);
