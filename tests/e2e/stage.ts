/**
 * Reads the pixels of the stage, and finds the position of a pixel of the slice on it.
 */
import { expect, type Page } from '@playwright/test';

/** Red, green and blue of one pixel, 0 to 255 each. */
export type Rgb = [number, number, number];

/** Waits until all changes are drawn. */
export function drawn(page: Page): Promise<void> {
  return page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
}

/** The number of pixels of the stage with a kind of colour. */
export async function countPixels(page: Page, is: 'amber' | 'blue' | 'magenta' | 'coloured' | 'bright' | 'white'): Promise<number> {
  await drawn(page);
  return page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement, kind) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
      const like = {
        amber: red > blue + 60 && green > blue + 20,
        blue: blue > red + 50,
        magenta: red > green + 60 && blue > green + 20,
        coloured: Math.max(red, green, blue) > Math.min(red, green, blue) + 40,
        bright: red > 200 && green > 200 && blue > 200,
        white: red === 255 && green === 255 && blue === 255,
      };
      count += Number(like[kind]);
    }
    return count;
  }, is);
}

/** The colour at the centre of a pixel of the slice, which must be shown whole in a single pane. */
export async function colourAt(page: Page, x: number, y: number, side: number): Promise<Rgb> {
  await drawn(page);
  return page.locator('#stage canvas').evaluate((canvas: HTMLCanvasElement, at) => {
    const scale = Math.min(canvas.width, canvas.height) / at.side;
    const left = Math.round((canvas.width - at.side * scale) / 2) + (at.x + 0.5) * scale;
    const top = Math.round((canvas.height - at.side * scale) / 2) + (at.y + 0.5) * scale;
    const [red, green, blue] = canvas.getContext('2d')?.getImageData(Math.floor(left), Math.floor(top), 1, 1).data ?? [];
    return [red, green, blue] as Rgb;
  }, { x, y, side });
}

/** The position of the centre of a slice pixel in the window. */
export async function point(page: Page, x: number, y: number, side: number): Promise<{ x: number; y: number }> {
  const box = await page.locator('#stage canvas').boundingBox();
  if (!box) throw new Error('the stage is not visible');
  const scale = Math.min(box.width, box.height) / side;
  return { x: box.x + (box.width - side * scale) / 2 + (x + 0.5) * scale, y: box.y + (box.height - side * scale) / 2 + (y + 0.5) * scale };
}

/** Drags the mouse from one pixel of the slice to another. */
export async function drag(page: Page, from: [number, number], to: [number, number], side: number, button: 'left' | 'right' = 'left') {
  const [start, end] = [await point(page, ...from, side), await point(page, ...to, side)];
  await page.mouse.move(start.x, start.y);
  await page.mouse.down({ button });
  await page.mouse.move(end.x, end.y, { steps: 8 });
  await page.mouse.up({ button });
}

/** The mask area of the current slice in pixels, once the page has measured it. */
export async function area(page: Page): Promise<number> {
  await drawn(page);
  await expect(page.locator('#stage')).toHaveAttribute('aria-label', /: [\d,]+ px$/);
  const label = await page.locator('#stage').getAttribute('aria-label');
  return Number((label?.match(/: ([\d,]+) px$/)?.[1] ?? '').replaceAll(',', ''));
}

/** The number of pixels of the volume with a kind of colour. NiiVue's canvas can be read only through a screenshot. */
export async function countVoxels(page: Page, is: 'amber' | 'pale' | 'bright' | 'white' | 'red' | 'blue'): Promise<number> {
  const shot = await page.locator('#volume canvas').screenshot();
  return page.evaluate(async ([base64, kind]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [];
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
      const like = {
        amber: red > green + 20 && red > blue + 40,
        pale: red > blue + 12 && Math.abs(red - green) < 15,
        bright: red > 40,
        white: Math.min(red, green, blue) > 200,
        red: red > 2 * green + 20 && red > blue + 40,
        // Bluer than the lines where the planes meet.
        blue: blue > red + 80 && blue > green + 60,
      };
      count += Number(like[kind]);
    }
    return count;
  }, [shot.toString('base64'), is] as const);
}
