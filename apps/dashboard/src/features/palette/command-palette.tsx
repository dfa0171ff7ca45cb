import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { CircleUser, CornerDownLeft, LogOut, type LucideIcon, Moon, Search, Sun } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '#session/me';
import { useSignOut } from '#session/sign-out';
import { pages } from '#shell/pages';
import { setTheme } from '#theme/theme';
import { isId, type Target, useOpenId } from './open-id.ts';
import { paletteActions } from './palette-actions.ts';
import { usePaletteResults } from './palette-results.ts';

/** Opens any page, starts the most common actions, and finds users, projects, sessions and licenses, also by a pasted
 *  id. */
export function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { t } = useTranslation(['palette', 'common']);
  const [typed, setTyped] = useState('');
  const close = () => onOpenChange(false);
  const pasted = isId(typed.trim());
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100%-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border bg-raised shadow-2xl"
        >
          <Radix.Title className="sr-only">{t('common:palette.open')}</Radix.Title>
          <Command label={t('common:palette.open')} shouldFilter={!pasted}>
            <div className="flex items-center gap-3 border-b px-4">
              <Search className="size-4 text-muted-foreground" aria-hidden />
              <Command.Input
                value={typed}
                onValueChange={setTyped}
                placeholder={t('placeholder')}
                className="h-12 w-full bg-transparent text-sm outline-none placeholder:text-muted-foreground"
              />
            </div>
            <Command.List className="max-h-80 overflow-y-auto p-2">
              {pasted ? (
                <OpenId id={typed.trim()} onDone={close} />
              ) : (
                <>
                  <Found typed={typed} onDone={close} />
                  <Pages onDone={close} />
                  <Actions onDone={close} />
                </>
              )}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface GroupProps {
  onDone: () => void;
}

function Pages({ onDone }: GroupProps) {
  const { t } = useTranslation(['palette', 'common']);
  const may = useMay();
  const go = useGo(onDone);
  return (
    <Command.Group heading={t('pages')} className={GROUP}>
      {pages
        .filter(({ permission }) => may(permission))
        .map(({ key, to, icon }) => (
          <Item key={key} icon={icon} title={t(`common:nav.${key}`)} onSelect={() => go({ to })} />
        ))}
      <Item icon={CircleUser} title={t('common:user.profile')} onSelect={() => go({ to: '/profile' })} />
    </Command.Group>
  );
}

function Actions({ onDone }: GroupProps) {
  const { t } = useTranslation(['palette', 'common']);
  const may = useMay();
  const go = useGo(onDone);
  const signOut = useSignOut();
  const act = (work: () => unknown) => () => {
    onDone();
    void work();
  };
  return (
    <Command.Group heading={t('actions')} className={GROUP}>
      {paletteActions
        .filter(({ permission }) => may(permission))
        .map(({ key, icon, target }) => (
          <Item key={key} icon={icon} title={t(key)} onSelect={() => go(target)} />
        ))}
      <Item icon={Sun} title={t('light')} onSelect={act(() => setTheme('light'))} />
      <Item icon={Moon} title={t('dark')} onSelect={act(() => setTheme('dark'))} />
      <Item icon={LogOut} title={t('common:user.signOut')} onSelect={act(signOut)} />
    </Command.Group>
  );
}

/** The search results of the API. */
function Found({ typed, onDone }: GroupProps & { typed: string }) {
  const { t } = useTranslation('palette');
  const { results, searching } = usePaletteResults(typed);
  const go = useGo(onDone);
  return (
    <>
      {searching ? (
        <Command.Loading>
          <span className="block px-3 py-2 text-sm text-muted-foreground">{t('searching')}</span>
        </Command.Loading>
      ) : (
        <Command.Empty className="px-3 py-8 text-center text-sm text-muted-foreground">{t('empty')}</Command.Empty>
      )}
      {results.length > 0 ? (
        <Command.Group heading={t('found')} className={GROUP}>
          {results.map(({ id, icon, title, detail, target }) => (
            // Always matches: the API has found it already, perhaps by a field that is not shown.
            <Item
              key={id}
              id={id}
              icon={icon}
              title={title}
              detail={detail}
              found={typed}
              onSelect={() => go(target)}
            />
          ))}
        </Command.Group>
      ) : null}
    </>
  );
}

function OpenId({ id, onDone }: GroupProps & { id: string }) {
  const { t } = useTranslation('palette');
  const openId = useOpenId();
  const open = () => {
    onDone();
    void openId(id);
  };
  return <Item icon={CornerDownLeft} title={t('openId', { id })} onSelect={open} />;
}

interface ItemProps {
  icon: LucideIcon;
  title: string;
  detail?: string;
  /** Distinguishes items with the same title. */
  id?: string;
  /** The text by which the item was found. */
  found?: string;
  onSelect: () => void;
}

function Item({ icon: Icon, title, detail, id, found, onSelect }: ItemProps) {
  return (
    <Command.Item
      value={id ? `${title} ${id}` : title}
      {...(found && { keywords: [found] })}
      onSelect={onSelect}
      className="flex min-h-10 cursor-default items-center gap-3 rounded-lg px-3 text-sm outline-none select-none data-[selected=true]:bg-muted [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted-foreground"
    >
      <Icon aria-hidden />
      <span className="truncate text-foreground">{title}</span>
      {detail ? <span className="min-w-0 flex-1 truncate text-right text-muted-foreground">{detail}</span> : null}
    </Command.Item>
  );
}

const GROUP = 'text-xs text-muted-foreground';

/** Returns a function that opens a page and closes the palette. */
function useGo(onDone: () => void): (target: Target) => void {
  const navigate = useNavigate();
  return (target) => {
    onDone();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the router types only targets that are written in place
    void navigate(target as never);
  };
}
