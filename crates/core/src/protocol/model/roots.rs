//! `roots/list`: the places that the user works in.

use super::Meta;
use crate::json::{model, setters};

model! {
    /// The parameters of `roots/list`.
    #[derive(Default)]
    pub struct ListRootsParams new() {
        /// What the request says about itself.
        meta: Option<Meta> = "_meta",
    }

    /// The result of `roots/list`.
    #[derive(Default)]
    pub struct ListRootsResult new(roots: Vec<Root>) {
        /// What the result says about itself.
        meta: Option<Meta> = "_meta",
        /// The places.
        roots: Vec<Root> = "roots",
    }

    /// A place that the user works in.
    pub struct Root new(uri: String) {
        /// Its address; so far always a `file:` one.
        uri: String = "uri",
        /// What people call it.
        name: Option<String> = "name",
        /// What the place says about itself.
        meta: Option<Meta> = "_meta",
    }
}

setters!(ListRootsParams { meta: Meta });
setters!(ListRootsResult { meta: Meta });
setters!(Root {
    name: String,
    meta: Meta
});

impl From<&str> for Root {
    fn from(uri: &str) -> Self {
        Self::new(uri)
    }
}

impl From<String> for Root {
    fn from(uri: String) -> Self {
        Self::new(uri)
    }
}
