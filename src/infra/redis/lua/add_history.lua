-- add_history: add the numbers of a batch to those of the rows of each grain, and count the failures that it tells of;
-- nothing if the writer has added a batch of that number.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { { grain, … }, writer, number, { { seconds since 1970, queue, type, { number, … } }, … },
--           { { fingerprint, type, error, line, message, tasks, runs, moment (us), { id, … } }, … } }
--   returns 1 if it was added, else 0
-- needs: allow_full, moments, history
local MOST_SAMPLES = 5
local grains, writer, number, rows, sightings = unpack(cmsgpack.unpack(ARGV[4]))

local known_number = string.match(redis.call('HGET', KEYS[1] .. ':history:writers', writer) or '', '^%d+')
if known_number and tonumber(known_number) >= number then
  return 0
end
redis.call('HSET', KEYS[1] .. ':history:writers', writer, number .. ' ' .. now_text)

local function add_row(at, queue, type_, numbers)
  for _, grain in ipairs(grains) do
    local name, span = hash_of(grain, at), SPANS[tostring(grain)]
    local field = begin_of(at, grain) .. ' ' .. queue .. ' ' .. type_
    local sums = add_numbers(redis.call('HGET', KEYS[1] .. ':' .. name, field), { unpack(numbers) })
    redis.call('HSET', KEYS[1] .. ':' .. name, field, cmsgpack.pack(sums))
    remember_hash(name, begin_of(at, span) + span)
  end
end

local function merged(ids, older)
  local seen, kept = {}, {}
  for _, list in ipairs({ ids, older }) do
    for _, id in ipairs(list) do
      if not seen[id] and #kept < MOST_SAMPLES then
        seen[id] = true
        kept[#kept + 1] = id
      end
    end
  end
  return kept
end

local function see(fingerprint, type_, error_, line, message, tasks, runs, at, ids)
  local known = redis.call('HGET', KEYS[1] .. ':failures', fingerprint)
  local first, last, is_muted, note = at, at, false, ''
  if known then
    local _, _, _, _, tasks_before, runs_before, first_before, last_before, ids_before, was_muted, note_before =
      unpack(cmsgpack.unpack(known))
    tasks, runs, ids = tasks + tasks_before, runs + runs_before, merged(ids, ids_before)
    first, last = math.min(first, first_before), math.max(last, last_before)
    is_muted, note = was_muted, note_before
  end
  local group = { type_, error_, line, message, tasks, runs, first, last, ids, is_muted, note }
  redis.call('HSET', KEYS[1] .. ':failures', fingerprint, cmsgpack.pack(group))
  redis.call('ZADD', KEYS[1] .. ':failures:seen', text_of(last), fingerprint)
end

local function count_hour(fingerprint, runs, at)
  local seconds = math.floor(at / 1000000)
  redis.call('HINCRBY', KEYS[1] .. ':' .. hour_of(seconds), fingerprint, runs)
  remember_hash(hour_of(seconds), begin_of(seconds, HOUR) + HOUR)
end

for _, row in ipairs(rows) do
  add_row(unpack(row))
end
for _, sighting in ipairs(sightings) do
  local fingerprint, _, _, _, _, _, runs, at = unpack(sighting)
  see(unpack(sighting))
  count_hour(fingerprint, runs, at)
end
return 1
