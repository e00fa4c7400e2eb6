/**
 * The published page on the CPU, as a visitor uses it.
 */

/** @import { Page } from 'playwright-core' */

/** On a busy machine the page may take minutes. */
const timeout = 600_000;

/** Opens the page and the sample, and waits for the first mask. @param {Page} page @param {string} url of `index.html` */
export async function firstMask(page, url) {
  await page.goto(`${url}?backend=cpu`);
  await page.click('#sample');
  await page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]').first().waitFor({ timeout });
}

/**
 * Opens the page with two workers, chooses files, and waits until all of them are segmented.
 * @param {Page} page
 * @param {string} url of `index.html`
 * @param {string[]} files
 */
export async function segmentFiles(page, url, files) {
  await page.goto(`${url}?backend=cpu&workers=2`);
  await page.locator('body[data-state=ready]').waitFor({ timeout });
  await page.setInputFiles('#files', files);
  await page.locator('body[data-state=done]').waitFor({ timeout });
}
