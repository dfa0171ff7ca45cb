import { LuaScript } from '#platform/redis/lua-script';

/**
 * The keys of one license's ledger. Their hash tag puts them into one slot of a Redis Cluster. It contains the tenant, so
 * that another tenant's token cannot address them. In Lua they are KEYS[1] to KEYS[6]:
 *
 * | key | contents |
 * | --- | --- |
 * | meta | `epoch` (without it the ledger is cold), `next` (lowest seat number never granted), `live` (number of sessions) |
 * | leases | sorted set: license session → lease end in ms of Redis time |
 * | sessions | license session → `seat|ends|lease|confirmed|token hash|token salt|holder` |
 * | holders | `user:machine` → license session |
 * | free | sorted set of seat numbers below `next` that are free |
 * | lapsed | seat number → lapsed license session that may not be recorded as expired yet |
 */
export function ledgerKeys(tenantId: string, licenseId: string): string[] {
  const tag = `seats:{${tenantId}:${licenseId}}`;
  return ['meta', 'leases', 'sessions', 'holders', 'free', 'lapsed'].map((name) => `${tag}:${name}`);
}

// ARGV[1] is always the clock offset in ms: 0 outside of tests.
const PRELUDE = `
local META, LEASES, SESSIONS, HOLDERS, FREE, LAPSED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])

local function is_cold() return redis.call('HEXISTS', META, 'epoch') == 0 end

local function unpack_session(packed)
  local seat, ends, lease, confirmed, hash, salt, holder =
    string.match(packed, '^(%d+)|(%d+)|(%d+)|(%d)|(%x+)|(%x+)|(.+)$')
  return { seat = tonumber(seat), ends = tonumber(ends), lease = tonumber(lease), confirmed = confirmed == '1',
    hash = hash, salt = salt, holder = holder }
end

local function put(id, s, lease_end)
  redis.call('HSET', SESSIONS, id, string.format('%d|%.0f|%.0f|%d|%s|%s|%s',
    s.seat, s.ends, s.lease, s.confirmed and 1 or 0, s.hash, s.salt, s.holder))
  redis.call('ZADD', LEASES, lease_end, id)
  redis.call('HSET', HOLDERS, s.holder, id)
end

local function drop(id, s)
  redis.call('HDEL', SESSIONS, id)
  redis.call('ZREM', LEASES, id)
  if redis.call('HGET', HOLDERS, s.holder) == id then redis.call('HDEL', HOLDERS, s.holder) end
  redis.call('ZADD', FREE, s.seat, s.seat)
  redis.call('HINCRBY', META, 'live', -1)
end

-- An unconfirmed grant has no row to record as expired. It must not hide the lapsed session whose seat it had taken.
local function lapse(id, s)
  drop(id, s)
  if s.confirmed then redis.call('HSET', LAPSED, s.seat, id) end
end

-- Takes a seat number out of the free ones. Returns false if it is not free.
local function take(seat)
  local next_seat = tonumber(redis.call('HGET', META, 'next'))
  if seat < next_seat then
    if redis.call('ZREM', FREE, seat) == 0 then return false end
  else
    for between = next_seat, seat - 1 do redis.call('ZADD', FREE, between, between) end
    redis.call('HSET', META, 'next', seat + 1)
  end
  redis.call('HINCRBY', META, 'live', 1)
  return true
end
`;

/**
 * ARGV: offset, holder, session id, token hash, token salt, seats_total, lease ms, session end ms or 0, session ms,
 * pending ms. Returns {cold} | {full, live, now} | {held or granted, session, seat, confirmed, hash, salt, ends, lease
 * end, now, lapsed sessions not yet recorded…}.
 */
export const ACQUIRE = new LuaScript(`${PRELUDE}
local holder, id, hash, salt = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local seats_total, lease, latest_end = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local session_length, pending = tonumber(ARGV[9]), tonumber(ARGV[10])
if is_cold() then return { 'cold' } end
-- Keys disagree after a partial eviction.
local live = redis.call('ZCARD', LEASES)
if live ~= redis.call('HLEN', SESSIONS) or live ~= redis.call('HLEN', HOLDERS)
  or live ~= tonumber(redis.call('HGET', META, 'live'))
  or live + redis.call('ZCARD', FREE) ~= tonumber(redis.call('HGET', META, 'next')) - 1 then
  redis.call('DEL', META)
  return { 'cold' }
end

local function answer(verdict, session_id, s, lease_end)
  local reply = { verdict, session_id, s.seat, s.confirmed and 1 or 0, s.hash, s.salt,
    string.format('%.0f', s.ends), string.format('%.0f', lease_end), string.format('%.0f', now) }
  if not s.confirmed then
    local before = redis.call('HGET', LAPSED, s.seat)
    if before then table.insert(reply, before) end
    for i, value in ipairs(redis.call('HRANDFIELD', LAPSED, 50, 'WITHVALUES')) do
      if i % 2 == 0 then table.insert(reply, value) end
    end
  end
  return reply
end

local own = redis.call('HGET', HOLDERS, holder)
if own then
  local s = unpack_session(redis.call('HGET', SESSIONS, own))
  local safe = tonumber(redis.call('ZSCORE', LEASES, own) or 0) > now
  -- A lapsed holder comes back only if there is room: seats may have been lowered.
  if now < s.ends and (safe or redis.call('ZCOUNT', LEASES, string.format('(%.0f', now), '+inf') < seats_total) then
    local lease_end = math.min(now + (s.confirmed and s.lease or pending), s.ends)
    redis.call('ZADD', LEASES, lease_end, own)
    return answer('held', own, s, lease_end)
  end
end

for _, lapsed in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now)) do
  lapse(lapsed, unpack_session(redis.call('HGET', SESSIONS, lapsed)))
end
live = redis.call('ZCARD', LEASES)
if live >= seats_total then return { 'full', live, string.format('%.0f', now) } end

local lowest = redis.call('ZRANGE', FREE, 0, 0)[1]
local seat = tonumber(lowest or redis.call('HGET', META, 'next'))
take(seat)
local ends = now + session_length
if latest_end > 0 then ends = math.min(ends, latest_end) end
local s = { seat = seat, ends = ends, lease = lease, confirmed = false, hash = hash, salt = salt, holder = holder }
local lease_end = math.min(now + pending, ends)
put(id, s, lease_end)
return answer('granted', id, s, lease_end)
`);

/** ARGV: offset, session id, then each session recorded as expired with its seat number… Gives a committed grant its full
 *  lease. */
export const CONFIRM = new LuaScript(`${PRELUDE}
local id = ARGV[2]
if is_cold() then return 0 end
for i = 3, #ARGV, 2 do
  if redis.call('HGET', LAPSED, ARGV[i + 1]) == ARGV[i] then redis.call('HDEL', LAPSED, ARGV[i + 1]) end
end
local packed = redis.call('HGET', SESSIONS, id)
if not packed then return 0 end
local s = unpack_session(packed)
s.confirmed = true
put(id, s, math.min(now + s.lease, s.ends))
return 1
`);

/** ARGV: offset, session id, token hash. Returns {cold} | {unknown} | {mismatch} | {ended} | {alive, lease end, ends,
 *  lease ms, now}. */
export const HEARTBEAT = new LuaScript<['cold' | 'unknown' | 'mismatch' | 'ended'] | ['alive', ...string[]]>(`${PRELUDE}
local id = ARGV[2]
if is_cold() then return { 'cold' } end
local packed = redis.call('HGET', SESSIONS, id)
if not packed then return { 'unknown' } end
local s = unpack_session(packed)
if ARGV[3] ~= '' and s.hash ~= ARGV[3] then return { 'mismatch' } end
if now >= s.ends then return { 'ended' } end
-- Postgres decides about an unconfirmed grant, which may have been committed. It also decides about a lapsed session: the
-- sweeper, or a grant while Redis could not be reached, may have recorded it as expired.
local lease_before = redis.call('ZSCORE', LEASES, id)
if not s.confirmed or not lease_before or tonumber(lease_before) <= now then return { 'unknown' } end
local lease_end = math.min(now + s.lease, s.ends)
redis.call('ZADD', LEASES, lease_end, id)
return { 'alive', string.format('%.0f', lease_end), string.format('%.0f', s.ends), string.format('%.0f', s.lease), string.format('%.0f', now) }
`);

/** ARGV: offset, session id, seat, ends, lease ms, token hash, token salt, holder, lease end. Puts in a session that is
 *  active in Postgres. */
export const ADOPT = new LuaScript<'adopted' | 'taken' | 'cold'>(`${PRELUDE}
local id, seat = ARGV[2], tonumber(ARGV[3])
if is_cold() then return 'cold' end
local s = { seat = seat, ends = tonumber(ARGV[4]), lease = tonumber(ARGV[5]), confirmed = true,
  hash = ARGV[6], salt = ARGV[7], holder = ARGV[8] }
if redis.call('HEXISTS', SESSIONS, id) == 0 then
  local other = redis.call('HGET', HOLDERS, s.holder)
  if other and other ~= id then return 'taken' end
  if not take(seat) then return 'taken' end
  if redis.call('HGET', LAPSED, seat) == id then redis.call('HDEL', LAPSED, seat) end
end
-- A heartbeat since the read of Postgres has the later end.
put(id, s, math.max(tonumber(ARGV[9]), tonumber(redis.call('ZSCORE', LEASES, id) or 0)))
return 'adopted'
`);

/** ARGV: offset, session ids… Takes ended sessions out. Idempotent. Returns how many it took out. */
export const FORGET = new LuaScript(`${PRELUDE}
if is_cold() then return 0 end
local gone = 0
for i = 2, #ARGV do
  local packed = redis.call('HGET', SESSIONS, ARGV[i])
  if packed then
    drop(ARGV[i], unpack_session(packed))
    gone = gone + 1
  end
end
return gone
`);

/** ARGV: offset, session ids… Returns {cold}, or {now, then the lease end of each, 0 for a lapsed one}. */
export const LAPSED_OF = new LuaScript(`${PRELUDE}
if is_cold() then return { 'cold' } end
local reply = { string.format('%.0f', now) }
for i = 2, #ARGV do
  local packed = redis.call('HGET', SESSIONS, ARGV[i])
  local lease_end = packed and tonumber(redis.call('ZSCORE', LEASES, ARGV[i])) or 0
  if packed and lease_end <= now then
    lapse(ARGV[i], unpack_session(packed))
    lease_end = 0
  end
  table.insert(reply, string.format('%.0f', lease_end))
end
return reply
`);

/** ARGV: offset. Returns {cold}, or {session, confirmed…} of sessions with a running lease. Changes nothing. */
export const LIVE = new LuaScript(`${PRELUDE}
if is_cold() then return { 'cold' } end
local reply = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, string.format('(%.0f', now), '+inf')) do
  local packed = redis.call('HGET', SESSIONS, id)
  if packed then
    table.insert(reply, id)
    table.insert(reply, unpack_session(packed).confirmed and 1 or 0)
  end
end
return reply
`);

/**
 * ARGV: offset, mode, epoch, rows as JSON [[session, seat, ends, lease ms, hash, salt, holder, recorded lease end,
 * seats_total]…], in the order of their seats.
 * Mode "cold" does nothing to a warm ledger; mode "force" replaces it. A session that the old ledger knew keeps its lease.
 * One that it had seen lapse stays lapsed. One that a warm ledger did not know gets its recorded lease while that still
 * runs, so that a rebuild does not prolong the lease of a dead holder. Every other session gets a fresh lease, unless its
 * recorded lease ended more than another whole lease ago: a live holder would have sent three heartbeats since. A session
 * whose recorded lease has ended gets the fresh lease only where there is room (decision record 0006): after a lowering,
 * another holder may have come back because this one counted as lapsed.
 */
export const REBUILD = new LuaScript(`${PRELUDE}
local mode, epoch, rows = ARGV[2], ARGV[3], cjson.decode(ARGV[4])
if mode == 'cold' and not is_cold() then return 0 end
local lease_of, was_lapsed, warm = {}, {}, not is_cold()
if warm then
  local known = redis.call('ZRANGE', LEASES, 0, -1, 'WITHSCORES')
  for i = 1, #known, 2 do lease_of[known[i]] = tonumber(known[i + 1]) end
  for _, id in ipairs(redis.call('HVALS', LAPSED)) do was_lapsed[id] = true end
end
redis.call('DEL', META, LEASES, SESSIONS, HOLDERS, FREE, LAPSED)
redis.call('HSET', META, 'epoch', epoch, 'next', 1, 'live', 0)
local lapsed = {}
local kept = 0
for i = #rows, 1, -1 do -- from the highest seat down: room depends on the seats above
  local row = rows[i]
  local id, recorded, seats_total = row[1], row[8], row[9]
  local s = { seat = row[2], ends = row[3], lease = row[4], confirmed = true, hash = row[5], salt = row[6], holder = row[7] }
  local over = now >= s.ends
    or (was_lapsed[id] and recorded <= now)
    or (not lease_of[id] and recorded + s.lease <= now)
    or (not lease_of[id] and recorded <= now and s.seat + kept > seats_total)
  if over then
    table.insert(lapsed, { s.seat, id })
  else
    take(s.seat)
    local fresh = (warm and recorded > now) and recorded or now + s.lease
    local lease_end = lease_of[id] or math.min(fresh, s.ends)
    put(id, s, lease_end)
    if lease_end > now then kept = kept + 1 end
  end
end
for _, pair in ipairs(lapsed) do redis.call('HSET', LAPSED, pair[1], pair[2]) end
return 1
`);
