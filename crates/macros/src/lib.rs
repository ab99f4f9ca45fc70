//! The attribute macros of `fmcp`: [`macro@tool`], [`macro@resource`], [`macro@prompt`] and
//! [`macro@server`].
//!
//! A macro writes only what one could write by hand with `Tool::new`, `Resource::new`, `Prompt::new` and
//! `Server::new`: the function stays as it is and can be called as before. What the types mean, what is
//! checked and how calls run is decided by the library; nothing of that belongs here.
//!
//! Each attribute is a file with `parse` (attribute and item to a `Spec`), `check` (faults into
//! `Errors`, all of them at once) and `emit`; start with `tool.rs`. The parameters and the closure that
//! all of them generate are in `params.rs` and `handler.rs`. `tests/expand` shows what is generated.

mod args;
mod argument;
mod bounds;
mod docs;
mod duration;
mod errors;
mod function;
mod handler;
mod kind;
mod names;
mod options;
mod params;
mod prompt;
mod resource;
mod server;
mod stream;
mod template;
#[cfg(test)]
mod tests;
mod tool;
mod types;

use proc_macro::TokenStream;

/// Makes a tool of a function: `add` gets `add::tool()`, which `Server::tool` takes.
///
/// ```ignore
/// /// Add two numbers.
/// #[tool(read_only, tags("math"), timeout = "5s")]
/// async fn add(
///     /// First addend
///     a: i64,
///     /// Second addend
///     #[arg(default = 1, range(-1000..=1000))] b: i64,
///     ctx: Context,
/// ) -> i64 {
///     ctx.info("adding").await;
///     a + b
/// }
///
/// let server = Server::new("calculator").tool(add::tool());
/// assert_eq!(add(1, 2, Context::default()).await, 3);
/// ```
///
/// The function may be `async` or not; it takes no generics, and its parameters are owned. Its doc
/// comment is the description of the tool.
///
/// A function that returns `impl Stream<Item = T>` (or such a stream in a `Result`) delivers each item
/// when it is there, and the whole at the end; `fmcp::Streamed` as the return type says how much there
/// may be.
///
/// # Parameters
///
/// A parameter is an argument that the caller sends, unless its type is called `Context` or it carries
/// `#[ctx]`: then the framework hands it in, and the schema does not show it. An `Option` may be left
/// out. The doc comment of a parameter is its description.
///
/// `#[arg(…)]` on an argument takes:
///
/// | option | meaning |
/// |---|---|
/// | `default = expr`, `default` | the value when none is given; bare: `Default::default()`. A literal needs no `Some` and no `.into()` |
/// | `range(1..=5)`, also `1..`, `..=5`, `1..5` | the bounds of a number |
/// | `length(1..=5)`, in the same forms | the length of a text, the number of items of a list or map |
/// | `pattern = "regex"` | what a text looks like |
/// | `one_of("a", "b")` | the only values allowed |
/// | `examples(1, 2)` | examples |
/// | `rename = "x"` | the name on the wire |
/// | `title = "…"`, `description = "…"` | for people; the latter goes before the doc comment |
/// | `deprecated` | should not be used any more |
/// | `header = "Region"` | mirrored into an HTTP header (strings, integers, booleans) |
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | instead of the function's name; 1 to 128 of `A-Z a-z 0-9 _ . -` |
/// | `title = "…"`, `description = "…"`, `version = "…"`, `tags("a", "b")` | how it is shown and found |
/// | `read_only`, `destructive`, `idempotent`, `open_world` | hints for clients; also `= false` |
/// | `strict` | arguments of the wrong type are refused instead of read leniently |
/// | `blocking` | run the function, which is not `async`, on the blocking pool |
/// | `timeout = "5s"` | `ms`, `s`, `m` or `h`; or an expression of type `Duration` |
/// | `enabled = false`, `disabled` | registered, but not offered |
/// | `meta(key = 1, "example.com/key" = "x")` | entries of `_meta` |
/// | `icon = expr`, `icons(a, b)` | icons |
/// | `output_schema = expr` | instead of the schema of the reply's type |
/// | `task`, `task = "required"` | runs as a task for clients that take tasks, or for nobody else |
/// | `asks_first` | becomes a task when the handler says so (`ctx.begin_task()?`) |
/// | `layer = expr` | middleware for this tool; may be given several times |
#[proc_macro_attribute]
pub fn tool(attr: TokenStream, item: TokenStream) -> TokenStream {
    tool::expand(attr.into(), &item.into()).into()
}

/// Makes a resource of a function: `settings` gets `settings::resource()`, which `Server::resource`
/// takes.
///
/// ```ignore
/// /// The settings.
/// #[resource("data://settings", mime = "application/json")]
/// async fn settings() -> Json<Settings> { todo!() }
///
/// #[resource("data://{category}/{id}{?format}", "legacy://{category}/{id}")]
/// async fn record(
///     #[complete(categories)] category: String,
///     id: u64,
///     format: Option<String>,
/// ) -> Json<Record> { todo!() }
///
/// let server = Server::new("crm").resource(settings::resource()).resource(record::resource());
/// ```
///
/// The URI comes first. With variables it is a template (RFC 6570), and each variable fills the
/// parameter of its name (`{user-id}` fills `user_id`); variables of the query may be missing, so they
/// need an `Option`, a `Vec` or a default. Several URIs answer with the same function.
///
/// Parameters are as for [`macro@tool`]; `#[complete(completer)]` completes a variable.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | instead of the function's name |
/// | `title = "…"`, `description = "…"`, `version = "…"`, `tags("a", "b")` | how it is shown and found |
/// | `mime = "application/json"` | the media type |
/// | `size = expr` | the size in bytes |
/// | `audience("user", "assistant")`, `priority = 0.5` | annotations |
/// | `exempt("path")` | this variable is not checked for leaving its folder (`..`) |
/// | `blocking`, `timeout = "5s"`, `enabled = false`, `disabled` | as for [`macro@tool`] |
/// | `meta(…)`, `icon = expr`, `icons(…)`, `layer = expr` | as for [`macro@tool`] |
#[proc_macro_attribute]
pub fn resource(attr: TokenStream, item: TokenStream) -> TokenStream {
    resource::expand(attr.into(), &item.into()).into()
}

/// Makes a prompt of a function: `review` gets `review::prompt()`, which `Server::prompt` takes.
///
/// ```ignore
/// /// Review a change.
/// #[prompt(tags("code"))]
/// fn review(
///     /// The code to review
///     code: String,
///     #[complete(languages)] language: Option<String>,
/// ) -> String { todo!() }
///
/// let server = Server::new("review").prompt(review::prompt());
/// ```
///
/// Parameters are as for [`macro@tool`], without `header`; `#[complete(completer)]` completes an
/// argument.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | instead of the function's name; 1 to 128 of `A-Z a-z 0-9 _ . -` |
/// | `title = "…"`, `description = "…"`, `version = "…"`, `tags("a", "b")` | how it is shown and found |
/// | `blocking`, `timeout = "5s"`, `enabled = false`, `disabled` | as for [`macro@tool`] |
/// | `meta(…)`, `icon = expr`, `icons(…)`, `layer = expr` | as for [`macro@tool`] |
#[proc_macro_attribute]
pub fn prompt(attr: TokenStream, item: TokenStream) -> TokenStream {
    prompt::expand(attr.into(), &item.into()).into()
}

/// Makes a server of a type: its methods that carry `#[tool]`, `#[resource]` or `#[prompt]` answer the
/// calls, and `into_server()` registers all of them.
///
/// ```ignore
/// struct Weather { api: Api }
///
/// #[server(version = "1.0.0", instructions = "Ask for the weather of a city")]
/// impl Weather {
///     /// The forecast for a city.
///     #[tool(read_only)]
///     async fn forecast(&self, city: String) -> Result<Json<Forecast>, ToolError> { todo!() }
///
///     #[resource("weather://stations")]
///     async fn stations(&self) -> Json<Vec<Station>> { todo!() }
///
///     fn not_exposed(&self) {}
/// }
///
/// Weather::new().into_server().run().await
/// ```
///
/// The methods take `&self`, since calls run at the same time, or no `self` at all. They take the same
/// options as functions do, and stay callable; unmarked methods are left alone.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | instead of the type's name, which is taken in kebab case |
/// | `version = "…"`, `title = "…"`, `instructions = "…"` | what clients are told |
#[proc_macro_attribute]
pub fn server(attr: TokenStream, item: TokenStream) -> TokenStream {
    server::expand(attr.into(), &item.into()).into()
}
