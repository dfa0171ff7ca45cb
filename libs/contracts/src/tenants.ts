import { z } from 'zod';
import { Id, PageQuery, pageOf, PlanTier, TenantSlug, Timestamp } from './common.js';
import { example } from './examples.js';
import { dataExportStatuses, licenseStatuses, tenantStatuses } from './names.js';
import { Password } from './passwords.js';
import { DisplayName, EmailAddress } from './users.js';

/** Names of the product, its hosts and its pages. An organization with such a slug could be mistaken for them. */
const RESERVED_SLUGS = new Set(
  `about abuse account accounts admin administrator api app apps assets auth beta billing blog cdn coditect community
  console contact dashboard demo dev developer developers docs download downloads email ftp healthz help home id imap
  internal invite legal license licenses localhost login logout mail me metrics monitoring new noreply ns1 ns2 null oauth
  official ops owner partners pay payments pop portal postmaster pricing privacy production public readyz register root
  sales security settings signin signup smtp sso staff staging static status stripe support system team teams tenant
  tenants terms test undefined user users webhook webhooks webmaster well-known www www1 www2`.split(/\s+/),
);

/** A slug that organizations may choose. */
export const ChosenTenantSlug = TenantSlug.refine((slug) => !RESERVED_SLUGS.has(slug), 'is reserved');

export const UpdateTenantRequest = z
  .strictObject({
    name: DisplayName.optional(),
    slug: ChosenTenantSlug.optional().meta({
      description: 'Users enter it when they sign in. The old slug stays reserved for the organization for 90 days',
    }),
    contact_email: EmailAddress.nullable().optional(),
    require_two_factor: z
      .boolean()
      .optional()
      .meta({ description: 'The user who turns this on must already have a second factor' }),
  })
  .meta({
    id: 'UpdateTenantRequest',
    examples: [{ name: 'Acme Aerospace', slug: 'acme-aerospace' }, { require_two_factor: true }],
  });
export type UpdateTenantRequest = z.infer<typeof UpdateTenantRequest>;

export const Tenant = z
  .object({
    id: Id,
    slug: z.string(),
    name: z.string(),
    status: z.enum(tenantStatuses),
    plan_tier: PlanTier,
    contact_email: z.string().nullable(),
    require_two_factor: z.boolean(),
    delete_after: Timestamp.nullable().meta({
      description: 'Set while the organization is closed: when its data will be deleted permanently',
    }),
    version: z.int().meta({ description: 'Increases with every change. The ETag is made from it' }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .meta({
    id: 'Tenant',
    examples: [
      {
        id: example.tenantId,
        slug: 'acme',
        name: 'Acme',
        status: 'active',
        plan_tier: 'team',
        contact_email: 'it@acme.example',
        require_two_factor: false,
        delete_after: null,
        version: 3,
        created_at: example.then,
        updated_at: example.now,
      },
    ],
  });
export type Tenant = z.infer<typeof Tenant>;

export const TenantQuota = z
  .object({
    plan_tier: PlanTier,
    features: z.array(z.string()).meta({ description: 'Features that the plan includes' }),
    users: z.object({
      limit: z.int(),
      used: z.int().meta({ description: 'Users, including disabled ones, and open invitations' }),
      pending_invitations: z.int().meta({ description: 'How many of them are open invitations' }),
    }),
    projects: z.object({
      limit: z.int(),
      used: z.int().meta({ description: 'Active projects. Archived ones do not count' }),
    }),
    licenses: z
      .array(
        z.object({
          license_id: Id,
          product: z.string(),
          status: z.enum(licenseStatuses),
          seats_total: z.int().meta({ description: 'Bought' }),
          seats_in_use: z.int(),
        }),
      )
      .meta({ description: 'Oldest first' }),
  })
  .meta({
    id: 'TenantQuota',
    examples: [
      {
        plan_tier: 'team',
        features: ['editor', 'agents', 'collaboration'],
        users: { limit: 50, used: 12, pending_invitations: 2 },
        projects: { limit: 100, used: 7 },
        licenses: [
          { license_id: example.licenseId, product: 'coditect', status: 'active', seats_total: 25, seats_in_use: 9 },
        ],
      },
    ],
  });
export type TenantQuota = z.infer<typeof TenantQuota>;

export const CloseTenantRequest = z
  .strictObject({
    confirm_slug: z.string().max(63).meta({ description: 'The slug of the organization, typed as a confirmation' }),
    password: Password.optional().meta({ description: "The caller's password. Required if the account has one" }),
  })
  .meta({ id: 'CloseTenantRequest', examples: [{ confirm_slug: 'acme', password: 'correct horse battery staple' }] });
export type CloseTenantRequest = z.infer<typeof CloseTenantRequest>;

export const DataExport = z
  .object({
    id: Id,
    status: z.enum(dataExportStatuses),
    requested_by: Id,
    size_bytes: z.int().nullable(),
    sha256: z.string().nullable().meta({ description: 'SHA-256 of the zip file, in hex' }),
    error: z.string().nullable(),
    created_at: Timestamp,
    completed_at: Timestamp.nullable(),
    expires_at: Timestamp.nullable().meta({ description: 'When the download ends' }),
  })
  .meta({
    id: 'DataExport',
    examples: [
      {
        id: '0195a4c1-4b7e-7a02-9d35-c8e1f26a7b90',
        status: 'ready',
        requested_by: example.userId,
        size_bytes: 183_422,
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        error: null,
        created_at: example.then,
        completed_at: example.now,
        expires_at: '2026-11-29T09:30:00.000Z',
      },
    ],
  });
export type DataExport = z.infer<typeof DataExport>;

export const DataExportPage = pageOf(DataExport, 'DataExportPage');
export const DataExportQuery = PageQuery.extend({
  status: z.enum(dataExportStatuses).optional(),
  ordering: z.enum(['created_at', '-created_at']).default('-created_at'),
});
export type DataExportQuery = z.infer<typeof DataExportQuery>;
