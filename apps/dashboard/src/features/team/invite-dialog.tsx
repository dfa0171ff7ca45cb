import { ApiProblem } from '@coditect/api-client/api-problem';
import { MAX_INVITATIONS_AT_ONCE, userRoles } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { quotaQuery } from '#features/billing/quota';
import { useFormat } from '#i18n/format';
import { useProblemText } from '#i18n/problem-text';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field, FormAlert } from '#ui/field';
import { Select, Textarea } from '#ui/input';
import { Meter } from '#ui/meter';
import { toast } from '#ui/toast';
import { oneOf } from '#shell/search-params';
import { addressesOf, looksLikeAddress, withoutAddress } from './email-list.ts';
import { useInvite } from './invitation-changes.ts';
import { InviteeChips } from './invitee-chips.tsx';
import type { Role } from './team-search.ts';

interface InviteDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onInvited: () => void;
}

/** Invites several people with one role. Either all are invited or none. */
export function InviteDialog({ open, onOpenChange, onInvited }: InviteDialogProps) {
  const { t } = useTranslation('team');
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('invite.title')} description={t('invite.text')}>
      <InviteForm
        onCancel={() => onOpenChange(false)}
        onInvited={() => {
          onOpenChange(false);
          onInvited();
        }}
      />
    </Dialog>
  );
}

function InviteForm({ onCancel, onInvited }: { onCancel: () => void; onInvited: () => void }) {
  const { t } = useTranslation('team');
  const { t: common } = useTranslation();
  const me = useMe();
  const invite = useInvite();
  const problemText = useProblemText();
  const { data: quota } = useQuery(quotaQuery);
  const [text, setText] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [checked, setChecked] = useState(false);
  const [refusals, setRefusals] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<string>();

  const emails = addressesOf(text);
  const errorOf = (email: string) =>
    refusals[email] ?? (looksLikeAddress(email) ? undefined : t('invite.notAnAddress'));
  const free = quota ? quota.users.limit - quota.users.used : Infinity;
  const tooMany =
    emails.length > MAX_INVITATIONS_AT_ONCE
      ? t('invite.tooManyAtOnce', { count: MAX_INVITATIONS_AT_ONCE })
      : emails.length > free
        ? t('invite.noRoom', { count: Math.max(free, 0) })
        : undefined;

  const send = async () => {
    setProblem(undefined);
    try {
      await invite.mutateAsync({ emails, role });
      toast({ text: t('done.invited', { count: emails.length }) });
      onInvited();
    } catch (error) {
      const ofEach = refusalsOf(error, emails, {
        taken: t('invite.taken'),
        recent: t('invite.recent'),
      });
      setRefusals(ofEach);
      setProblem(Object.keys(ofEach).length > 0 ? t('invite.mend') : problemText(error));
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (emails.length > 0 && !tooMany && emails.every(looksLikeAddress)) void send();
  };
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Field
        label={t('invite.emails')}
        hint={t('invite.emailsHint')}
        error={checked && emails.length === 0 ? t('invite.none') : tooMany}
      >
        <Textarea
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setRefusals({});
          }}
          autoComplete="off"
          spellCheck={false}
          placeholder="ada@example.com, grace@example.com"
        />
      </Field>
      <InviteeChips emails={emails} errorOf={errorOf} onRemove={(email) => setText(withoutAddress(text, email))} />
      <Field label={t('column.role')} hint={t(`roleHint.${role}`)}>
        <Select value={role} onChange={({ target }) => setRole(oneOf(userRoles, target.value) ?? role)}>
          {userRoles
            .filter((one) => one !== 'owner' || me.role === 'owner')
            .map((one) => (
              <option key={one} value={one}>
                {common(`roles.${one}`)}
              </option>
            ))}
        </Select>
      </Field>
      {quota ? <Room used={quota.users.used} limit={quota.users.limit} adding={emails.length} /> : null}
      <FormAlert>{problem}</FormAlert>
      <DialogFooter onCancel={onCancel}>
        <Button type="submit" busy={invite.isPending}>
          {t('invite.send', { count: emails.length })}
        </Button>
      </DialogFooter>
    </form>
  );
}

function Room({ used, limit, adding }: { used: number; limit: number; adding: number }) {
  const { t } = useTranslation('team');
  const { number } = useFormat();
  return (
    <div className="grid gap-1.5">
      <p className="text-xs text-muted-foreground tabular-nums">
        {t('invite.quota', { used: number(used), limit: number(limit), after: number(used + adding) })}
      </p>
      <Meter label={t('invite.quotaLabel')} value={Math.min(used + adding, limit)} max={limit} />
    </div>
  );
}

/** Returns the error of the API for each address. */
function refusalsOf(
  error: unknown,
  emails: readonly string[],
  texts: { taken: string; recent: string },
): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {};
  const ofFields = error.errors.flatMap(({ path, message }) => {
    const email = emails[Number(/^invitations\.(\d+)\b/.exec(path)?.[1])];
    return email === undefined ? [] : [[email, message] as const];
  });
  const taken: unknown = error.body['emails'];
  const named = Array.isArray(taken) ? taken.filter((email) => typeof email === 'string') : [];
  const text = error.code === 'email_taken' ? texts.taken : texts.recent;
  return Object.fromEntries([...ofFields, ...named.map((email) => [email, text] as const)]);
}
