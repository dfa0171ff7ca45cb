import { useTranslation } from 'react-i18next';
import { Dialog } from '#ui/dialog';
import { pages } from './pages.ts';

const Key = ({ children }: { children: string }) => (
  <kbd className="rounded border bg-muted px-1.5 py-0.5 font-sans text-xs">{children}</kbd>
);

export function ShortcutHelp({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('shortcuts.title')}>
      <dl className="grid gap-2 text-sm">
        <div className="flex justify-between gap-4">
          <dt>{t('palette.open')}</dt>
          <dd className="flex gap-1">
            <Key>⌘</Key>
            <Key>K</Key>
          </dd>
        </div>
        <div className="flex justify-between gap-4">
          <dt>{t('shortcuts.title')}</dt>
          <dd>
            <Key>?</Key>
          </dd>
        </div>
        {pages.map(({ key, shortcut }) => (
          <div key={key} className="flex justify-between gap-4">
            <dt>{t(`nav.${key}`)}</dt>
            <dd className="flex gap-1">
              <Key>G</Key>
              <Key>{shortcut.toUpperCase()}</Key>
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
