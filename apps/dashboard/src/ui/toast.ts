import { useSyncExternalStore } from 'react';

interface ToastContent {
  text: string;
  tone?: 'success' | 'danger' | 'info';
  /** One follow-up action, for example undo. */
  action?: { label: string; onClick: () => void };
}
interface ShownToast extends ToastContent {
  id: number;
}

let shown: readonly ShownToast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly ShownToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Shows a short message. Can be called outside of components. */
export function toast(content: ToastContent): void {
  lastId += 1;
  change([...shown.slice(-2), { ...content, id: lastId }]);
}

export const dismissToast = (id: number) => change(shown.filter((one) => one.id !== id));

/** Removes all toasts: the next person at this browser is not told what the last one did. */
export const clearToasts = () => change([]);

/** Returns the toasts that are shown now. */
export function useToasts(): readonly ShownToast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
