import { answerOf } from '@coditect/api-client/api-client';
import { ApiProblem } from '@coditect/api-client/api-problem';
import { useMutation } from '@tanstack/react-query';
import { QRCodeSVG } from 'qrcode.react';
import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { api, type Message } from '#session/api';
import { useMe } from '#session/me';
import { Button } from '#ui/button';
import { CopyButton } from '#ui/copy-button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field } from '#ui/field';
import { Notice } from '#ui/notice';
import { PasswordInput } from '#ui/password-input';
import { CodeField, isCodeComplete } from './code-field.tsx';

interface SetUpDialogProps {
  onClose: () => void;
  /** Called with the recovery codes. */
  onDone: (codes: readonly string[]) => void;
}

/** Sets up an authenticator: asks for the password, then shows the QR code and asks for a first code. */
export function SetUpDialog({ onClose, onDone }: SetUpDialogProps) {
  const { t } = useTranslation('profile');
  const [setup, setSetup] = useState<Message['TotpSetup']>();
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('twoFactor.setUpTitle')}
      description={t(setup ? 'twoFactor.scan' : 'twoFactor.confirmIdentity')}
    >
      {setup ? (
        <Confirmation setup={setup} onClose={onClose} onDone={onDone} />
      ) : (
        <Identification onClose={onClose} onSetUp={setSetup} />
      )}
    </Dialog>
  );
}

function Identification({ onClose, onSetUp }: { onClose: () => void; onSetUp: (setup: Message['TotpSetup']) => void }) {
  const { t } = useTranslation('profile');
  const problemText = useProblemText();
  const [password, setPassword] = useState('');
  const { has_password: hasPassword } = useMe();
  const setUp = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/auth/two-factor/totp', { body: password ? { current_password: password } : {} })),
    onSuccess: onSetUp,
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setUp.mutate();
  };
  const wrong = setUp.error instanceof ApiProblem && setUp.error.code === 'invalid_credentials';
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      {setUp.error && !wrong ? <Notice tone="danger">{problemText(setUp.error)}</Notice> : null}
      {hasPassword ? (
        <Field label={t('password.current')} error={wrong ? t('password.wrong') : undefined}>
          <PasswordInput
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
      ) : (
        <p className="text-sm text-muted-foreground">{t('password.recentLogin')}</p>
      )}
      <DialogFooter onCancel={onClose}>
        <Button type="submit" busy={setUp.isPending} disabled={setUp.isPending || (hasPassword && !password)}>
          {t('twoFactor.next')}
        </Button>
      </DialogFooter>
    </form>
  );
}

function Confirmation({ setup, onClose, onDone }: SetUpDialogProps & { setup: Message['TotpSetup'] }) {
  const { t } = useTranslation('profile');
  const [code, setCode] = useState('');
  const confirm = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/auth/two-factor/totp/confirm', { body: { code: code.trim() } })),
    onSuccess: ({ recovery_codes: codes }) => onDone(codes),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    confirm.mutate();
  };
  return (
    <form noValidate onSubmit={submit} className="grid gap-4">
      {/* White in the dark theme too: cameras expect dark modules on a light ground. */}
      <div className="justify-self-center rounded-xl bg-white p-3">
        <QRCodeSVG value={setup.otpauth_url} size={176} title={t('twoFactor.qrCode')} />
      </div>
      <div className="grid gap-1.5">
        <p className="text-sm font-medium">{t('twoFactor.secret')}</p>
        <div className="flex items-center gap-2">
          <code className="min-w-0 flex-1 rounded-lg bg-muted px-3 py-2 text-xs break-all">{setup.secret}</code>
          <CopyButton text={setup.secret} />
        </div>
      </div>
      <CodeField hint={t('twoFactor.firstCode')} value={code} onChange={setCode} error={confirm.error} />
      <DialogFooter onCancel={onClose}>
        <Button type="submit" busy={confirm.isPending} disabled={confirm.isPending || !isCodeComplete(code)}>
          {t('twoFactor.turnOn')}
        </Button>
      </DialogFooter>
    </form>
  );
}
