//! What a client can be connected to.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fmcp_core::{BoxFuture, Endpoint, Error, Extensions, Result, protocol::Revision};
use fmcp_transport::client::{Greeting, Link};
use http::HeaderMap;

use super::{
    identity::Identity,
    infer::{self, Here, Meant},
    many::{Many, Opening},
    memory, program, remote, socket,
};
use crate::{
    Server,
    config::{Command, Entry, Names, Remote, Servers, Way},
};

/// What a client can be connected to.
///
/// Text says it in the shortest way: an address (`https://example.com/mcp`, `wss://…`, `unix:/run/s.sock`),
/// the path of a configuration with `mcpServers`, of a Python or JavaScript file or of a program, or a
/// command with its arguments. It is looked at once, when the client connects. Everything can also be said
/// so that there is nothing to infer.
///
/// ```no_run
/// use fmcp::{Client, Target};
///
/// # async fn connect() -> fmcp::Result<()> {
/// let one = Client::connect("https://example.com/mcp").await?;
/// let other = Client::connect("npx -y @modelcontextprotocol/server-everything").await?;
///
/// let third = Client::connect(Target::command("./server", ["--verbose"]).env("LOG", "debug")).await?;
/// let all = Client::connect("mcp.json").await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Target {
    place: Place,
    /// The revision to speak with it, and no other.
    revision: Option<Revision>,
}

#[derive(Clone)]
enum Place {
    Server(Server),
    Endpoint(Arc<dyn Endpoint>),
    Text(String),
    File(PathBuf),
    Command(Command),
    Remote(Remote),
    Socket(PathBuf),
    Servers(Servers),
    Many(Vec<(Box<str>, Target)>),
}

/// How a client wants to be connected, whatever to.
#[derive(Clone)]
#[allow(dead_code, reason = "not all carriers understand all of it")]
pub(crate) struct Approach {
    pub(crate) greeting: Greeting,
    /// Who hears what belongs to no call.
    pub(crate) peer: Arc<dyn Endpoint>,
    /// How long one server may take until it is connected to.
    pub(crate) patience: Duration,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
    /// Who the client is to the server.
    pub(crate) identity: Arc<Identity>,
    /// What only carriers understand.
    pub(crate) extensions: Extensions,
}

impl Approach {
    /// The same, to another server.
    fn apart(&self) -> Self {
        Self {
            identity: self.identity.apart(),
            ..self.clone()
        }
    }
}

/// A link, and what it consists of where it is one to many servers.
pub(crate) struct Opened {
    pub(crate) link: Arc<dyn Link>,
    pub(crate) many: Option<Arc<Many>>,
}

impl Target {
    fn at(place: Place) -> Self {
        Self {
            place,
            revision: None,
        }
    }

    /// A program that is a server on its standard streams.
    pub fn command<S: Into<String>>(
        program: impl Into<Box<str>>,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut command = Command::new(program);
        command.args = args.into_iter().map(Into::into).collect();
        Self::at(Place::Command(command))
    }

    /// A server from the registry of npm, run by `npx`.
    pub fn npx<S: Into<String>>(
        package: impl Into<String>,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::package("npx", ["-y".to_owned(), package.into()], args)
    }

    /// A server from the Python package index, run by `uvx`.
    pub fn uvx<S: Into<String>>(
        package: impl Into<String>,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::package("uvx", [package.into()], args)
    }

    fn package<const N: usize, S: Into<String>>(
        program: &str,
        first: [String; N],
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::command(
            program,
            first.into_iter().chain(args.into_iter().map(Into::into)),
        )
    }

    /// A server on a Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::at(Place::Socket(path.into()))
    }

    /// A server at an address, as it stands in a configuration.
    #[must_use]
    pub fn remote(remote: Remote) -> Self {
        Self::at(Place::Remote(remote))
    }

    /// Many servers, as one: what each has carries its name, `name_tool` and `data://name/…`.
    ///
    /// They are connected to at the same time. One that is down takes nobody along, and is tried again until
    /// it is there; [`Client::servers`](crate::Client::servers) says how they are.
    ///
    /// ```
    /// use fmcp::{Client, Server, Target, Tool};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> fmcp::Result<()> {
    /// let weather = Server::new("w").tool(Tool::new("forecast", || async { "sun" }));
    /// let notes = Server::new("n").tool(Tool::new("list", || async { "milk" }));
    ///
    /// let client = Client::connect(Target::many([("weather", weather), ("notes", notes)])).await?;
    /// assert_eq!(client.call("weather_forecast", ()).await?.text(), "sun");
    /// # Ok(()) }
    /// ```
    pub fn many<N: Into<Box<str>>, T: IntoTarget>(
        servers: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        let servers = servers.into_iter();
        Self::at(Place::Many(
            servers
                .map(|(name, target)| (name.into(), target.into_target()))
                .collect(),
        ))
    }

    /// Adds a variable to the environment of a program; of anything else, it changes nothing.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Place::Command(command) = &mut self.place {
            command.env.push((name.into(), value.into().into()));
        }
        self
    }

    /// Sets the folder that a program works in; of anything else, it changes nothing.
    #[must_use]
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Self {
        if let Place::Command(command) = &mut self.place {
            command.cwd = Some(folder.into());
        }
        self
    }

    /// Adds what a program says on its standard error to a file; of anything else, it changes nothing. Without it, that
    /// goes to the log.
    #[must_use]
    pub fn stderr(mut self, file: impl Into<PathBuf>) -> Self {
        if let Place::Command(command) = &mut self.place {
            command.stderr = Some(file.into());
        }
        self
    }

    /// The same, where it says in a text what it is, found out.
    pub(crate) fn understood(self) -> Result<Self> {
        let meant = match &self.place {
            Place::Text(text) => infer::infer(text, &Here)?,
            Place::File(path) => infer::file(path, &Here)?,
            _ => return Ok(self),
        };
        let place = match meant {
            Meant::Address(url) => Place::Remote(Remote::new(url)),
            Meant::Socket(path) => Place::Socket(path),
            Meant::File(path) => Place::Servers(Servers::read(path)?),
            Meant::Text(text) => Place::Servers(Servers::parse(&text)?),
            Meant::Program(words) => {
                let mut words = words.into_iter();
                let mut command = Command::new(words.next().unwrap_or_default());
                command.args = words.collect();
                Place::Command(command)
            }
        };
        Ok(Self { place, ..self })
    }

    /// How it is reached, as a configuration would say it; nothing for servers of this process, sockets, and
    /// many servers.
    ///
    /// ```
    /// use fmcp::{IntoTarget as _, config::Way};
    ///
    /// let way = "https://example.com/mcp".into_target().way()?;
    /// assert!(matches!(way, Some(Way::Remote(remote)) if remote.url.host() == Some("example.com")));
    /// # Ok::<(), fmcp::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a text says nothing that a client could be connected to.
    pub fn way(self) -> Result<Option<Way>> {
        Ok(match self.understood()?.place {
            Place::Command(command) => Some(Way::Command(command)),
            Place::Remote(remote) => Some(Way::Remote(remote)),
            _ => None,
        })
    }

    /// The server that an entry of a configuration describes.
    pub(crate) fn of(entry: &Entry) -> Self {
        let place = match &entry.way {
            Way::Command(command) => Place::Command(command.clone()),
            Way::Remote(remote) => Place::Remote(remote.clone()),
        };
        Self {
            place,
            revision: entry.revision,
        }
    }

    /// Whether it is at an address, once it is understood.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.place, Place::Remote(_))
    }

    /// Whether it stands for servers that are each connected to in their own time.
    pub(crate) fn is_many(&self) -> bool {
        matches!(self.place, Place::Servers(_) | Place::Many(_))
    }

    /// Speaks this revision with it, whatever the client speaks with others.
    #[must_use]
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// Opens a way to it, once it is understood.
    pub(crate) fn open(&self, approach: Approach) -> BoxFuture<'_, Result<Opened>> {
        // Boxed, because one to many servers opens others.
        Box::pin(self.opened(approach))
    }

    async fn opened(&self, mut how: Approach) -> Result<Opened> {
        how.greeting.revision = self.revision.or(how.greeting.revision);
        let link = match &self.place {
            Place::Server(_) | Place::Endpoint(_) => {
                memory::open(self.start().await?, &how.greeting, how.peer).await?
            }
            Place::Command(command) => program::open(command, how).await?,
            Place::Remote(remote) => remote::open(remote, how).await?,
            Place::Socket(path) => socket::open(path, how).await?,
            Place::Servers(servers) => return many(of_config(servers, &how), how).await,
            Place::Many(servers) => return many(of_targets(servers, &how)?, how).await,
            Place::Text(_) | Place::File(_) => {
                return self.clone().understood()?.open(how).await;
            }
        };
        Ok(Opened { link, many: None })
    }

    /// The endpoint itself, ready to be called, where it is one of this process.
    pub(crate) async fn start(&self) -> Result<Arc<dyn Endpoint>> {
        match &self.place {
            Place::Server(server) => {
                server.start().await?;
                Ok(Arc::new(server.clone()))
            }
            Place::Endpoint(endpoint) => Ok(Arc::clone(endpoint)),
            _ => Err(Error::invalid_params("this needs a server of this process")),
        }
    }
}

async fn many(openings: Vec<Opening>, how: Approach) -> Result<Opened> {
    let many = Arc::new(Many::open(openings, how.patience).await?);
    Ok(Opened {
        link: Arc::clone(&many) as _,
        many: Some(many),
    })
}

fn of_config(servers: &Servers, how: &Approach) -> Vec<Opening> {
    let enabled = servers.iter().filter(|(_, entry)| !entry.disabled);
    let openings = enabled.map(|(name, entry)| Opening {
        name: name.into(),
        target: Target::of(entry),
        how: how.apart(),
        tools: entry.tools.clone(),
        timeout: entry.timeout,
    });
    openings.collect()
}

fn of_targets(servers: &[(Box<str>, Target)], how: &Approach) -> Result<Vec<Opening>> {
    let mut openings: Vec<Opening> = Vec::with_capacity(servers.len());
    for (name, target) in servers {
        let again = openings.iter().any(|opening| opening.name == *name);
        if again {
            return Err(Error::invalid_params(format!(
                "two of the servers are called {name:?}"
            )));
        }
        openings.push(Opening {
            name: name.clone(),
            target: target.clone(),
            how: how.apart(),
            tools: Names::new(),
            timeout: None,
        });
    }
    Ok(openings)
}

/// Addresses and variables may hold what nobody should read in a log.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Server(_) => f.write_str("Server"),
            Place::Endpoint(_) => f.write_str("Endpoint"),
            Place::Text(_) => f.write_str("Text"),
            Place::File(path) => f.debug_tuple("File").field(path).finish(),
            Place::Command(command) => f.debug_tuple("Command").field(&command.program).finish(),
            Place::Remote(remote) => f.debug_tuple("Remote").field(&remote.url.host()).finish(),
            Place::Socket(path) => f.debug_tuple("Socket").field(path).finish(),
            Place::Servers(servers) => f.debug_list().entries(servers.names()).finish(),
            Place::Many(servers) => f
                .debug_map()
                .entries(servers.iter().map(|(name, target)| (name, target)))
                .finish(),
        }
    }
}

/// Whatever says where a server is.
#[diagnostic::on_unimplemented(
    message = "a client cannot be connected to a `{Self}`",
    note = "it can be connected to a URL, a path, a command or a configuration (as text), to `Servers`, a `Target`, a `Server`, a `&Server`, or an `Arc<dyn Endpoint>`"
)]
pub trait IntoTarget {
    /// Where the server is.
    fn into_target(self) -> Target;
}

impl IntoTarget for Target {
    fn into_target(self) -> Target {
        self
    }
}

macro_rules! targets {
    ($($ty:ty: |$from:ident| $place:expr;)*) => { $(
        impl IntoTarget for $ty {
            fn into_target(self) -> Target {
                let $from = self;
                Target::at($place)
            }
        }
    )* };
}

targets! {
    Server: |server| Place::Server(server);
    &Server: |server| Place::Server(server.clone());
    Arc<dyn Endpoint>: |endpoint| Place::Endpoint(endpoint);
    &str: |text| Place::Text(text.to_owned());
    String: |text| Place::Text(text);
    &String: |text| Place::Text(text.clone());
    PathBuf: |path| Place::File(path);
    &Path: |path| Place::File(path.to_owned());
    &PathBuf: |path| Place::File(path.clone());
    http::Uri: |url| Place::Remote(Remote::new(url));
    Remote: |remote| Place::Remote(remote);
    Command: |command| Place::Command(command);
    Servers: |servers| Place::Servers(servers);
}
