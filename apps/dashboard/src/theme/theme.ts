import { useSyncExternalStore } from 'react';

export const themes = ['light', 'dark', 'system'] as const;
export type Theme = (typeof themes)[number];

/** public/theme-init.js reads this key as well, before the first paint. */
const KEY = 'theme';
const prefersDark = () => window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function stored(): Theme {
  const theme = localStorage.getItem(KEY);
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function apply(): void {
  const dark = stored() === 'dark' || (stored() === 'system' && prefersDark().matches);
  document.documentElement.classList.toggle('dark', dark);
  for (const listener of listeners) listener();
}

/** Applies the theme when the user, another tab or the system changes it. Called once, at the start. */
export function watchTheme(): void {
  prefersDark().addEventListener('change', apply);
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) apply();
  });
  apply();
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, stored);
}
