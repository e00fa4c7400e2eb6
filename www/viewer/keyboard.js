/**
 * The keyboard. Keys without a modifier can be limited to the slice, for people who use speech input.
 */
import { COMMANDS, isEnabled } from '../core/commands.js';

/** @import { CommandContext } from '../core/commands.js' */

/** The direction of each arrow key. @type {Record<string, [number, number]>} */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const [byKey, bySliceKey] = /** @type {const} */ (['keys', 'sliceKeys']).map((field) =>
  new Map([...COMMANDS.values()].flatMap((command) => (command[field] ?? []).map((key) => [key, command]))));

/**
 * @param {CommandContext} context
 * @param {(x: number, y: number, shift: boolean) => boolean} onStageArrow an arrow key on the stage; returns whether it was used
 */
export function listenForKeys(context, onStageArrow) {
  addEventListener('keydown', (event) => {
    const { target, key, shiftKey } = event;
    const { store } = context;
    if (store.cases.length === 0 || event.altKey || !(target instanceof Element) || target.closest(':popover-open, dialog[open]')) return;
    if (target instanceof HTMLInputElement && ['number', 'text'].includes(target.type)) return;
    if (target instanceof HTMLTextAreaElement) return;
    const name = key.length === 1 ? key.toLowerCase() : key;
    if (event.ctrlKey || event.metaKey) {
      run(event, byKey.get(`Ctrl+${shiftKey ? 'Shift+' : ''}${name}`), context);
      return;
    }
    // In a list, letters choose an entry.
    if (target instanceof HTMLSelectElement) return;
    const onStage = target.closest('#stage') !== null;
    const arrow = ARROWS[name];
    if (onStage && arrow && onStageArrow(arrow[0], arrow[1], shiftKey)) {
      event.preventDefault();
      return;
    }
    // Sliders, radio buttons and tabs use arrow keys themselves.
    const ownKeys = (target instanceof HTMLInputElement && target.type !== 'checkbox') || target.closest('[role="tab"]');
    if (key.length > 1 && ownKeys) return;
    if (key.length === 1 && key !== '?' && !store.display.letterKeys && !onStage) return;
    // Elsewhere a space presses the focused button.
    if (key === ' ' && !onStage) return;
    run(event, byKey.get(name) ?? (target.closest('#stage, #strip, #volume') ? bySliceKey.get(name) : undefined), context);
  });
}

/** @param {Event} event @param {import('../core/commands.js').Command | undefined} command @param {CommandContext} context */
function run(event, command, context) {
  if (!command) return;
  event.preventDefault();
  if (isEnabled(command, context)) command.run(context);
}
