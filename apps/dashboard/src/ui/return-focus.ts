import { useRef } from 'react';

/** Returns focus to where it was before a dialog opened (WCAG 2.4.3). Radix does so only for dialogs with a trigger of
 *  their own. A menu item no longer exists by then, so the button of its menu gets the focus. */
export function useReturnFocus() {
  const origin = useRef<HTMLElement>(null);
  return {
    onOpenAutoFocus: () => {
      const active = document.activeElement;
      const button = active?.closest('[role=menu]')?.getAttribute('aria-labelledby');
      origin.current = button ? document.getElementById(button) : active instanceof HTMLElement ? active : null;
    },
    onCloseAutoFocus: (event: Event) => {
      event.preventDefault();
      origin.current?.focus();
    },
  };
}
