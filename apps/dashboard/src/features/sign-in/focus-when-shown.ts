/** A ref that moves focus to the field of the next step, after the user has pressed a button. */
export function focusWhenShown(element: HTMLElement | null): void {
  element?.focus();
}
