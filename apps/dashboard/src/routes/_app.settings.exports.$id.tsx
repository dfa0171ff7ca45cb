import { createFileRoute } from '@tanstack/react-router';
import { ExportPage } from '#features/settings/export-page';

export const Route = createFileRoute('/_app/settings/exports/$id')({ component: ExportPage });
