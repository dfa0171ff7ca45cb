/** A ref: the step that follows the person's own press of a button goes on where the typing does. */
export function focusWhenShown(element: HTMLElement | null): void {
  element?.focus();
}
