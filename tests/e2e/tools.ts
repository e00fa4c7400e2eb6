/**
 * The tools of readers and teachers in a browser that Playwright cannot drive: correct, measure, exercise, change the sample.
 */
import { expect } from '@playwright/test';
import type { Remote } from './remote.ts';

/** Uses them on the open sample, which has a lesion and a reference. Opens the sample with two lesions. */
export async function useTools(remote: Remote) {
  // A region is drawn, removed by a click, and brought back.
  const predicted = await remote.area();
  await remote.press('b');
  await remote.dragPixels([80, 150], [120, 150]);
  const brushed = await remote.changed(predicted);
  expect(brushed).toBeGreaterThan(predicted);
  await remote.press('g');
  await remote.dragPixels([100, 150], [100, 150]);
  expect(await remote.changed(brushed), 'the drawn region is removed').toBe(predicted);
  await remote.click('[data-command="undo"]');
  expect(await remote.changed(predicted), 'the region is back').toBe(brushed);

  await remote.click('#tab-measure');
  await remote.press('t');
  await remote.dragPixels([60, 220], [120, 220]);
  await remote.says('#measures', /Ruler 1(59|60)\.\d px/);

  await remote.press('j');
  await remote.says('#exercise', /Prediction and reference are hidden/);
  expect(await remote.area()).toBe(0);
  await remote.dragPixels([150, 90], [170, 100]);
  await remote.changed(0);
  await remote.press('c');
  await remote.says('#exercise-table', /Dice, slice0\.\d*[1-9]\d*0\.9/);

  await remote.evaluate(() => {
    const kind = document.querySelector<HTMLSelectElement>('#sample-kind');
    if (kind) kind.value = 'two';
  }, null);
  await remote.click('#sample');
  await remote.says('#unsaved', /Opening the sample discards the edits/);
  await remote.click('#unsaved [value="discard"]');
  await remote.says('#cases b', /^PHANTOM_0003$/);
  await remote.is('done');
}
