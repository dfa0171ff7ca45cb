import { answerOf } from '@coditect/api-client/api-client';
import { type LinkProps, useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { CornerDownLeft, Moon, Search, Sun } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../session/api.ts';
import { useMay } from '../session/me.ts';
import { setTheme } from '../theme/theme.ts';
import { toast } from '../ui/toast.ts';
import { pages } from './pages.ts';

type Target = Pick<LinkProps, 'to' | 'params' | 'search'>;

const YES_OR_NO = [() => true, () => false] as const;
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ITEM =
  'flex min-h-10 cursor-default items-center gap-3 rounded-lg px-3 text-sm outline-none select-none data-[selected=true]:bg-muted [&_svg]:size-4 [&_svg]:text-muted-foreground';

/** Opens any page, does the most common things, and finds what a pasted id belongs to. */
export function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const may = useMay();
  const openId = useOpenId();
  const [typed, setTyped] = useState('');
  const id = typed.trim();

  const run = (work: () => unknown) => () => {
    onOpenChange(false);
    void work();
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100%-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border bg-raised shadow-2xl"
        >
          <Radix.Title className="sr-only">{t('palette.open')}</Radix.Title>
          <Command label={t('palette.open')} shouldFilter={!ID.test(id)}>
            <div className="flex items-center gap-3 border-b px-4">
              <Search className="size-4 text-muted-foreground" aria-hidden />
              <Command.Input
                value={typed}
                onValueChange={setTyped}
                placeholder={t('palette.placeholder')}
                className="h-12 w-full bg-transparent text-sm outline-none placeholder:text-muted-foreground"
              />
            </div>
            <Command.List className="max-h-80 overflow-y-auto p-2">
              <Command.Empty className="px-3 py-8 text-center text-sm text-muted-foreground">
                {t('palette.empty')}
              </Command.Empty>
              {ID.test(id) ? (
                <Command.Item value={id} onSelect={run(() => openId(id))} className={ITEM}>
                  <CornerDownLeft aria-hidden />
                  {t('palette.openId', { id })}
                </Command.Item>
              ) : (
                <>
                  <Command.Group heading={t('palette.pages')} className="text-xs text-muted-foreground">
                    {pages
                      .filter(({ permission }) => may(permission))
                      .map(({ key, to, icon: Icon }) => (
                        <Command.Item
                          key={key}
                          value={t(`nav.${key}`)}
                          onSelect={run(() => navigate({ to }))}
                          className={ITEM}
                        >
                          <Icon aria-hidden />
                          <span className="text-foreground">{t(`nav.${key}`)}</span>
                        </Command.Item>
                      ))}
                    <Command.Item
                      value={t('user.profile')}
                      onSelect={run(() => navigate({ to: '/profile' }))}
                      className={ITEM}
                    >
                      <span className="text-foreground">{t('user.profile')}</span>
                    </Command.Item>
                  </Command.Group>
                  <Command.Group heading={t('palette.actions')} className="text-xs text-muted-foreground">
                    <Command.Item value={t('palette.light')} onSelect={run(() => setTheme('light'))} className={ITEM}>
                      <Sun aria-hidden />
                      <span className="text-foreground">{t('palette.light')}</span>
                    </Command.Item>
                    <Command.Item value={t('palette.dark')} onSelect={run(() => setTheme('dark'))} className={ITEM}>
                      <Moon aria-hidden />
                      <span className="text-foreground">{t('palette.dark')}</span>
                    </Command.Item>
                  </Command.Group>
                </>
              )}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Where an id leads: the first kind of thing that has it. */
function useOpenId(): (id: string) => Promise<void> {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return async (id) => {
    const params = { path: { id } };
    const kinds: [read: () => Promise<unknown>, target: Target][] = [
      [() => answerOf(api.GET('/api/v1/licenses/{id}', { params })), { to: '/licenses/$id', params: { id } }],
      [() => answerOf(api.GET('/api/v1/license-sessions/{id}', { params })), { to: '/sessions', search: { id } }],
      [() => answerOf(api.GET('/api/v1/users/{id}', { params })), { to: '/team', search: { id } }],
      [() => answerOf(api.GET('/api/v1/projects/{id}', { params })), { to: '/projects', search: { id } }],
      [
        () => answerOf(api.GET('/api/v1/webhooks/{id}', { params })),
        { to: '/developers/webhooks/$id', params: { id } },
      ],
      [() => answerOf(api.GET('/api/v1/audit-logs/{id}', { params })), { to: '/audit', search: { id } }],
    ];
    const found = await Promise.all(kinds.map(([read]) => read().then(...YES_OR_NO)));
    const [, target] = kinds[found.indexOf(true)] ?? [];
    if (target) await navigate(target as never);
    else toast({ text: t('palette.unknownId'), tone: 'danger' });
  };
}
