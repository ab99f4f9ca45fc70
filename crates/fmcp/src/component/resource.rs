//! Resources, and resources for every URI of a form.

use std::{sync::Arc, time::Duration};

use fmcp_core::{
    BoxFuture, Call, Component, Definition, Endpoint, Error, Kind, Raw, Reply, Result,
    handler::{AsResource, Failure},
    protocol::{
        Method,
        model::{self, Annotations, CacheScope, Role},
        uri_template::{Safety, UriTemplate, Variable},
    },
};
use serde_json::Value;

use super::{
    about::{About, about_methods},
    complete::{Completer, Completers},
};
use crate::{
    handler::{Erased, Handler, Outcome, Settle, Settled, erase, hidden},
    schema::{self, Arguments, Commas, Subject},
};

/// Something that can be read: under one URI, or under every URI of a form.
///
/// A URI with variables in braces is a template; the handler takes them as its arguments. `{id}` stands
/// for one segment, `{path*}` for several, `{?format,tag*}` for optional query parameters.
///
/// ```
/// use fmcp::{Input, Resource};
///
/// let motd = Resource::new("data://motd", || async { "Be excellent to each other" });
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Record {
///     id: u64,
/// }
/// let record = Resource::new("data://record/{id}", |Input(r): Input<Record>| async move {
///     format!("record {}", r.id)
/// })
/// .mime("text/plain");
/// ```
///
/// Values that point outside of a folder (`..`, an absolute path, NUL) are refused before the handler
/// runs, in the same words as a resource that does not exist, unless the variable is
/// [exempted](Resource::exempt).
#[derive(Clone)]
pub struct Resource {
    definition: model::Resource,
    about: About,
    more: Vec<String>,
    run: Erased,
    input: Option<Value>,
    input_enforced: bool,
    safety: Safety,
    completers: Completers,
}

about_methods!(Resource);

/// What a template component keeps for whoever looks for the one that a URI fits.
#[derive(Debug)]
pub(crate) struct Templated {
    pub(crate) template: UriTemplate,
    pub(crate) safety: Safety,
}

impl Resource {
    /// A resource, or a template where the URI has variables.
    pub fn new<A>(uri: impl Into<String>, handler: impl Handler<A, AsResource>) -> Self {
        let (run, description) = erase(handler);
        let uri = uri.into();
        Self {
            definition: model::Resource::new(uri.clone(), uri),
            about: About::default(),
            more: Vec::new(),
            run,
            input: description.input,
            input_enforced: description.input_enforced,
            safety: Safety::default(),
            completers: Completers::default(),
        }
    }

    /// Answers for another form of URI, too.
    #[must_use]
    pub fn also(mut self, uri_template: impl Into<String>) -> Self {
        self.more.push(uri_template.into());
        self
    }

    /// What programs call it; the URI unless told otherwise.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.definition.name = name.into();
        self
    }

    /// What its contents are: a mime type.
    #[must_use]
    pub fn mime(mut self, mime: impl Into<String>) -> Self {
        self.definition.mime_type = Some(mime.into());
        self
    }

    /// How many bytes its contents have.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.definition.size = Some(bytes);
        self
    }

    /// Whom it is meant for.
    #[must_use]
    pub fn audience<'a>(mut self, audience: impl IntoIterator<Item = &'a str>) -> Self {
        let audience = audience.into_iter().map(Role::from).collect();
        self.annotations_mut().audience = Some(audience);
        self
    }

    /// How much it matters, from 0 to 1.
    #[must_use]
    pub fn priority(mut self, priority: f64) -> Self {
        self.annotations_mut().priority = Some(priority.into());
        self
    }

    /// Lets a variable hold any path, `..` included. The handler must check it.
    #[must_use]
    pub fn exempt(mut self, variable: impl Into<String>) -> Self {
        self.safety = self.safety.exempt(variable);
        self
    }

    /// Completes a variable for people who are typing it.
    #[must_use]
    pub fn complete<M>(
        mut self,
        variable: impl Into<String>,
        completer: impl Completer<M>,
    ) -> Self {
        self.completers.add(variable.into(), completer);
        self
    }

    /// How long what is read may be kept, and by whom it may be shared.
    #[must_use]
    pub fn cache(mut self, ttl: std::time::Duration, scope: CacheScope) -> Self {
        self.about.ttl = Some(ttl);
        self.about.cache_scope = Some(scope);
        self
    }

    fn annotations_mut(&mut self) -> &mut Annotations {
        self.definition.annotations.get_or_insert_default()
    }

    /// The components: one for each URI or template.
    ///
    /// # Errors
    /// When a URI cannot be read as a template, or its variables are not what the handler takes: with all
    /// faults, a line for each.
    pub fn into_components(self) -> Result<Vec<Component>> {
        let schema = self
            .input
            .clone()
            .unwrap_or_else(|| serde_json::json!({"type": "object"}));
        let endpoint: Arc<dyn Endpoint> = Arc::new(ResourceEndpoint {
            run: Arc::clone(&self.run),
            timeout: self.about.timeout,
            completers: self.completers.clone().with_schema(&schema),
            arguments: self
                .input
                .as_ref()
                .map(|schema| Arguments::new(schema.clone(), false).typed(self.input_enforced)),
        });
        let uris = std::iter::once(self.definition.uri.clone()).chain(self.more.iter().cloned());
        let (mut components, mut faults) = (Vec::new(), Vec::new());
        for uri in uris {
            match self.component(&uri, Arc::clone(&endpoint)) {
                Ok(component) => components.push(component),
                Err(fault) => faults.push(fault.message().to_owned()),
            }
        }
        if faults.is_empty() {
            Ok(components)
        } else {
            Err(Error::internal(faults.join("\n")))
        }
    }

    fn component(&self, uri: &str, endpoint: Arc<dyn Endpoint>) -> Result<Component> {
        let refuse = |why: String| Error::internal(format!("resource {uri:?}: {why}"));
        let template = UriTemplate::parse(uri).map_err(|fault| refuse(fault.to_string()))?;
        if template.variables().next().is_none() {
            if self.input.is_some() {
                return Err(refuse(
                    "the handler takes arguments, but the URI has no variables".into(),
                ));
            }
            let mut definition = self.definition.clone();
            definition.uri = uri.to_owned();
            return Ok(self
                .about
                .clone()
                .build(Definition::Resource(Box::new(definition)), endpoint));
        }
        self.agree(&template).map_err(refuse)?;
        let from = &self.definition;
        let mut definition = model::ResourceTemplate::new(uri, from.name.clone());
        definition.title.clone_from(&from.title);
        definition.description.clone_from(&from.description);
        definition.mime_type.clone_from(&from.mime_type);
        definition.annotations.clone_from(&from.annotations);
        definition.icons.clone_from(&from.icons);
        let mut component = self
            .about
            .clone()
            .build(Definition::Template(Box::new(definition)), endpoint);
        component.extensions.insert(Templated {
            template,
            safety: self.safety.clone(),
        });
        Ok(component)
    }

    /// Whether the template gives what the handler takes, and nothing that it does not.
    fn agree(&self, template: &UriTemplate) -> Result<(), String> {
        let Some(schema) = &self.input else {
            let names: Vec<_> = template.variables().map(Variable::name).collect();
            return Err(format!(
                "the handler takes no arguments, but the URI has variables: {}",
                names.join(", ")
            ));
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        for variable in template.variables() {
            if !properties.is_some_and(|properties| properties.contains_key(variable.name())) {
                return Err(format!(
                    "the handler takes no argument {:?}",
                    variable.name()
                ));
            }
        }
        for required in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = required.as_str().unwrap_or_default();
            match template
                .variables()
                .find(|variable| variable.name() == name)
            {
                None => {
                    return Err(format!(
                        "the handler needs an argument {name:?}, which the URI does not have"
                    ));
                }
                Some(variable) if variable.optional() => {
                    return Err(format!(
                        "the query parameter {name:?} may be missing, so it needs `Option` or a default"
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Answers for one resource under all its URIs.
struct ResourceEndpoint {
    run: Erased,
    timeout: Option<Duration>,
    completers: Completers,
    arguments: Option<Arguments>,
}

impl Endpoint for ResourceEndpoint {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Reply>> {
        Box::pin(async move {
            match call.method() {
                Method::ReadResource => self.read(call).await,
                Method::Complete => self.completers.answer(call, self.timeout).await,
                _ => Err(Error::new(
                    Kind::MethodNotFound,
                    "a resource can only be read",
                )),
            }
        })
    }
}

impl ResourceEndpoint {
    async fn read(&self, call: Call) -> Result<Reply> {
        let Some(arguments) = &self.arguments else {
            return (self.run)(call, self.timeout, self).await;
        };
        // What stands in a URI is text; the schema says what it is read as.
        let given: Value = call.parse_arguments()?;
        let read = schema::coerce_with(arguments.schema(), given, Commas::Split);
        if arguments.needs_check()
            && let Some(refusal) = refusal(arguments, &read, &call)
        {
            return Err(refusal);
        }
        let call = call.with_arguments(Raw::from(read))?;
        (self.run)(call, self.timeout, self).await
    }
}

impl Settle for ResourceEndpoint {
    fn settle(&self, outcome: Outcome, call: Option<Call>) -> Settled<'_> {
        let refused = match (&outcome, &self.arguments, &call) {
            (Err(failure), Some(arguments), Some(call)) if failure.is_bad_arguments() => {
                let read = call.parse_arguments().unwrap_or_default();
                refusal(arguments, &read, call)
            }
            _ => None,
        };
        Settled::Done(match refused {
            Some(refusal) => Err(refusal),
            None => settle(outcome, call, "the resource could not be read"),
        })
    }
}

/// Why the values in a URI are not what the handler takes.
fn refusal(arguments: &Arguments, read: &Value, call: &Call) -> Option<Error> {
    let uri = call.name().unwrap_or_default();
    let faults = arguments.faults(
        Subject {
            kind: "resource",
            name: &uri,
        },
        read,
    )?;
    Some(Error::invalid_params(faults.to_string()))
}

/// A resource or prompt that fails is an error of the call.
pub(super) fn settle(outcome: Outcome, call: Option<Call>, failed: &'static str) -> Result<Reply> {
    outcome.map_err(|failure| match failure.into_parts() {
        Failure::Shown {
            message,
            structured,
            ..
        } => {
            let error = Error::internal(message);
            match structured {
                Some(data) => error.data(data),
                None => error,
            }
        }
        Failure::Hidden(source) => hidden(failed, source, call),
        Failure::Protocol(error) => error,
        _ => Error::internal(failed),
    })
}
