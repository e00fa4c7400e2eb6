/**
 * A page that cannot start says so, in place of a page that stays empty.
 */
import { expect, test } from './page.ts';

test('a script that the host does not serve ends in a message', async ({ page }) => {
  await page.route('**/www/app.js', (route) => route.fulfill({ status: 404, body: 'not found' }));
  await page.goto('./');
  await expect(page.locator('#notice')).toContainText('glioscope cannot start');
  await expect(page.locator('#notice')).toContainText('Reload the page');
  await expect(page.locator('body')).toHaveAttribute('data-state', 'error');
});

test('a script that fails while it starts ends in a message with its reason', async ({ scope, page }) => {
  await scope.tamper('app.js', (source) => `throw new Error('the legend is broken');\n${source}`);
  await page.goto('./');
  await expect(page.locator('#notice')).toContainText('glioscope cannot start: the legend is broken');
  await expect(page.locator('body')).toHaveAttribute('data-state', 'error');
});

for (const [what, remove] of [
  ['WebAssembly', () => Reflect.deleteProperty(globalThis, 'WebAssembly')],
  ['WebAssembly SIMD', () => Object.assign(WebAssembly, { validate: () => false })],
  ['web workers', () => Reflect.deleteProperty(globalThis, 'Worker')],
  ['popovers', () => Reflect.deleteProperty(HTMLElement.prototype, 'popover')],
] as const) {
  test(`a browser without ${what} is named in a message, and nothing else is loaded`, async ({ page }) => {
    const workers: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/www/worker/')) workers.push(request.url());
    });
    await page.addInitScript(remove);
    await page.goto('./');
    await expect(page.locator('#notice')).toContainText(`This browser does not support ${what}.`);
    await expect(page.locator('body')).toHaveAttribute('data-state', 'error');
    expect(workers).toEqual([]);
  });
}

test('a page that starts shows no message', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await expect(page.locator('#notice')).toBeHidden();
});

test('a click before the app listens is not lost', async ({ scope, page }) => {
  await page.route('**/www/app.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await route.continue();
  });
  await page.goto('./?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
});
