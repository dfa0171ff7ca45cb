-- The audit chain (decision record 0008): entries are inserted without a place in it, sealed once by license_system, and
-- from then on only erased of personal data.

-- What is left to seal. Nearly empty whenever the sealer keeps up.
CREATE INDEX "audit_logs_unsealed_idx" ON "audit_logs"("tenant_id", "occurred_at", "id") WHERE "sequence" IS NULL;

-- Nobody inserts an entry that says to be sealed.
REVOKE INSERT ON audit_logs FROM license_app, license_system;
GRANT INSERT (tenant_id, occurred_at, id, actor_type, actor_id, actor_name, action, resource_type, resource_id, before,
  after, ip, user_agent, request_id) ON audit_logs TO license_app, license_system;

-- Sealing sets the first seven, erasing sets the salts and the rest.
GRANT UPDATE (sequence, previous_hash, hash, actor_digest, detail_digest, actor_salt, detail_salt, actor_name, ip,
  user_agent, before, after, erased_at) ON audit_logs TO license_system;

-- What no right on a column can say: a change is a sealing or an erasure, whole and nothing else. A trigger of the
-- partitioned table is one of every partition, those to come included.
CREATE FUNCTION guard_audit_log() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
  allowed record := OLD;
BEGIN
  IF OLD.sequence IS NULL THEN
    allowed.sequence := NEW.sequence;
    allowed.previous_hash := NEW.previous_hash;
    allowed.hash := NEW.hash;
    allowed.actor_digest := NEW.actor_digest;
    allowed.detail_digest := NEW.detail_digest;
    allowed.actor_salt := NEW.actor_salt;
    allowed.detail_salt := NEW.detail_salt;
    IF NEW *= allowed AND NEW.sequence > 0
      AND octet_length(NEW.previous_hash) = 32 AND octet_length(NEW.hash) = 32
      AND octet_length(NEW.actor_digest) = 32 AND octet_length(NEW.detail_digest) = 32
      AND octet_length(NEW.actor_salt) = 16 AND octet_length(NEW.detail_salt) = 16
    THEN RETURN NEW; END IF;
  ELSE
    IF NEW.actor_salt IS NULL THEN
      allowed.actor_salt := NULL;
      allowed.actor_name := NULL;
      allowed.ip := NULL;
      allowed.user_agent := NULL;
    END IF;
    IF NEW.detail_salt IS NULL THEN
      allowed.detail_salt := NULL;
      allowed.before := NULL;
      allowed.after := NULL;
    END IF;
    allowed.erased_at := coalesce(OLD.erased_at, NEW.erased_at);
    IF NEW *= allowed AND NEW.erased_at IS NOT NULL AND (NEW.actor_salt IS NULL OR NEW.detail_salt IS NULL)
    THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'audit entries are sealed once and then only erased' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER guard_audit_log BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE FUNCTION guard_audit_log();
