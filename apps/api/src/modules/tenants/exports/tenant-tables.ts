/** A table with rows of tenants, and for each of its columns whether exports contain it. */
export interface TenantTable {
  name: string;
  /** The column that names the tenant. */
  tenantColumn: 'tenant_id' | 'id';
  /** The primary key, without the tenant. Rows are read and deleted in its order. */
  key: readonly string[];
  /** Columns that an export contains (GDPR, articles 15 and 20). */
  exported: readonly string[];
  /** Columns that never leave the database: secrets, and values that help to guess them. */
  secret: readonly string[];
}

/**
 * Every table with rows of tenants, in an order in which rows can be deleted: a table comes before those it refers to.
 * The specs fail for a column that is in neither list, so that each new column needs a decision.
 */
export const tenantTables: readonly TenantTable[] = [
  table('idempotency_keys', {
    exported: 'tenant_id id actor_id key operation applied_at status locked_until expires_at created_at',
    secret: 'request_hash headers body', // a stored response may contain a new API key
  }),
  table('outbox', {
    exported: 'tenant_id id topic traceparent created_at available_at attempts last_error published_at dead_at',
    secret: 'payload', // mails with links that sign in
  }),
  table('webhook_attempts', {
    exported: 'tenant_id id delivery_id attempted_at duration_ms status_code error body',
  }),
  table('webhook_deliveries', {
    exported: `tenant_id id endpoint_id event_id event_type resource_type resource_id sequence status waiting
      attempts next_attempt_at claimed_until completed_at created_at`,
  }),
  table('webhook_endpoints', {
    exported: `tenant_id id url description event_types status disabled_reason disabled_at consecutive_failures
      failing_since deleted_at version created_at updated_at`,
    secret: 'secret previous_secret previous_secret_until',
  }),
  table('events', {
    exported: 'tenant_id id sequence type resource_type resource_id data occurred_at recorded_at',
  }),
  table('denials', {
    exported: `tenant_id id license_id user_id machine_id product features reason occurred_at request_id
      event_recorded_at`,
  }),
  table('notices', { exported: 'tenant_id id license_id kind day created_at' }),
  table('usage_samples', {
    exported: `tenant_id id license_id sampled_at seats_total seats_in_use_peak seats_in_use_mean acquires denials
      unique_users unique_machines`,
  }),
  {
    ...table('usage_hours', {
      exported: `tenant_id license_id starts_at seats_total seats_in_use_peak seats_in_use_mean acquires denials
        unique_users unique_machines samples`,
    }),
    key: ['license_id', 'starts_at'],
  },
  {
    ...table('usage_days', {
      exported: `tenant_id license_id starts_at seats_total seats_in_use_peak seats_in_use_mean acquires denials
        unique_users unique_machines samples`,
    }),
    key: ['license_id', 'starts_at'],
  },
  table('license_sessions', {
    exported: `tenant_id id license_id user_id machine_id seat_no status started_at lease_expires_at expires_at
      last_heartbeat_at ended_at end_reason`,
    secret: 'token_salt token_hash',
  }),
  table('machines', { exported: 'tenant_id id machine_id hardware_fingerprint first_seen_at last_seen_at' }),
  table('projects', {
    exported: 'tenant_id id owner_id name description status archived_at version created_at updated_at',
  }),
  table('data_exports', {
    exported: 'tenant_id id requested_by status size_bytes sha256 error created_at completed_at expires_at',
    secret: 'file_name',
  }),
  table('invitations', {
    exported: 'tenant_id id email role invited_by expires_at accepted_at revoked_at created_at',
    secret: 'token_hash',
  }),
  table('identities', { exported: 'tenant_id id user_id provider subject email created_at' }),
  table('api_keys', {
    exported: 'tenant_id id user_id name prefix scopes expires_at last_used_at revoked_at created_at',
    secret: 'key_hash',
  }),
  table('refresh_tokens', {
    exported: 'tenant_id id user_id family_id replaces expires_at used_at revoked_at ip user_agent created_at',
    secret: 'token_hash',
  }),
  table('logins', {
    exported: 'tenant_id id user_id method ip user_agent created_at last_used_at expires_at revoked_at',
  }),
  table('recovery_codes', { exported: 'tenant_id id user_id used_at created_at', secret: 'code_hash' }),
  table('one_time_tokens', {
    exported: 'tenant_id id user_id purpose email expires_at used_at created_at',
    secret: 'token_hash',
  }),
  table('subscriptions', {
    exported: `tenant_id id stripe_subscription_id status plan_tier seats current_period_end cancel_at_period_end
      stripe_updated_at created_at updated_at`,
  }),
  table('former_addresses', {
    exported: 'tenant_id id user_id until',
    secret: 'email', // the person may be in the middle of an erasure
  }),
  table('users', {
    exported: `tenant_id id email name role status email_verified_at totp_enabled_at last_login_at version created_at
      updated_at`,
    secret: 'password_hash totp_secret totp_last_step',
  }),
  table('licenses', {
    exported: `tenant_id id key product plan_tier status seats_total features lease_seconds session_seconds valid_from
      valid_until created_at updated_at`,
  }),
  {
    ...table('audit_logs', {
      exported: `tenant_id occurred_at id actor_type actor_id actor_name action resource_type resource_id before after ip
        user_agent request_id sequence previous_hash hash actor_digest detail_digest erased_at`,
      secret: 'actor_salt detail_salt', // with a salt, erased values could be guessed from their digest
    }),
    key: ['occurred_at', 'id'],
  },
  table('event_logs', { exported: 'tenant_id id audit_sealed audit_recorded last_sequence' }),
  // After audit_logs, because the chain continues from the cuts. purge_tenant_audit deletes from both.
  table('audit_chain_cuts', {
    exported: 'tenant_id id month first_sequence previous_hash last_sequence last_hash',
  }),
  table('audit_erasures', { exported: 'tenant_id id user_id requested_at completed_at archives_erased_at' }),
  {
    ...table('tenants', {
      exported: `id slug name plan_tier status stripe_customer_id contact_email require_two_factor delete_after version
        created_at updated_at`,
    }),
    tenantColumn: 'id',
  },
];

function table(name: string, columns: { exported: string; secret?: string }): TenantTable {
  const { exported, secret = '' } = columns;
  return { name, tenantColumn: 'tenant_id', key: ['id'], exported: words(exported), secret: words(secret) };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
