import { useRef } from 'react';

/**
 * Where the focus was before a dialog opened, for it to return there (WCAG 2.4.3): Radix does that only for dialogs with a
 * trigger of their own. A menu item is gone by then, and the button of its menu stands for it.
 */
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
