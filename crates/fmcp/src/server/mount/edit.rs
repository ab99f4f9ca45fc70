//! Mounting and unmounting, while a server is built and while it runs.

use std::sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering};

use fmcp_core::{ComponentKind, Error, Notice, Result};

use super::{
    super::{Server, build::Inner},
    door::Door,
    view::Mount,
};
use crate::{
    ServerStatus,
    namespace::{Namespace, rename},
    proxy::Standing,
};

/// Held while a server is mounted, so that no two mounts make a circle together.
static MOUNTING: Mutex<()> = Mutex::new(());

/// Who hears of a server's changes because it is mounted there.
pub(in crate::server) struct Above {
    parent: Weak<Inner>,
    door: Weak<Door>,
}

impl Server {
    /// Mounts a server in this one: whatever it has is offered here, under its name. Tools and prompts become
    /// `name_tool`; URIs get the name in front of what follows their scheme: `data://name/…`.
    ///
    /// It stays a server of its own. What is changed in it shows here at once; calls to it go through its
    /// middleware and see its state; it starts and stops with this one, unless somebody else has started it.
    /// Where several have something of the same name, this server's own comes first, then what was mounted
    /// first ([`Server::name_clashes`] tells). A name with more than 64 characters, which not every client
    /// takes, is cut and gets a digest in its end.
    ///
    /// ```
    /// use fmcp::{Client, Server, Tool};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let weather = Server::new("weather").tool(Tool::new("forecast", || async { "sun" }));
    /// let app = Server::new("app");
    /// app.mount("weather", &weather)?;
    ///
    /// let client = Client::connect(&app).await?;
    /// assert_eq!(client.call("weather_forecast", ()).await?.text(), "sun");
    ///
    /// weather.add_tool(Tool::new("tides", || async { "high" }))?;
    /// assert_eq!(client.call("weather_tides", ()).await?.text(), "high");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When the name is taken or cannot be part of a tool's name, the server was given something that it cannot
    /// use, or this server is mounted in it.
    pub fn mount(&self, name: impl Into<Box<str>>, child: impl Into<Self>) -> Result<()> {
        let name = name.into();
        self.mount_in(Some(Namespace::new(name.clone())), &name, &child.into())
    }

    /// As [`Server::mount`], but everything keeps the name that it has. `name` is only for
    /// [`Server::unmount`].
    ///
    /// # Errors
    /// As [`Server::mount`].
    pub fn mount_as_is(&self, name: impl Into<Box<str>>, child: impl Into<Self>) -> Result<()> {
        self.mount_in(None, &name.into(), &child.into())
    }

    fn mount_in(&self, namespace: Option<Namespace>, name: &str, child: &Self) -> Result<()> {
        check_name(name)?;
        child.check()?;
        let mounting = MOUNTING.lock().unwrap_or_else(PoisonError::into_inner);
        if child.leads_to(self) {
            let words = format!("mounting {name:?} would make a circle: this server is in it");
            return Err(Error::invalid_params(words));
        }
        let mount = Arc::new(Mount::new(Door {
            name: name.into(),
            namespace,
            child: child.clone(),
            parent: Arc::downgrade(&self.0),
        }));
        let above = Above {
            parent: Arc::downgrade(&self.0),
            door: Arc::downgrade(mount.door()),
        };
        child.0.above().push(above);
        let taken = self.edit(|draft| {
            let taken = draft.mounts.iter().any(|other| other.name() == name);
            if !taken {
                draft.mounts.push(Arc::clone(&mount));
            }
            taken
        });
        drop(mounting);
        if taken {
            child.0.forget_door(mount.door());
            return Err(Error::invalid_params(format!(
                "there is already a server mounted as {name:?}"
            )));
        }
        if self.0.lifespan.is_running() {
            self.report_clashes();
        }
        self.tell(kinds(&mount));
        Ok(())
    }

    /// Takes a server out that was mounted under this name; whether there was one. Calls that it is answering go
    /// on. If it was started by being mounted, it stops with this server.
    pub fn unmount(&self, name: &str) -> bool {
        let mount = self.edit(|draft| {
            let place = draft.mounts.iter().position(|mount| mount.name() == name)?;
            Some(draft.mounts.remove(place))
        });
        let Some(mount) = mount else {
            return false;
        };
        mount.door.child.0.forget_door(mount.door());
        self.tell(kinds(&mount));
        true
    }

    /// The names of the servers that are mounted here, in order.
    #[must_use]
    pub fn mounts(&self) -> Vec<Box<str>> {
        let draft = self.0.lock();
        draft
            .mounts
            .iter()
            .map(|mount| mount.name().into())
            .collect()
    }

    /// How the upstreams are that stand behind mounted servers, by the names under which those are mounted.
    #[must_use]
    pub fn upstreams(&self) -> Vec<(Box<str>, ServerStatus)> {
        let mounts = self.0.lock().mounts.clone();
        let states = mounts.iter().flat_map(|mount| {
            let child = &mount.door.child;
            let standing = child.0.now().home.state().get_arc::<Standing>();
            let below = child.upstreams().into_iter().map(|(name, status)| {
                let name = match &mount.door.namespace {
                    Some(namespace) => namespace.name(&name).into(),
                    None => name,
                };
                (name, status)
            });
            let own = standing.map(|standing| (mount.name().into(), standing.status()));
            own.into_iter().chain(below).collect::<Vec<_>>()
        });
        states.collect()
    }

    /// What cannot be reached under the name that one would expect, a sentence for each: of two components of
    /// one name only the first answers, and names that are too long are cut. It also stands in the log when the
    /// server starts.
    #[must_use]
    pub fn name_clashes(&self) -> Vec<String> {
        self.0.now().clashes.to_vec()
    }

    pub(in crate::server) fn report_clashes(&self) {
        for clash in &self.0.now().clashes {
            tracing::warn!("{clash}");
        }
    }

    /// Whether `other` is this server or mounted in it, however deep.
    fn leads_to(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        let mounts = self.0.lock().mounts.clone();
        mounts.iter().any(|mount| mount.door.child.leads_to(other))
    }
}

impl From<&Server> for Server {
    fn from(server: &Server) -> Self {
        server.clone()
    }
}

/// What lists a mounted server adds to.
fn kinds(mount: &Mount) -> Vec<ComponentKind> {
    let view = mount.view();
    if view.varies {
        return ComponentKind::ALL.to_vec();
    }
    view.components
        .iter()
        .map(|component| component.kind())
        .collect()
}

/// Whether a name can stand in those of tools and in URIs.
///
/// # Errors
/// When it cannot.
pub(super) fn check_name(name: &str) -> Result<()> {
    let usual = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.is_empty() || !name.chars().all(usual) {
        let shown: String = name.chars().take(100).collect();
        return Err(Error::invalid_params(format!(
            "{shown:?} cannot be a mounted server's name: that consists of letters, digits, `_`, `-` and `.`"
        )));
    }
    Ok(())
}

impl Inner {
    fn above(&self) -> std::sync::MutexGuard<'_, Vec<Above>> {
        self.above.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_door(&self, door: &Arc<Door>) {
        self.above()
            .retain(|above| !std::ptr::eq(above.door.as_ptr(), Arc::as_ptr(door)));
    }

    /// Whoever sees this server, directly or from above, looks again at the next call.
    pub(in crate::server) fn outdate(&self) {
        self.wanted.fetch_add(1, Ordering::AcqRel);
        self.above().retain(|above| match above.parent.upgrade() {
            Some(parent) => {
                parent.outdate();
                true
            }
            None => false,
        });
    }

    /// Tells whoever listens to this server, or to one that it is mounted in.
    pub(in crate::server) fn announce(&self, notice: Notice) {
        for above in self.above().iter() {
            if let (Some(parent), Some(door)) = (above.parent.upgrade(), above.door.upgrade()) {
                parent.announce(rename::notice(notice.clone(), door.namespace.as_ref()));
            }
        }
        self.tell(notice);
    }
}
