//! What wraps calls on their way to an endpoint.

use std::{future::Future, sync::Arc};

use crate::{BoxFuture, Call, Endpoint, Line, Notice, Reply, Result, protocol::Identity};

/// Wraps every call on its way to an endpoint: looks, changes, refuses, repeats, answers by itself.
///
/// It sees calls of every method; [`Call::method`] says which.
///
/// ```
/// use fmcp_core::{Call, Middleware, Next, Reply, Result};
///
/// struct Audit;
///
/// impl Middleware for Audit {
///     async fn handle(&self, call: Call, next: Next<'_>) -> Result<Reply> {
///         let name = call.name().map(|name| name.into_owned());
///         let reply = next.run(call).await;
///         println!("{name:?}: {}", if reply.is_ok() { "answered" } else { "failed" });
///         reply
///     }
/// }
/// ```
pub trait Middleware: Send + Sync + 'static {
    /// Handles `call`; [`Next::run`] hands it on. `next` is `Copy`: a retry runs it again.
    fn handle(&self, call: Call, next: Next<'_>) -> impl Future<Output = Result<Reply>> + Send;

    /// Hears a notification of the peer on its way to the endpoint.
    fn hear(&self, notice: &Notice) -> impl Future<Output = ()> + Send {
        let _ = notice;
        std::future::ready(())
    }
}

/// [`Middleware`] behind a pointer.
trait DynMiddleware: Send + Sync {
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>>;
    fn hear<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, ()>;
}

impl<M: Middleware> DynMiddleware for M {
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(Middleware::handle(self, call, next))
    }

    fn hear<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, ()> {
        Box::pin(Middleware::hear(self, notice))
    }
}

/// One middleware, whichever it is.
#[derive(Clone)]
pub struct Layer(Arc<dyn DynMiddleware>);

impl Layer {
    /// Hides which middleware it is.
    pub fn new(middleware: impl Middleware) -> Self {
        Self(Arc::new(middleware))
    }
}

/// A middleware that is made of steps, one inside the other, which must all be able to hand on to the next
/// by [`Next::run`]: `fmcp`'s hooks. What handles a call in one go needs none of this.
pub trait Steps: Send + Sync {
    /// How many steps there are.
    fn len(&self) -> u8;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs one step.
    fn step<'a>(&'a self, step: u8, call: Call, next: Next<'a>) -> BoxFuture<'a, Result<Reply>>;
}

/// The rest of the way.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    /// The rest of the layer that is running, where it has several steps.
    step: Option<(&'a dyn Steps, u8)>,
    rest: &'a [Layer],
    inner: &'a dyn Endpoint,
}

impl<'a> Next<'a> {
    /// The way through `layers`, outermost first, to `inner`.
    #[must_use]
    pub fn new(layers: &'a [Layer], inner: &'a dyn Endpoint) -> Self {
        Self {
            step: None,
            rest: layers,
            inner,
        }
    }

    /// The same way, with a step of `layer` before it. For [`Steps`].
    #[must_use]
    pub fn through(self, layer: &'a dyn Steps, step: u8) -> Self {
        Self {
            step: Some((layer, step)),
            ..self
        }
    }

    /// The same way without the step that comes next. For [`Steps`].
    #[must_use]
    pub fn past(self) -> Self {
        Self {
            step: self
                .step
                .filter(|(layer, step)| step + 1 < layer.len())
                .map(|(layer, step)| (layer, step + 1)),
            ..self
        }
    }

    /// Lets every layer hear `notice`, then the endpoint.
    pub async fn notify(self, notice: Notice) {
        for layer in self.rest {
            layer.0.hear(&notice).await;
        }
        self.inner.notify(notice).await;
    }

    /// Hands `call` to the next middleware, or to the endpoint behind the last one.
    pub fn run(self, call: impl Into<Call>) -> BoxFuture<'a, Result<Reply>> {
        self.go(call.into())
    }

    fn go(self, call: Call) -> BoxFuture<'a, Result<Reply>> {
        if let Some((layer, step)) = self.step {
            return layer.step(step, call, Next { step: None, ..self });
        }
        match self.rest.split_first() {
            Some((layer, rest)) => layer.0.handle(call, Next { rest, ..self }),
            None => self.inner.call(call),
        }
    }
}

/// An endpoint with middleware around it.
///
/// The order is the order of [`Stack::layer`] calls: the first is the outermost.
pub struct Stack<E> {
    layers: Vec<Layer>,
    inner: E,
}

impl<E: Endpoint> Stack<E> {
    /// No middleware yet.
    pub fn new(inner: E) -> Self {
        Self {
            layers: Vec::new(),
            inner,
        }
    }

    /// An endpoint with `layers` around it, outermost first.
    pub fn with_layers(inner: E, layers: Vec<Layer>) -> Self {
        Self { layers, inner }
    }

    /// Adds a middleware inside those that are there.
    #[must_use]
    pub fn layer(mut self, middleware: impl Middleware) -> Self {
        self.layers.push(Layer::new(middleware));
        self
    }
}

impl<E: Endpoint> Endpoint for Stack<E> {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Next::new(&self.layers, &self.inner).run(call)
    }

    fn notify(&self, notice: Notice) -> BoxFuture<'_, ()> {
        Box::pin(Next::new(&self.layers, &self.inner).notify(notice))
    }

    fn connect(&self, line: Arc<dyn Line>) -> Option<Arc<dyn Endpoint>> {
        self.inner.connect(line)
    }

    fn identity(&self) -> Option<Arc<Identity>> {
        self.inner.identity()
    }
}
