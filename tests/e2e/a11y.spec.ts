/**
 * Accessibility: axe checks the main states in both themes and at both sizes, and one test uses the page by keyboard alone.
 * Screenshots of the same states show every change of the page's appearance.
 */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';

const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

async function checkAxe(page: Page, state: string, unchecked: string[] = []) {
  // Elements have low contrast until they have faded in.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).disableRules(unchecked).analyze();
  const found = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target).join(' | ')}`);
  expect.soft(found, state).toEqual([]);
}

/** Compares a screenshot of the window with the stored one. Content that differs between runs is masked. */
async function screenshot(page: Page, name: string, alsoMasked: string[] = []) {
  const masked = ['#backend-detail', '#selftest', '#device-facts', '#diagnostics', '.facts', ...alsoMasked].map((selector) => page.locator(selector));
  // Fonts and antialiasing differ between machines. A missing or overlapping panel exceeds this limit.
  await expect(page).toHaveScreenshot(`${name}.png`, { mask: masked, maskColor: '#888', maxDiffPixelRatio: 0.06, threshold: 0.3, animations: 'disabled' });
}

/** Every size and every scheme is tested on each run, every pair of them with `--full`. */
const BRIEF = ['desktop, light', 'phone, dark'];

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const full = BRIEF.includes(`${size}, ${colorScheme}`) ? '' : ' @full';
    test(`${size}, ${colorScheme}: axe finds no violations, and the screenshots match${full}`, async ({ scope, page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await scope.open('?backend=cpu');
      await expect(page.locator('#selftest')).toContainText('Passed');
      await checkAxe(page, 'empty');
      await screenshot(page, `${size}-${colorScheme}-empty`);
      for (const sheet of ['privacy', 'device', 'card']) {
        await page.locator(`[popovertarget="${sheet}"]:not(.close)`).first().click();
        await checkAxe(page, sheet);
        if (sheet === 'card') await screenshot(page, `${size}-${colorScheme}-card`);
        await page.keyboard.press('Escape');
      }
      await scope.chooseFolder(excerpt(phantoms()[0], 5));
      await scope.is('done');
      await expect(page.locator('#strip canvas')).toHaveCount(5);
      for (const tab of ['look', 'measure', 'save']) {
        await page.click(`#tab-${tab}`);
        await checkAxe(page, tab);
        // On a phone the tabs are below the slice.
        await page.evaluate((below) => scrollTo(0, below ? document.body.scrollHeight : 0), size === 'phone' && tab !== 'look');
        // One screenshot with the slice is enough: its noise takes most of the file size.
        await screenshot(page, `${size}-${colorScheme}-${tab}`, tab === 'look' ? [] : ['#stage', '#strip']);
      }
      // An exercise, while it is drawn and when it is compared.
      await page.click('[data-command="exercise"]');
      await checkAxe(page, 'exercise');
      await page.click('[data-command="compare"]');
      await expect(page.locator('#exercise-table')).toBeVisible();
      await checkAxe(page, 'comparison');
      await page.click('[data-command="end-exercise"]');
      // The dialog before an edit is discarded.
      await page.focus('#stage');
      await page.keyboard.press('b');
      await page.keyboard.press('Space');
      await expect(page.locator('#strip [data-edited]')).toHaveCount(1);
      await page.click('#clear');
      await expect(page.locator('#unsaved')).toBeVisible();
      await checkAxe(page, 'unsaved');
    });
  }
}

test('from the file chooser to the download by keyboard alone', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error(`${selector} cannot be reached by Tab`);
  };
  const chooser = page.waitForEvent('filechooser');
  // It takes a while until the browser passes the dialog to the test, so this starts early.
  await tabTo('#folder');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await tabTo('#tab-look');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#tab-measure')).toBeFocused();
  await expect(page.locator('#panel-measure')).toBeVisible();
  await expect(page.locator('#panel-look')).toBeHidden();
  for (const [name, value] of [['x', '1'], ['y', '1'], ['z', '5']]) {
    await tabTo(`#spacing [name="${name}"]`);
    await page.keyboard.type(value);
  }
  await expect(page.locator('#case-volume b')).toContainText('mL');
  await tabTo('#save-all');
  const saving = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await saving).suggestedFilename()).toBe('PHANTOM_0001_glioscope.zip');
});

test('arrow keys move within the toolbar, which is one tab stop', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  const focused = () => page.evaluate(() => document.activeElement?.closest('[data-command]')?.getAttribute('data-command') ?? document.activeElement?.id);
  await page.focus('#stage');
  await page.keyboard.press('Shift+Tab');
  expect(await focused()).toBe('tool-browse');
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('tool-window');
  await expect(page.locator('input[value="browse"]'), 'the focus alone changes nothing').toBeChecked();
  await page.keyboard.press('End');
  expect(await focused()).toBe('help');
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('tool-browse');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  expect(await focused()).toBe('exercise');
  await page.keyboard.press('Enter');
  await expect(page.locator('#exercise')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator('#exercise')).toBeHidden();
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('stage');
});

test('the slice and its result are announced', async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await page.focus('#stage');
  await page.keyboard.press('Home');
  await expect(page.locator('#announced')).toHaveText(/^Slice 1 of 3 of PHANTOM_0001: [\d,]+ px$/);
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#announced')).toHaveText(/^Slice 2 of 3 of PHANTOM_0001: [\d,]+ px$/);
  await expect(page.locator('#slice')).toHaveAttribute('aria-valuetext', /^Slice 2 of 3, [\d,]+ pixels outlined$/);
});

test('on a phone, Tab goes from top to bottom', async ({ scope, page }) => {
  await page.setViewportSize(SIZES.phone);
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 2));
  await scope.is('done');
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  const seen: { name: string; top: number }[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      if (!element.closest('main')) return null;
      return { name: element.id || element.getAttribute('name') || element.textContent.trim(), top: element.getBoundingClientRect().top + scrollY };
    });
    if (at) seen.push(at);
    else if (seen.length > 0) break;
  }
  expect(seen.length).toBeGreaterThan(15);
  // Controls of one row differ by some pixels, and the slice may be sticky.
  const above = seen.filter(({ name, top }, i) => i > 0 && name !== 'stage' && seen[i - 1].name !== 'stage' && top < seen[i - 1].top - 24);
  expect(above).toEqual([]);
  // A wide window has the parts in their places again.
  await page.setViewportSize(SIZES.desktop);
  await expect(page.locator('.rail > .intake, .rail > .job, .rail > .cases')).toHaveCount(3);
});

test('the page fits at 200 % zoom and with a large font, and axe accepts forced colours', async ({ scope, page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await scope.open('?backend=cpu');
  await page.click('#sample');
  await scope.is('done');
  await page.click('[data-command="exercise"]');
  // The system chooses the colours, and axe does not see them.
  await checkAxe(page, 'forced colours', ['color-contrast']);
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.setViewportSize({ width: 720, height: 450 });
  expect(await overflow(), 'zoomed in').toBeLessThanOrEqual(0);
  const stage = await page.locator('#stage').boundingBox();
  expect(stage?.height).toBeGreaterThan(150);
  await page.setViewportSize(SIZES.desktop);
  const row = async () => (await page.locator('#cases button').boundingBox())?.height ?? 0;
  const before = await row();
  await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
  expect(await row(), 'text follows the font size of the browser').toBeGreaterThan(1.7 * before);
});
