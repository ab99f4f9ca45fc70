//! Together with the link over HTTP.

use std::{sync::Arc, time::Duration};

use fmcp_auth::{
    OAuth, Scheme,
    consent::{Consent, Visit},
    testing::Follow,
};
use fmcp_core::{
    BoxFuture, Call, Endpoint, Kind, Reply, Result,
    protocol::{Method, Params, model::Implementation},
};
use fmcp_transport::client::{
    Greeting, Link, http,
    web::{self, Web},
};
use tokio::{sync::Semaphore, time::timeout};

use crate::world::World;

/// A client that answers nothing.
struct Silent;

impl Endpoint for Silent {
    fn call(&self, _: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async { Err(fmcp_core::Error::new(Kind::MethodNotFound, "nothing")) })
    }
}

async fn open(world: &World, oauth: &OAuth, patience: Duration) -> Result<Arc<dyn Link>> {
    let web = Web::new(web::Settings::default()).unwrap();
    let mut settings = http::Settings::new(world.server.parse().unwrap(), web);
    settings.credentials = Some(oauth.credentials(&world.server)?);
    settings.patience = patience;
    let greeting = Greeting::new(Implementation::new("t", "1"));
    http::open(settings, &greeting, Arc::new(Silent)).await
}

#[tokio::test]
async fn a_link_signs_in_when_it_is_opened() {
    for binds in [false, true] {
        let world = World::with(|knobs| {
            knobs.binds = binds;
            knobs.nonce = binds.then_some("one");
            knobs.gives_refresh = true;
        })
        .await;
        let oauth = OAuth::new(Follow).in_memory();
        let link = open(&world, &oauth, Duration::from_secs(30)).await.unwrap();
        world.expire();
        for _ in 0..2 {
            let params = Params::of(&serde_json::json!({})).unwrap();
            link.call(Call::new(Method::Ping, params)).await.unwrap();
        }
        assert_eq!(
            (world.count("/authorize"), world.count("/register")),
            (1, 1)
        );
        link.close().await;
        world.satisfied();
    }
}

/// A user who thinks until there is a permit.
struct Thoughtful(Arc<Semaphore>);

struct Thinking(Arc<Semaphore>, Box<dyn Visit>);

impl Consent for Thoughtful {
    fn begin<'a>(&'a self, before: Option<&'a str>) -> BoxFuture<'a, Result<Box<dyn Visit>>> {
        Box::pin(async move {
            let visit = Follow.begin(before).await?;
            Ok(Box::new(Thinking(Arc::clone(&self.0), visit)) as Box<dyn Visit>)
        })
    }
}

impl Visit for Thinking {
    fn redirect_uri(&self) -> &str {
        self.1.redirect_uri()
    }

    fn send(self: Box<Self>, url: String) -> BoxFuture<'static, Result<String>> {
        Box::pin(async move {
            self.0.acquire().await.unwrap().forget();
            self.1.send(url).await
        })
    }
}

#[tokio::test]
async fn the_time_that_a_user_takes_is_not_the_servers() {
    let world = World::new().await;
    let go = Arc::new(Semaphore::new(0));
    let oauth = OAuth::new(Thoughtful(Arc::clone(&go))).in_memory();
    // As long as a busy machine may take for an answer.
    let patience = Duration::from_secs(1);
    let mut opening = std::pin::pin!(open(&world, &oauth, patience));
    let waited = timeout(patience * 2, &mut opening).await;
    assert!(waited.is_err(), "it ended before the user had signed in");
    go.add_permits(1);
    opening.await.unwrap();
    world.satisfied();
}
