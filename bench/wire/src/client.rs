//! A client of either era over HTTP, and many of them as the load.

use std::cell::Cell;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::{
    connection::Connection,
    message::{self, Era, Head, INITIALIZE, INITIALIZED, Place, check_sum},
};

/// One client on one connection.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    place: Place,
    era: Era,
    session: Option<String>,
    add: Head,
}

impl Client {
    /// Connects, and opens a session where the era has them and the server gives one.
    pub(crate) async fn open(place: impl Into<Place>, era: Era) -> Result<Self> {
        let place = place.into();
        let mut connection = Connection::open(place.address).await?;
        let session = match era {
            Era::Modern => None,
            Era::Legacy => initialize(&mut connection, place).await?,
        };
        Ok(Self::on(connection, place, era, session))
    }

    /// Connects only, and says of its session what `other` says: for a server without sessions that is to
    /// read the very requests that another reads.
    pub(crate) async fn like(other: &Self, place: impl Into<Place>) -> Result<Self> {
        let place = place.into();
        let connection = Connection::open(place.address).await?;
        Ok(Self::on(
            connection,
            place,
            other.era,
            other.session.clone(),
        ))
    }

    fn on(connection: Connection, place: Place, era: Era, session: Option<String>) -> Self {
        Self {
            add: Head::call(place, era, session.as_deref(), place.tool),
            connection,
            place,
            era,
            session,
        }
    }

    /// The call that is measured, and its answer held to what it must say.
    pub(crate) async fn add(&mut self, id: u64) -> Result<()> {
        let request = self
            .add
            .with(&message::add_by(self.era, id, self.place.tool));
        self.connection.send(request.as_bytes()).await?;
        let answer = self.connection.answer().await?;
        answer.expect(200)?;
        check_sum(answer.body)?;
        Ok(())
    }

    /// The whole answer to the call that is measured.
    pub(crate) async fn added(&mut self, id: u64) -> Result<Value> {
        let request = self
            .add
            .with(&message::add_by(self.era, id, self.place.tool));
        self.connection.send(request.as_bytes()).await?;
        let answer = self.connection.answer().await?;
        answer.expect(200)?;
        Ok(serde_json::from_slice(answer.body)?)
    }

    /// The text that another tool without parameters gives.
    pub(crate) async fn ask(&mut self, tool: &str) -> Result<String> {
        self.begin(tool, "{}").await?;
        let answer = self.connection.answer().await?;
        answer.expect(200)?;
        let answer: Value = serde_json::from_slice(answer.body)?;
        let text = answer["result"]["content"][0]["text"].as_str();
        Ok(text
            .with_context(|| format!("{tool}: {answer}"))?
            .to_owned())
    }

    /// Sends a call and does not wait for its answer.
    pub(crate) async fn begin(&mut self, tool: &str, arguments: &str) -> Result<()> {
        let request = self.request(tool, arguments);
        self.connection.send(request.as_bytes()).await
    }

    /// A call as it is written.
    pub(crate) fn request(&self, tool: &str, arguments: &str) -> String {
        let body = message::call(self.era, 1, tool, arguments);
        Head::call(self.place, self.era, self.session.as_deref(), tool).with(&body)
    }

    /// Ends the session and the connection in order.
    pub(crate) async fn end(mut self) -> Result<()> {
        if let Some(session) = &self.session {
            let delete = Head::bare("DELETE", self.place, session);
            self.connection.send(delete.as_bytes()).await?;
            let answer = self.connection.answer().await?;
            anyhow::ensure!(answer.status < 300, "DELETE: {}", answer.status);
        }
        Ok(())
    }
}

/// The handshake of the legacy era; gives the id of the session, if the server has sessions.
pub(crate) async fn initialize(
    connection: &mut Connection,
    place: impl Into<Place>,
) -> Result<Option<String>> {
    let place = place.into();
    let head = Head::post(place, Era::Legacy, None);
    connection.send(head.with(INITIALIZE).as_bytes()).await?;
    let answer = connection.answer().await?;
    answer.expect(200)?;
    let session = answer.header("mcp-session-id").map(str::to_owned);
    let head = Head::post(place, Era::Legacy, session.as_deref());
    connection.send(head.with(INITIALIZED).as_bytes()).await?;
    connection.answer().await?.expect(202)?;
    Ok(session)
}

/// Clients that call as fast as they are answered.
pub(crate) struct Load {
    clients: Vec<Client>,
    next: Cell<u64>,
}

impl Load {
    pub(crate) fn new(clients: Vec<Client>) -> Self {
        Self {
            clients,
            next: Cell::new(1),
        }
    }

    /// So many clients, each with its own session where there are sessions.
    pub(crate) async fn open(place: impl Into<Place>, era: Era, count: usize) -> Result<Self> {
        let place = place.into();
        let mut clients = Vec::new();
        for _ in 0..count {
            clients.push(Client::open(place, era).await?);
        }
        Ok(Self::new(clients))
    }

    /// Makes this many calls, and checks each answer.
    pub(crate) async fn run(&mut self, calls: u64) -> Result<()> {
        let next = &self.next;
        let end = next.get() + calls;
        try_join_all(self.clients.iter_mut().map(async |client| {
            while next.get() < end {
                let id = next.replace(next.get() + 1);
                client.add(id).await?;
            }
            anyhow::Ok(())
        }))
        .await?;
        Ok(())
    }
}
