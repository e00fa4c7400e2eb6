/**
 * For everyone: axe over the main states in both themes and at both sizes, and the whole way by keyboard alone. The same
 * states as pictures, so that a change of looks is a change that somebody has seen.
 */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function clean(page: Page, state: string) {
  // What fades in has no contrast yet.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze();
  const said = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target).join(' | ')}`);
  expect.soft(said, state).toEqual([]);
}

/** A picture of the window; what differs from run to run is painted over. */
async function picture(page: Page, name: string, besides: string[] = []) {
  const varies = ['#backend-detail', '#selftest', '#device-facts', '#diagnostics', '.facts', ...besides].map((selector) => page.locator(selector));
  // Fonts and their edges differ from machine to machine; a panel that is gone or over another one is more than this.
  await expect(page).toHaveScreenshot(`${name}.png`, { mask: varies, maskColor: '#888', maxDiffPixelRatio: 0.06, threshold: 0.3, animations: 'disabled' });
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${size}, ${colorScheme}: axe finds nothing, and the page looks as it did`, async ({ scope, page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await scope.open('?backend=cpu');
      await expect(page.locator('#selftest')).toContainText('Passed');
      await clean(page, 'empty');
      await picture(page, `${size}-${colorScheme}-empty`);
      for (const sheet of ['privacy', 'device', 'card']) {
        await page.locator(`[popovertarget="${sheet}"]:not(.close)`).first().click();
        await clean(page, sheet);
        if (sheet === 'card') await picture(page, `${size}-${colorScheme}-card`);
        await page.keyboard.press('Escape');
      }
      await scope.chooseFolder(excerpt(phantoms()[0], 5));
      await scope.is('done');
      await expect(page.locator('#strip canvas')).toHaveCount(5);
      for (const tab of ['look', 'measure', 'save']) {
        await page.click(`#tab-${tab}`);
        await clean(page, tab);
        // On a phone the tabs lie below the slice.
        await page.evaluate((below) => scrollTo(0, below ? document.body.scrollHeight : 0), size === 'phone' && tab !== 'look');
        // The slice once is enough: its noise is most of what a picture weighs.
        await picture(page, `${size}-${colorScheme}-${tab}`, tab === 'look' ? [] : ['#stage', '#strip']);
      }
      // The question before an edit is lost.
      await page.focus('#stage');
      await page.keyboard.press('b');
      await page.keyboard.press('Space');
      await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
      await page.click('#clear');
      await expect(page.locator('#unsaved')).toBeVisible();
      await clean(page, 'unsaved');
    });
  }
}

test('from the file chooser to the download by keyboard alone', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  const to = async (selector: string) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`${selector} cannot be reached by Tab`);
  };
  const chooser = page.waitForEvent('filechooser');
  // The browser is told to hand the dialog over a good while before it is asked for: one that it opens itself is never seen.
  await to('#folder');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await to('#tab-look');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#tab-measure')).toBeFocused();
  await expect(page.locator('#panel-measure')).toBeVisible();
  await expect(page.locator('#panel-look')).toBeHidden();
  for (const [name, value] of [['x', '1'], ['y', '1'], ['z', '5']]) {
    await to(`#spacing [name="${name}"]`);
    await page.keyboard.type(value);
  }
  await expect(page.locator('#case-volume b')).toContainText('mL');
  await to('#save-all');
  const saving = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await saving).suggestedFilename()).toBe('PHANTOM_0001_glioscope.zip');
});
