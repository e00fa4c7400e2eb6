/**
 * Renders the pictures of the README and of the site from the page with synthetic patients. Needs a running `cargo xtask serve`, and
 * `cargo build --release --workspace` for the phantoms:
 *
 *     cd tests/e2e && npx playwright test --config pictures.config.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { excerpt, patients, phantoms } from './files.ts';
import { expect, type Scope, test } from './page.ts';
import { area, drawn, point } from './stage.ts';

const DOCS = resolve(import.meta.dirname, '../../docs');
const WWW = resolve(import.meta.dirname, '../../www');
/** A student's idea of the lesion on the slice of the sample that the page shows: its centre and half-axes in pixels. */
const LESION = { x: 158, y: 98, width: 15, height: 17 };
const WIDE = { width: 1440, height: 900 };

test.use({ viewport: WIDE, colorScheme: 'dark', reducedMotion: 'reduce' });

/** Opens the page with the sample, and waits until it is drawn. */
async function openSample(scope: Scope, page: Page) {
  await scope.open('?backend=cpu');
  await expect(page.locator('#selftest')).toContainText('Passed');
  await page.click('#sample');
  await scope.is('done');
  await area(page);
  await expect(page.locator('#strip canvas').first()).toBeVisible();
}

test('the page with the sample', async ({ scope, page, browser }) => {
  await openSample(scope, page);
  await page.mouse.move(720, 420);
  const [picture] = await webp(browser, [await page.screenshot()], WIDE.width, 0.86);
  save('page.webp', picture);
});

test('from drop to outline', async ({ scope, page, browser }) => {
  const folder = excerpt(phantoms()[0], 12);
  const frames: { png: Buffer; milliseconds: number }[] = [];
  const shoot = async (milliseconds: number) => void frames.push({ png: await page.screenshot(), milliseconds });
  // One worker and a pause after each slice, because a screenshot takes longer than a slice.
  await scope.tamper('pkg/glioscope.js', (source) => `${source}
    { const original = Session.prototype.segment;
      Session.prototype.segment = async function (...given) {
        const found = await original.apply(this, given);
        await new Promise((done) => setTimeout(done, 800));
        return found;
      }; }`);
  await scope.open('?backend=cpu&workers=1');
  await expect(page.locator('#selftest')).toContainText('Passed');
  await shoot(1200);
  const client = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  await client.send('Input.dispatchDragEvent', { type: 'dragEnter', x: 700, y: 430, data });
  await client.send('Input.dispatchDragEvent', { type: 'dragOver', x: 700, y: 430, data });
  await expect(page.locator('.veil')).toBeVisible();
  await shoot(900);
  // The page treats a drag without events as cancelled, so the drag enters again.
  await client.send('Input.dispatchDragEvent', { type: 'dragEnter', x: 700, y: 430, data });
  await client.send('Input.dispatchDragEvent', { type: 'drop', x: 700, y: 430, data });
  await expect(page.locator('#strip button')).toHaveCount(12);
  await shoot(250);
  for (const done of [1, 3, 5, 7, 9, 11]) {
    await scope.finished(done);
    await shoot(250);
  }
  await scope.is('done');
  await area(page);
  await shoot(1600);
  await page.focus('#stage');
  for (const key of ['Home', ...Array(11).fill('ArrowRight'), 'l']) {
    await page.keyboard.press(key);
    await area(page);
    await shoot(key === 'l' ? 900 : 220);
  }
  await page.keyboard.press('o');
  await shoot(1800);
  const pictures = await webp(browser, frames.map(({ png }) => png), 960, 0.72);
  save('drop.webp', animated(pictures, frames.map(({ milliseconds }) => milliseconds)));
});

test('an exercise', async ({ scope, page, browser }) => {
  const frames: { png: Buffer; milliseconds: number }[] = [];
  const shoot = async (milliseconds: number) => void frames.push({ png: await page.screenshot(), milliseconds });
  await openSample(scope, page);
  await shoot(1200);
  await page.click('[data-command="exercise"]');
  await area(page);
  await shoot(1400);
  await page.locator('#brush input[name="size"]').fill('21');
  // An ellipse over the lesion, from the middle outwards.
  const turns = [...Array(28).keys()].map((step) => ({ angle: step * 0.9, radius: 0.1 + step / 30 }));
  const path = await Promise.all(turns.map(({ angle, radius }) =>
    point(page, LESION.x + LESION.width * radius * Math.cos(angle), LESION.y + LESION.height * radius * Math.sin(angle), 256)));
  await page.mouse.move(path[0].x, path[0].y);
  await page.mouse.down();
  for (const [step, { x, y }] of path.entries()) {
    await page.mouse.move(x, y, { steps: 3 });
    if (step % 2 === 1) await shoot(110);
  }
  await page.mouse.up();
  await area(page);
  await shoot(900);
  await page.click('#exercise [data-command="compare"]');
  await expect(page.locator('#exercise-table')).toBeVisible();
  await page.mouse.move(720, 860);
  await expect(page.locator('#stage [data-corner="left"]')).toContainText('Dice');
  await shoot(3500);
  const pictures = await webp(browser, frames.map(({ png }) => png), 960, 0.72);
  save('exercise.webp', animated(pictures, frames.map(({ milliseconds }) => milliseconds)));
});

test('the picture for links, and the icons of the web app', async ({ scope, page, browser }) => {
  await page.setViewportSize({ width: 1200, height: 630 });
  await openSample(scope, page);
  await page.mouse.move(600, 300);
  save('preview.jpg', await page.screenshot({ type: 'jpeg', quality: 82 }), WWW);
  const svg = readFileSync(join(WWW, 'icon.svg'), 'base64');
  // Systems cut a maskable icon to their own shape, at most to the circle with 80 % of its size.
  for (const [name, side, scale] of [['icon-192.png', 192, 1], ['icon-512.png', 512, 1], ['icon-maskable.png', 512, 0.76]] as const) {
    const blank = await browser.newPage({ viewport: { width: side, height: side } });
    const background = scale < 1 ? '#0b0d0f' : 'transparent';
    await blank.setContent(`<body style="display:grid;place-items:center;height:100vh;margin:0;background:${background}">
      <img src="data:image/svg+xml;base64,${svg}" width="${side * scale}" height="${side * scale}">`);
    save(name, await blank.screenshot({ omitBackground: true }), WWW);
    await blank.close();
  }
});

test('correcting a mask', async ({ scope, page, browser }) => {
  const frames: { png: Buffer; milliseconds: number }[] = [];
  const shoot = async (milliseconds: number) => void frames.push({ png: await page.screenshot(), milliseconds });
  await scope.open('?backend=cpu');
  // The network marks healthy tissue of this synthetic patient on two slices.
  await scope.chooseFolder(excerpt(patients(35, 24, 5)[34], 12));
  await scope.is('done');
  await page.focus('#stage');
  const press = async (key: string, milliseconds: number) => {
    await page.keyboard.press(key);
    await area(page);
    await shoot(milliseconds);
  };
  const to = async ([x, y]: [number, number]) => {
    const at = await point(page, x, y, 256);
    await page.mouse.move(at.x, at.y, { steps: 3 });
  };
  const changed = async (from: number) => expect.poll(() => area(page)).not.toBe(from);
  await page.locator('#strip button').nth(7).click();
  await area(page);
  await shoot(1000);
  await page.focus('#stage');
  await press('ArrowRight', 400);
  await press('ArrowRight', 1400);
  // A click removes a region from the slice.
  await page.keyboard.press('g');
  await to([152, 98]);
  await drawn(page);
  await shoot(900);
  const both = await area(page);
  await page.mouse.down();
  await page.mouse.up();
  await changed(both);
  await shoot(1400);
  await press('Control+z', 900);
  await press('Control+y', 900);
  // The eraser cuts off what belongs to no lesion, and the diameters follow.
  await page.locator('#strip button').nth(8).click();
  await area(page);
  await shoot(500);
  await page.keyboard.press('e');
  await page.locator('#brush input[name="size"]').fill('13');
  await page.focus('#stage');
  await to([186, 124]);
  await drawn(page);
  await shoot(700);
  const whole = await area(page);
  await page.mouse.down();
  for (const at of [[184, 134], [183, 142], [182, 152]] satisfies [number, number][]) {
    await to(at);
    await drawn(page);
    await shoot(160);
  }
  await page.mouse.up();
  await changed(whole);
  await shoot(1200);
  await page.keyboard.press('t');
  await press('y', 2200);
  const pictures = await webp(browser, frames.map(({ png }) => png), 960, 0.72);
  save('correct.webp', animated(pictures, frames.map(({ milliseconds }) => milliseconds)));
});

/** Encodes screenshots as WebP of the given width, with the browser's encoder. */
async function webp(browser: Browser, pngs: Buffer[], width: number, quality: number): Promise<Buffer[]> {
  const page = await browser.newPage();
  const pictures = [];
  for (const png of pngs) {
    const base64 = await page.evaluate(async ([given, wide, fine]) => {
      const blob = await (await fetch(`data:image/png;base64,${given}`)).blob();
      const height = await createImageBitmap(blob).then((whole) => Math.round((whole.height * wide) / whole.width));
      const bitmap = await createImageBitmap(blob, { resizeWidth: wide, resizeHeight: height, resizeQuality: 'high' });
      const canvas = Object.assign(document.createElement('canvas'), { width: wide, height });
      canvas.getContext('2d', { alpha: false })?.drawImage(bitmap, 0, 0);
      return canvas.toDataURL('image/webp', fine).split(',')[1];
    }, [png.toString('base64'), width, quality] as const);
    pictures.push(Buffer.from(base64, 'base64'));
  }
  await page.close();
  return pictures;
}

/** Joins WebP pictures of one size into an endless animation. Format: Google's "WebP Container Specification". */
function animated(pictures: Buffer[], milliseconds: number[]): Buffer {
  const chunk = (name: string, ...parts: Buffer[]) => {
    const data = Buffer.concat(parts);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(name, 'latin1'), size, data, Buffer.alloc(data.length % 2)]);
  };
  const three = (...values: number[]) => Buffer.from(values.flatMap((value) => [value & 255, (value >> 8) & 255, value >> 16]));
  // The chunk of each picture that has the pixels.
  const lossy = pictures.map((picture) => {
    for (let at = 12; at < picture.length; ) {
      const end = at + 8 + picture.readUInt32LE(at + 4);
      if (picture.toString('latin1', at, at + 4) === 'VP8 ') return picture.subarray(at, end + (end % 2));
      at = end + (end % 2);
    }
    throw new Error('a picture without a lossy frame');
  });
  // A VP8 frame has its width and height in 14 bits each.
  const [width, height] = [14, 16].map((at) => lossy[0].readUInt16LE(at) & 0x3fff);
  const frames = lossy.map((data, i) => chunk('ANMF', three(0, 0, width - 1, height - 1, milliseconds[i]), Buffer.from([2]), data));
  const header = chunk('VP8X', Buffer.from([2, 0, 0, 0]), three(width - 1, height - 1));
  return chunk('RIFF', Buffer.from('WEBP', 'latin1'), header, chunk('ANIM', Buffer.alloc(6)), ...frames);
}

function save(name: string, bytes: Buffer, folder = DOCS) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}
