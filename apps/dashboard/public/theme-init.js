// Runs before the first paint, so that a dark page does not flash white. src/theme/theme.ts writes `theme`.
try {
  var theme = localStorage.getItem('theme');
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', dark);
} catch {}
