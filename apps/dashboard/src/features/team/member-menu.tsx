import { userRoles } from '@coditect/contracts/names';
import { Ban, Ellipsis, Eraser, RotateCcw, ShieldOff, UserMinus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { useMay, useMe } from '#session/me';
import { Button } from '#ui/button';
import { ConfirmDialog } from '#ui/confirm-dialog';
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from '#ui/menu';
import { toast } from '#ui/toast';
import type { User } from './team-queries.ts';
import type { Role } from './team-search.ts';
import { useChangeRole, useDisable, useEnable, useErase, useRemove, useResetTwoFactor } from './user-changes.ts';

type Action = 'disable' | 'resetTwoFactor' | 'remove' | 'erase';
type Question = { about: 'role'; role: Role } | { about: Action };

/** Actions for one user; destructive ones ask first. Renders nothing without permission. */
export function MemberMenu({ user, trigger }: { user: User; trigger?: ReactNode }) {
  const { t } = useTranslation('team');
  const { t: common } = useTranslation();
  const me = useMe();
  const may = useMay();
  const problemText = useProblemText();
  const [question, setQuestion] = useState<Question>();
  const [changeRole, disable, enable] = [useChangeRole(), useDisable(), useEnable()];
  const [resetTwoFactor, remove, erase] = [useResetTwoFactor(), useRemove(), useErase()];
  const name = user.name || user.email;
  const removed = user.status === 'removed';

  if (!may(removed ? 'user:erase' : 'user:update')) return null;
  const done = (key: 'disabled' | 'enabled' | 'twoFactorReset' | 'removed' | 'erased') => () =>
    toast({ text: t(`done.${key}`, { name }) });
  const refused = (error: unknown) => toast({ text: problemText(error), tone: 'danger' });
  const giveRole = async (role: Role) => {
    await changeRole.mutateAsync({ user, role });
    toast({ text: t('done.role', { name, role: common(`roles.${role}`) }) });
  };
  const chooseRole = (role: Role) => {
    if (role === user.role) return;
    if (role === 'owner' || user.role === 'owner' || user.id === me.id) setQuestion({ about: 'role', role });
    else void giveRole(role).catch(refused);
  };
  const ask = (about: Action) => () => setQuestion({ about });
  const confirmed: Record<Question['about'], () => Promise<unknown>> = {
    role: () => (question?.about === 'role' ? giveRole(question.role) : Promise.resolve()),
    disable: () => disable.mutateAsync(user).then(done('disabled')),
    resetTwoFactor: () => resetTwoFactor.mutateAsync(user).then(done('twoFactorReset')),
    remove: () => remove.mutateAsync(user).then(done('removed')),
    erase: () => erase.mutateAsync(user).then(done('erased')),
  };
  const about = question?.about ?? 'disable';
  const newRole = question?.about === 'role' ? question.role : user.role;
  return (
    <>
      <Menu
        trigger={
          trigger ?? (
            <Button variant="ghost" size="icon" aria-label={t('menu.of', { name })}>
              <Ellipsis aria-hidden />
            </Button>
          )
        }
      >
        {user.role === 'owner' && me.role !== 'owner' ? (
          <MenuLabel className="max-w-60">{t('menu.ownersOnly')}</MenuLabel>
        ) : (
          <>
            {removed ? null : (
              <>
                <MenuChoice
                  label={t('column.role')}
                  value={user.role}
                  choices={userRoles
                    .filter((role) => role !== 'owner' || me.role === 'owner')
                    .map((value) => ({ value, label: common(`roles.${value}`) }))}
                  onChange={chooseRole}
                />
                <MenuSeparator />
                {user.status === 'disabled' ? (
                  <MenuItem onSelect={() => void enable.mutateAsync(user).then(done('enabled'), refused)}>
                    <RotateCcw aria-hidden />
                    {t('menu.enable')}
                  </MenuItem>
                ) : (
                  <MenuItem onSelect={ask('disable')}>
                    <Ban aria-hidden />
                    {t('menu.disable')}
                  </MenuItem>
                )}
                {may('user:reset_two_factor') && user.two_factor_enabled && user.id !== me.id ? (
                  <MenuItem onSelect={ask('resetTwoFactor')}>
                    <ShieldOff aria-hidden />
                    {t('menu.resetTwoFactor')}
                  </MenuItem>
                ) : null}
                <MenuItem danger onSelect={ask('remove')}>
                  <UserMinus aria-hidden />
                  {t('menu.remove')}
                </MenuItem>
              </>
            )}
            {may('user:erase') ? (
              <MenuItem danger onSelect={ask('erase')}>
                <Eraser aria-hidden />
                {t('menu.erase')}
              </MenuItem>
            ) : null}
          </>
        )}
      </Menu>
      <ConfirmDialog
        open={question !== undefined}
        onOpenChange={() => setQuestion(undefined)}
        title={t(`confirm.${about}.title`, { name })}
        description={
          <>
            {about === 'role'
              ? t(newRole === 'owner' ? 'confirm.role.toOwner' : 'confirm.role.text', {
                  name,
                  from: common(`roles.${user.role}`),
                  to: common(`roles.${newRole}`),
                })
              : t(`confirm.${about}.text`, { name, count: user.seats_held })}
            {user.id === me.id ? <strong className="mt-2 block text-foreground">{t('confirm.yourself')}</strong> : null}
          </>
        }
        action={t(`confirm.${about}.action`)}
        danger={about !== 'role'}
        {...(about === 'erase' && { phrase: name })}
        onConfirm={() => confirmed[about]()}
      />
    </>
  );
}
