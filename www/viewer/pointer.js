/**
 * Mouse, pen, touch and wheel on the stage, translated to what they do.
 */

/** @import { Tool } from '../core/types.js' */
/** @typedef {'start' | 'move' | 'end' | 'cancel'} StrokePhase */
/**
 * @typedef {object} Actions
 * @property {() => Tool} tool
 * @property {() => boolean} zoomed whether only part of the slice is visible
 * @property {(slices: number) => void} step
 * @property {(factor: number, event: {clientX: number, clientY: number}) => void} zoom
 * @property {() => void} fit
 * @property {(x: number, y: number) => void} pan
 * @property {(x: number, y: number) => void} window
 * @property {(event: PointerEvent, phase: StrokePhase) => void} stroke a drag with a brush or the ruler
 * @property {(event: PointerEvent) => void} click
 * @property {(event: PointerEvent | null) => void} hover
 */

/** CSS pixels of wheel or finger travel for one slice. */
const WHEEL_STEP = 40;
const SWIPE_STEP = 14;
/** One notch of a mouse wheel sends 100 to 120 pixels at once. A touchpad sends less. */
const NOTCH = 110;
/** Zoom factor per pixel of the wheel. */
const ZOOM_PER_PIXEL = 1.0022;
const DOUBLE_CLICK_ZOOM = 2.5;
/** CSS pixels that the pointer may move during a click. */
const CLICK_TRAVEL = 6;

/** @param {HTMLElement} stage @param {Actions} actions */
export function listenForPointer(stage, actions) {
  listenForWheel(stage, actions);
  /** The last event of each pointer that is down. @type {Map<number, PointerEvent>} */
  const down = new Map();
  /** @type {'' | 'window' | 'pan' | 'step' | 'pinch' | 'brush' | 'eraser' | 'measure'} */
  let gesture = '';
  let travelled = 0;
  /** Where a click began. @type {PointerEvent | null} */
  let pressed = null;
  const drawing = () => gesture === 'brush' || gesture === 'eraser' || gesture === 'measure';
  /** The gesture that a press begins. @param {PointerEvent} event */
  const gestureOf = ({ button, pointerType, shiftKey }) => {
    const tool = actions.tool();
    if (button === 2) return 'window';
    if (button === 1) return 'pan';
    if (tool === 'browse' && shiftKey) return 'window';
    if (tool !== 'browse' && tool !== 'region') return tool;
    return actions.zoomed() ? 'pan' : pointerType === 'mouse' && button !== 0 ? '' : 'step';
  };
  stage.addEventListener('contextmenu', (event) => event.preventDefault());
  stage.addEventListener('dblclick', (event) => {
    if (actions.tool() !== 'browse') return;
    if (actions.zoomed()) actions.fit();
    else actions.zoom(DOUBLE_CLICK_ZOOM, event);
  });
  stage.addEventListener('pointerdown', (event) => {
    down.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    // With two or more pointers down the gesture is a pinch, and the stroke of the first finger was not meant.
    if (down.size >= 2 && drawing()) actions.stroke(event, 'cancel');
    gesture = down.size >= 2 ? 'pinch' : gestureOf(event);
    pressed = down.size === 1 && event.button === 0 ? event : null;
    travelled = 0;
    if (drawing()) actions.stroke(event, 'start');
  });
  stage.addEventListener('pointermove', (event) => {
    actions.hover(event.pointerType === 'touch' ? null : event);
    const before = down.get(event.pointerId);
    if (!before) return;
    const [x, y] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (gesture === 'pinch') pinch(event, before);
    else if (gesture === 'window') actions.window(x, y);
    else if (gesture === 'pan') actions.pan(x, y);
    else if (drawing()) actions.stroke(event, 'move');
    else if (gesture === 'step') {
      travelled += x;
      const steps = Math.trunc(travelled / SWIPE_STEP);
      travelled -= steps * SWIPE_STEP;
      if (steps) actions.step(steps);
    }
    down.set(event.pointerId, event);
  });
  /** @param {PointerEvent} event @param {PointerEvent} before */
  const pinch = (event, before) => {
    const other = [...down.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (!other) return;
    /** @param {PointerEvent} one */
    const distance = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const centre = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
    actions.zoom(distance(event) / Math.max(1, distance(before)), centre);
    actions.pan((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
  };
  /** @param {PointerEvent} event @param {'end' | 'cancel'} phase */
  const up = (event, phase) => {
    if (down.delete(event.pointerId) && drawing()) actions.stroke(event, phase);
    const isClick = pressed && phase === 'end' && Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) <= CLICK_TRAVEL;
    pressed = null;
    if (isClick) actions.click(event);
    if (down.size === 0) gesture = '';
  };
  stage.addEventListener('pointerup', (event) => up(event, 'end'));
  // The system took the pointer away, for example to scroll. The stroke was not meant.
  stage.addEventListener('pointercancel', (event) => up(event, 'cancel'));
  // A finger leaves when it is lifted. What it pointed at stays.
  stage.addEventListener('pointerleave', ({ pointerType }) => pointerType !== 'touch' && actions.hover(null));
}

/** @param {HTMLElement} stage @param {Actions} actions */
function listenForWheel(stage, actions) {
  let travelled = 0;
  stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    const delta = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * WHEEL_STEP;
    // Browsers report a pinch on a touchpad as a wheel with Ctrl, in small steps.
    if (event.ctrlKey) {
      actions.zoom(ZOOM_PER_PIXEL ** -Math.max(-100, Math.min(100, Math.abs(delta) < 20 ? delta * 5 : delta)), event);
      return;
    }
    if (delta * travelled < 0) travelled = 0;
    // One notch is one slice, whatever its size in pixels. A busy page receives several notches in one event.
    travelled += Math.sign(delta) * Math.min(Math.abs(delta), WHEEL_STEP * Math.max(1, Math.round(Math.abs(delta) / NOTCH)));
    const steps = Math.trunc(travelled / WHEEL_STEP);
    travelled -= steps * WHEEL_STEP;
    if (steps) actions.step(steps);
  }, { passive: false });
}
