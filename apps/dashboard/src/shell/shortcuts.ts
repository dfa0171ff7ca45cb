import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { pages } from './pages.ts';

const CHORD_MS = 1500;

/** ⌘K or Ctrl+K opens the palette, `?` lists the shortcuts, `g` and a letter open a page. Letters do nothing while the
 *  user types in a field (WCAG 2.1.4). */
export function useShortcuts(open: { palette: () => void; help: () => void }): void {
  const navigate = useNavigate();
  const { palette, help } = open;
  useEffect(() => {
    let chordUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        palette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '?') help();
      const page = event.timeStamp < chordUntil ? pages.find(({ shortcut }) => shortcut === event.key) : undefined;
      chordUntil = event.key === 'g' ? event.timeStamp + CHORD_MS : 0;
      if (page) void navigate({ to: page.to });
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, palette, help]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], [role=menu], [role=dialog]') !== null
  );
}
