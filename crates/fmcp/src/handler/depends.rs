//! What is computed per call, once, when somebody asks for it.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    future::Future,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use fmcp_core::{Context, FromCall, HandlerError};
use tokio::sync::OnceCell;

/// Something that is computed from the call: the current user, a database session, a tenant's settings.
///
/// ```
/// use fmcp::{Context, Depends, Provide, ToolError};
///
/// struct Tenant(String);
///
/// impl Provide for Tenant {
///     async fn provide(ctx: &Context) -> Result<Self, ToolError> {
///         let who = ctx.principal().ok_or_else(|| ToolError::new("please sign in"))?;
///         Ok(Tenant(who.subject.to_string()))
///     }
/// }
///
/// struct Settings(String);
///
/// impl Provide for Settings {
///     async fn provide(ctx: &Context) -> Result<Self, ToolError> {
///         let tenant = Depends::<Tenant>::of(ctx).await?; // depends on another
///         Ok(Settings(format!("settings of {}", tenant.0.0)))
///     }
/// }
/// ```
pub trait Provide: Sized + Send + Sync + 'static {
    /// Computes it.
    ///
    /// # Errors
    /// Whatever the handler itself could have failed with; it is not run.
    fn provide(context: &Context) -> impl Future<Output = Result<Self, HandlerError>> + Send;
}

/// A `T` that is computed for the call: at most once, whoever asks for it, and not before.
#[derive(Debug)]
pub struct Depends<T>(pub Arc<T>);

impl<T: Provide> Depends<T> {
    /// The call's `T`, computed now if nobody has asked for it before.
    ///
    /// # Errors
    /// When it cannot be computed, or needs itself.
    pub async fn of(context: &Context) -> Result<Self, HandlerError> {
        let inner = context.resolving::<T>()?;
        let cell = context.call().scratch::<Computed>().cell(TypeId::of::<T>());
        let value = cell
            .get_or_try_init(|| async {
                let value: Arc<dyn Any + Send + Sync> = Arc::new(T::provide(&inner).await?);
                Ok::<_, HandlerError>(value)
            })
            .await?;
        let value = Arc::clone(value)
            .downcast()
            .map_err(|_| HandlerError::hidden("a dependency changed its type"))?;
        Ok(Self(value))
    }
}

impl<T> Clone for Depends<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Depends<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Provide> FromCall for Depends<T> {
    async fn from_call(context: &Context) -> Result<Self, HandlerError> {
        Self::of(context).await
    }
}

type Cell = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// What has been computed for one call.
#[derive(Default)]
struct Computed(Mutex<HashMap<TypeId, Cell>>);

impl Computed {
    fn cell(&self, id: TypeId) -> Cell {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(id).or_default())
    }
}
