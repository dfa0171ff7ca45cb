import { ApiProblem } from '@coditect/api-client/api-problem';
import { MAX_PROJECT_DESCRIPTION_LENGTH, MAX_PROJECT_NAME_LENGTH } from '@coditect/contracts/names';
import { useQuery } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '#i18n/problem-text';
import { useMay } from '#session/me';
import { keysOf } from '#shell/keys-of';
import { oneOf } from '#shell/search-params';
import { Button } from '#ui/button';
import { Dialog, DialogFooter } from '#ui/dialog';
import { Field, FormAlert } from '#ui/field';
import { Input, Select, Textarea } from '#ui/input';
import { toast } from '#ui/toast';
import { useCreateProject, useUpdateProject } from './project-changes.ts';
import { possibleOwnersQuery, type Project } from './projects-queries.ts';

interface ProjectForm {
  name: string;
  description: string;
  ownerId: string;
}

const FIELDS = { name: 'name', description: 'description', owner_id: 'ownerId' } as const;

interface ProjectDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** The project to edit; without it the dialog creates one. */
  project?: Project;
}

export function ProjectDialog({ open, onOpenChange, project }: ProjectDialogProps) {
  const { t } = useTranslation('projects');
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t(project ? 'dialog.edit' : 'dialog.create')}
      {...(!project && { description: t('dialog.createText') })}
    >
      <Form project={project} onClose={() => onOpenChange(false)} />
    </Dialog>
  );
}

function Form({ project, onClose }: { project: Project | undefined; onClose: () => void }) {
  const { t } = useTranslation('projects');
  const { t: common } = useTranslation();
  const may = useMay();
  const problemText = useProblemText();
  const [create, update] = [useCreateProject(), useUpdateProject()];
  const { register, handleSubmit, setError, formState } = useForm<ProjectForm>({
    defaultValues: {
      name: project?.name ?? '',
      description: project?.description ?? '',
      ownerId: project?.owner.id ?? '',
    },
  });
  const { errors, isSubmitting } = formState;

  const checkName = (name: string) =>
    name.trim() === ''
      ? t('dialog.nameMissing')
      : name.trim().length <= MAX_PROJECT_NAME_LENGTH || t('dialog.nameTooLong');
  const submit = handleSubmit(async ({ name: typed, description, ownerId }) => {
    const name = typed.trim();
    try {
      if (project)
        await update.mutateAsync({
          project,
          name,
          description,
          ...(ownerId !== project.owner.id && { owner_id: ownerId }),
        });
      else await create.mutateAsync({ name, description });
      toast({ text: project ? common('saved') : t('done.created', { name }) });
      onClose();
    } catch (error) {
      const ofFields = (error instanceof ApiProblem ? error.errors : []).flatMap(({ path, message }) => {
        const member = oneOf(keysOf(FIELDS), path);
        return member ? [{ field: FIELDS[member], message }] : [];
      });
      for (const { field, message } of ofFields) setError(field, { message });
      if (ofFields.length === 0) setError('root', { message: problemText(error) });
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="grid gap-4">
      <Field label={t('column.name')} error={errors.name?.message}>
        <Input autoComplete="off" {...register('name', { validate: checkName })} />
      </Field>
      <Field label={t('dialog.description')} error={errors.description?.message}>
        <Textarea
          rows={4}
          {...register('description', {
            maxLength: { value: MAX_PROJECT_DESCRIPTION_LENGTH, message: t('dialog.descriptionTooLong') },
          })}
        />
      </Field>
      {project && may('project:manage') ? (
        <OwnerField project={project} error={errors.ownerId?.message} control={register('ownerId')} />
      ) : null}
      <FormAlert>{errors.root?.message}</FormAlert>
      <DialogFooter onCancel={onClose}>
        <Button type="submit" busy={isSubmitting}>
          {project ? common('save') : t('dialog.createAction')}
        </Button>
      </DialogFooter>
    </form>
  );
}

interface OwnerFieldProps {
  project: Project;
  error: string | undefined;
  control: ReturnType<ReturnType<typeof useForm<ProjectForm>>['register']>;
}

/** Managers can choose another owner. The list includes the current owner even when disabled. */
function OwnerField({ project: { owner }, error, control }: OwnerFieldProps) {
  const { t } = useTranslation('projects');
  const { data } = useQuery(possibleOwnersQuery);
  const others = data?.results.filter(({ id }) => id !== owner.id) ?? [];
  return (
    <Field label={t('column.owner')} hint={t('dialog.ownerHint')} error={error}>
      <Select {...control}>
        {[owner, ...others].map(({ id, name, email }) => (
          <option key={id} value={id}>
            {name ? `${name} (${email})` : email}
          </option>
        ))}
      </Select>
    </Field>
  );
}
