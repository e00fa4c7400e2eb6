/**
 * Plain HTTP from another host, as in a hospital's intranet. Browsers disable some features without HTTPS.
 */
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';
import { FLAGS } from './playwright.config.ts';

test.use({
  baseURL: (process.env.GLIOSCOPE_URL ?? 'http://localhost:8080/').replace('localhost', 'hospital.test'),
  launchOptions: {
    executablePath: process.env.GLIOSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, '--host-resolver-rules=MAP hospital.test 127.0.0.1'],
  },
});

test('the page segments slices without the features that need HTTPS', async ({ scope, page }) => {
  await scope.open();
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await expect(page.locator('#strip [data-is="clear"], #strip [data-is="lesion"]')).toHaveCount(2);
  await expect(page.locator('#errors li')).toHaveCount(0);
  await expect(page.locator('#notice')).toBeHidden();
});
