import { createFileRoute } from '@tanstack/react-router';
import { LicensePage } from '#features/licenses/license-page';

export const Route = createFileRoute('/_app/licenses/$id')({ component: LicensePage });
