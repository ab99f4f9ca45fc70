//! What the machine gives: cores to pin to, descriptors, and what sockets cost in the kernel.

use anyhow::{Context as _, Result};
use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};

/// A core for the servers and another for the load; the same one where there is only one.
pub(crate) struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// Takes the first two cores that this process may use, and goes to the second.
    pub(crate) fn take() -> Result<Self> {
        let allowed = sched_getaffinity(None).context("asking for the cores")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let server = cores.next().context("there is no core")?;
        let load = cores.next().unwrap_or(server);
        pin(load)?;
        Ok(Self { server, load })
    }

    /// Runs `start` on the servers' core: a process that it starts stays there.
    pub(crate) fn on_server_core<T>(&self, start: impl FnOnce() -> T) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        Ok(started)
    }
}

fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("moving to core {core}"))
}

/// Raises the soft limit of open files to the hard one; processes started from here inherit it.
pub(crate) fn allow_many_descriptors() -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, all).context("raising the limit of open files")
}

/// What the kernel holds for all TCP sockets of the machine, as far as it tells: only root may ask, and
/// some kernels file sockets under other names. Counts the structures, not what is queued in them.
pub(crate) fn socket_bytes() -> Option<u64> {
    const OF_A_SOCKET: [&str; 4] = ["TCP", "sock_inode_cache", "filp", "eventpoll_epi"];
    let slabs = std::fs::read_to_string("/proc/slabinfo").ok()?;
    let mut bytes = 0;
    let mut seen = 0;
    for line in slabs.lines() {
        let mut words = line.split_ascii_whitespace();
        if words.next().is_some_and(|name| OF_A_SOCKET.contains(&name)) {
            let active: u64 = words.next()?.parse().ok()?;
            let size: u64 = words.nth(1)?.parse().ok()?;
            bytes += active * size;
            seen += 1;
        }
    }
    (seen == OF_A_SOCKET.len()).then_some(bytes)
}
