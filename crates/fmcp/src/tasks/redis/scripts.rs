//! What happens in one step. Each script is all that others see of it, or nothing.

use std::sync::LazyLock;

use ::redis::Script;

/// The group that has what runs, and the one name that all who run something have in it: whose claim it is, the hash says.
pub(super) const GROUP: &str = "workers";
pub(super) const CONSUMER: &str = "worker";

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => { $(
        $(#[$doc])*
        pub(super) static $name: LazyLock<Script> = LazyLock::new(|| Script::new($text));
    )* };
}

scripts! {
    /// KEYS: one, work, kept, of. ARGV: id, owner, order, state, keep in ms, room: kept, waiting, of one owner (0: any).
    /// 0: accepted, or it had been. Else what there is no room for.
    ACCEPT = r"
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
        redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
        if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[6]) then return 1 end
        if redis.call('EXISTS', KEYS[2]) == 0 then
            redis.call('XGROUP', 'CREATE', KEYS[2], 'workers', '0', 'MKSTREAM')
        end
        local running = redis.call('XPENDING', KEYS[2], 'workers')[1]
        if redis.call('XLEN', KEYS[2]) - running >= tonumber(ARGV[7]) then return 2 end
        local own = tonumber(ARGV[8])
        if own > 0 and redis.call('ZCARD', KEYS[4]) >= own then return 3 end
        local ends = now + tonumber(ARGV[5])
        redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'order', ARGV[3], 'state', ARGV[4],
            'version', 0, 'attempts', 0, 'of', KEYS[4])
        redis.call('PEXPIRE', KEYS[1], ARGV[5])
        redis.call('ZADD', KEYS[3], ends, ARGV[1])
        redis.call('ZADD', KEYS[4], ends, ARGV[1])
        -- The set of an owner goes with the last of their tasks.
        local left = redis.call('PTTL', KEYS[4])
        if left < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[4], ARGV[5]) end
        redis.call('XADD', KEYS[2], '*', 'id', ARGV[1])
        return 0
    ";

    /// KEYS: work. ARGV: what hashes begin with, the lease's name, lease in ms; an entry that was read for the first
    /// time and its id, where they are known. Nothing, or: id, entry, owner, order, state, version, attempts.
    CLAIM = r"
        if redis.call('EXISTS', KEYS[1]) == 0 then
            redis.call('XGROUP', 'CREATE', KEYS[1], 'workers', '0', 'MKSTREAM')
        end
        local function take(entry, id)
            local one = ARGV[1] .. id
            local kept = redis.call('HMGET', one, 'owner', 'order', 'state', 'version')
            if not kept[1] then
                redis.call('XACK', KEYS[1], 'workers', entry)
                redis.call('XDEL', KEYS[1], entry)
                return nil
            end
            redis.call('HSET', one, 'lease', ARGV[2], 'entry', entry)
            local attempts = redis.call('HINCRBY', one, 'attempts', 1)
            return {id, entry, kept[1], kept[2], kept[3], kept[4], tostring(attempts)}
        end
        if ARGV[4] then
            -- Who has read it may come so late that somebody else has claimed it: then it was delivered again, or is gone.
            local read = redis.call('XPENDING', KEYS[1], 'workers', ARGV[4], ARGV[4], 1)
            if not read[1] or read[1][4] ~= 1 then return nil end
            redis.call('XCLAIM', KEYS[1], 'workers', 'worker', 0, ARGV[4], 'JUSTID')
            return take(ARGV[4], ARGV[5])
        end
        for _ = 1, 100 do
            local entry, id
            local lapsed = redis.call('XPENDING', KEYS[1], 'workers', 'IDLE', ARGV[3], '-', '+', 1)
            if lapsed[1] then
                entry = lapsed[1][1]
                local again = redis.call('XCLAIM', KEYS[1], 'workers', 'worker', 0, entry)
                -- An entry that was removed is not claimed.
                if again[1] then id = again[1][2][2] else redis.call('XACK', KEYS[1], 'workers', entry) end
            else
                local new = redis.call('XREADGROUP', 'GROUP', 'workers', 'worker', 'COUNT', 1,
                    'STREAMS', KEYS[1], '>')
                if not new then return nil end
                entry = new[1][2][1][1]
                id = new[1][2][1][2][2]
            end
            if id then
                local taken = take(entry, id)
                if taken then return taken end
            end
        end
        return nil
    ";

    /// KEYS: one, work. ARGV: lease, entry. 1: it is the lease's still.
    RENEW = r"
        if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 0 end
        redis.call('XCLAIM', KEYS[2], 'workers', 'worker', 0, ARGV[2], 'JUSTID')
        return 1
    ";

    /// KEYS: one, work, dead. ARGV: lease, entry, id, what is to become of it.
    SETTLE = r"
        local lease = redis.call('HGET', KEYS[1], 'lease')
        -- Where the hash is gone, nobody else runs the task.
        if lease and lease ~= ARGV[1] then return 0 end
        redis.call('XACK', KEYS[2], 'workers', ARGV[2])
        redis.call('XDEL', KEYS[2], ARGV[2])
        if not lease then return 0 end
        redis.call('HDEL', KEYS[1], 'lease', 'entry')
        if ARGV[4] == 'again' then
            -- What was given back was not begun.
            redis.call('HINCRBY', KEYS[1], 'attempts', -1)
            redis.call('XADD', KEYS[2], '*', 'id', ARGV[3])
        elseif ARGV[4] == 'dead' then
            redis.call('XADD', KEYS[3], 'MAXLEN', '~', 10000, '*', 'id', ARGV[3],
                'attempts', redis.call('HGET', KEYS[1], 'attempts'))
        end
        return 1
    ";

    /// KEYS: one, kept. ARGV: id, version, state, keep in ms, channel. 1: written.
    WRITE = r"
        if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then return 0 end
        local time = redis.call('TIME')
        local ends = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[4])
        redis.call('HSET', KEYS[1], 'state', ARGV[3])
        redis.call('HINCRBY', KEYS[1], 'version', 1)
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        redis.call('ZADD', KEYS[2], ends, ARGV[1])
        local of = redis.call('HGET', KEYS[1], 'of')
        redis.call('ZADD', of, ends, ARGV[1])
        if redis.call('PTTL', of) < tonumber(ARGV[4]) then redis.call('PEXPIRE', of, ARGV[4]) end
        redis.call('PUBLISH', ARGV[5], ARGV[1])
        return 1
    ";
}
