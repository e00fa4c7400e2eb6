/**
 * Mouse, pen, fingers and wheel on the stage, as what they mean.
 */

/** @import { Tool } from '../core/types.js' */
/**
 * @typedef {object} Acts
 * @property {() => Tool} tool
 * @property {() => boolean} near whether only a part of the slice is in sight
 * @property {(slices: number) => void} step
 * @property {(factor: number, event: {clientX: number, clientY: number}) => void} approach
 * @property {() => void} fit
 * @property {(x: number, y: number) => void} shift
 * @property {(x: number, y: number) => void} window
 * @property {(event: PointerEvent, phase: 'start' | 'go' | 'end' | 'drop') => void} stroke
 * @property {(event: PointerEvent | null) => void} hover
 */

/** How far a wheel or a finger travels for one slice, in CSS pixels. */
const WHEEL_STEP = 40;
const SWIPE_STEP = 14;
/** What one notch of a mouse's wheel sends at once, 100 to 120 pixels; a touchpad sends less at a time. */
const NOTCH = 110;
/** How much nearer a pixel of the wheel brings the slice. */
const NEARER = 1.0022;

/** @param {HTMLElement} stage @param {Acts} acts */
export function listenForHands(stage, acts) {
  listenForWheel(stage, acts);
  /** @type {Map<number, PointerEvent>} what is down */
  const down = new Map();
  let doing = '';
  let travelled = 0;
  /** What a press of this button begins. @param {PointerEvent} event */
  const meant = ({ button, pointerType, shiftKey }) => {
    const tool = acts.tool();
    if (button === 2) return 'window';
    if (button === 1) return 'shift';
    if (tool === 'browse' && shiftKey) return 'window';
    if (tool !== 'browse') return tool;
    return acts.near() ? 'shift' : pointerType === 'mouse' && button !== 0 ? '' : 'step';
  };
  stage.addEventListener('contextmenu', (event) => event.preventDefault());
  stage.addEventListener('dblclick', (event) => {
    if (acts.tool() === 'browse') acts.near() ? acts.fit() : acts.approach(2.5, event);
  });
  stage.addEventListener('pointerdown', (event) => {
    down.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    // The first finger of two meant to look nearer, not to paint.
    if (down.size >= 2 && ['brush', 'eraser'].includes(doing)) acts.stroke(event, 'drop');
    // Nor does a third one, or a palm.
    doing = down.size >= 2 ? 'pinch' : meant(event);
    travelled = 0;
    if (doing === 'brush' || doing === 'eraser') acts.stroke(event, 'start');
  });
  stage.addEventListener('pointermove', (event) => {
    acts.hover(event.pointerType === 'touch' ? null : event);
    const before = down.get(event.pointerId);
    if (!before) return;
    const [x, y] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (doing === 'pinch') pinch(event, before);
    else if (doing === 'window') acts.window(x, y);
    else if (doing === 'shift') acts.shift(x, y);
    else if (doing === 'brush' || doing === 'eraser') acts.stroke(event, 'go');
    else if (doing === 'step') {
      travelled += x;
      const steps = Math.trunc(travelled / SWIPE_STEP);
      travelled -= steps * SWIPE_STEP;
      if (steps) acts.step(steps);
    }
    down.set(event.pointerId, event);
  });
  /** @param {PointerEvent} event @param {PointerEvent} before */
  const pinch = (event, before) => {
    const other = [...down.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (!other) return;
    /** @param {PointerEvent} one */
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
    acts.approach(apart(event) / Math.max(1, apart(before)), middle);
    acts.shift((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
  };
  /** @param {PointerEvent} event */
  const up = (event) => {
    if (down.delete(event.pointerId) && (doing === 'brush' || doing === 'eraser')) acts.stroke(event, 'end');
    if (down.size === 0) doing = '';
  };
  stage.addEventListener('pointerup', up);
  stage.addEventListener('pointercancel', up);
  stage.addEventListener('pointerleave', () => acts.hover(null));
}

/** @param {HTMLElement} stage @param {Acts} acts */
function listenForWheel(stage, acts) {
  let turned = 0;
  stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    const turn = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_STEP;
    // A pinch on a touchpad arrives as a wheel with this key, in small steps.
    if (event.ctrlKey) {
      acts.approach(NEARER ** -Math.max(-100, Math.min(100, Math.abs(turn) < 20 ? turn * 5 : turn)), event);
      return;
    }
    if (turn * turned < 0) turned = 0;
    // A notch is a slice, however many pixels the system makes of it; a busy page gets several of them in one go.
    turned += Math.sign(turn) * Math.min(Math.abs(turn), WHEEL_STEP * Math.max(1, Math.round(Math.abs(turn) / NOTCH)));
    const steps = Math.trunc(turned / WHEEL_STEP);
    turned -= steps * WHEEL_STEP;
    if (steps) acts.step(steps);
  }, { passive: false });
}
