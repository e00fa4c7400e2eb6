/**
 * The help dialog: keys and gestures.
 */
import { GESTURES, GROUPS, keyNames } from '../core/commands.js';
import { find, make } from '../core/dom.js';

/** @import { Command } from '../core/commands.js' */
/** @import { Store } from '../core/store.js' */

/** @param {Store} store */
export function fillHelp(store) {
  const groups = Object.entries(GROUPS).flatMap(([name, commands]) => {
    const withKeys = commands.filter(({ keys = [], sliceKeys = [] }) => keys.length + sliceKeys.length > 0);
    return withKeys.length === 0 ? [] : [section(name, withKeys.map((command) => [keyElements(command), command.help]))];
  });
  find('#keys-list').replaceChildren(...groups, section('Gestures', GESTURES.map(([gesture, help]) => [[gesture], help])));
  const letters = /** @type {HTMLInputElement} */ (find('#letters'));
  letters.addEventListener('change', () => store.setDisplay({ letterKeys: letters.checked }));
  store.on('display', () => {
    letters.checked = store.display.letterKeys;
  });
}

/** @param {string} title @param {[(Node | string)[], string][]} rows */
function section(title, rows) {
  return make('section', {}, make('h3', {}, title), make('dl', { className: 'shortcuts' },
    ...rows.map(([keys, help]) => make('div', {}, make('dt', {}, ...keys), make('dd', {}, help)))));
}

/** @param {Command} command */
function keyElements({ keys = [], sliceKeys = [] }) {
  return [...keys, ...sliceKeys].flatMap((key, i) => [
    ...(i > 0 ? [' '] : []),
    ...keyNames(key).flatMap((name, k) => [...(k > 0 ? ['+'] : []), make('kbd', {}, name)]),
  ]);
}
