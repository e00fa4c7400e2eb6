/**
 * Opens a site that is being served and segments a slice of the sample. `cargo xtask bench --only first-page` runs it:
 *
 *     node first-page.js URL CHROMIUM
 */
import { withBrowser } from './browser.js';
import { firstMask } from './site.js';

const [url, chromium] = process.argv.slice(2);
if (!url || !chromium) throw new Error('usage: node first-page.js URL CHROMIUM');
await withBrowser(chromium, (page) => firstMask(page, url));
