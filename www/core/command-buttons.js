/**
 * The buttons of commands. An element with `data-command` gets the text, the title and the state of its command. It is a
 * button, or the label of a radio button or checkbox. An element with `data-help` gets the help text of a command.
 */
import { COMMANDS, isEnabled, runCommand, titleOf } from './commands.js';
import { make, moveFocusOut } from './dom.js';

/** @import { Command, CommandContext } from './commands.js' */

export class CommandButtons {
  #context;
  /** @type {{element: HTMLElement, input: HTMLInputElement | null, command: Command}[]} */
  #buttons;
  #frame = 0;

  /** @param {CommandContext} context */
  constructor(context) {
    this.#context = context;
    for (const node of document.querySelectorAll('[data-help]')) node.textContent = commandOf(node.getAttribute('data-help')).help;
    this.#buttons = [...document.querySelectorAll('[data-command]')].map((node) => {
      const element = /** @type {HTMLElement} */ (node);
      const command = commandOf(element.getAttribute('data-command'));
      const input = element.querySelector('input');
      setText(element, command);
      if (input) input.addEventListener('change', () => this.#run(command));
      // The browser itself opens a popover.
      else if (!element.hasAttribute('popovertarget')) element.addEventListener('click', () => this.#run(command));
      return { element, input, command };
    });
    this.update();
  }

  /** Updates all buttons with the next frame. */
  schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.update());
  }

  update() {
    for (const { element, input, command } of this.#buttons) {
      const available = command.available?.(this.#context) ?? true;
      const enabled = isEnabled(command, this.#context);
      const active = command.active?.(this.#context);
      if (!available) moveFocusOut(element, focusTarget(element));
      if (element.hidden === available) element.hidden = !available;
      if (input) {
        if (input.disabled === enabled) input.disabled = !enabled;
        if (input.checked !== active) input.checked = active ?? false;
      } else if (element.closest('.viewer')) {
        // Near the slice, a button that becomes disabled must not lose the keyboard focus.
        element.setAttribute('aria-disabled', String(!enabled));
        if (active !== undefined) element.setAttribute('aria-pressed', String(active));
      } else {
        const button = /** @type {HTMLButtonElement} */ (element);
        if (!enabled) moveFocusOut(button);
        if (button.disabled === enabled) button.disabled = !enabled;
      }
    }
  }

  /** @param {Command} command */
  #run(command) {
    runCommand(command.id, this.#context);
    // A radio button of a command that did nothing goes back.
    this.update();
  }
}

/** @param {string | null} id */
function commandOf(id) {
  const command = COMMANDS.get(id ?? '');
  if (!command) throw new Error(`there is no command ${id}`);
  return command;
}

/** @param {HTMLElement} element @param {Command} command */
function setText(element, command) {
  const { label, symbol, verb } = command;
  const title = titleOf(command);
  if (title !== label) element.title = title;
  if (symbol) element.ariaLabel = label;
  const text = element.querySelector('[data-label]');
  if (text) text.textContent = label;
  else element.prepend(...(verb ? [make('span', { className: 'verb' }, verb)] : []), symbol ?? label);
}

/** Where the focus goes when the element is hidden. @param {HTMLElement} element @returns {HTMLElement | undefined} */
function focusTarget(element) {
  return element.dataset.focus ? (document.querySelector(element.dataset.focus) ?? undefined) : undefined;
}
