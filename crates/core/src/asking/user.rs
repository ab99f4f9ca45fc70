//! Questions to the user, and where the user works.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{Ask, Choice, Elicited, choice, elicited, fit, form::Form, question::require};
use crate::{
    Context, Error, Extra, Result,
    protocol::model::{
        ElicitFormParams, ElicitUrlParams, InputRequest, InputResponses, ListRootsRequest,
        ListRootsResult, RequestedSchema, Root,
    },
};

/// The field that a choice stands in.
const CHOICE: &str = "choice";

impl Context {
    /// Asks the user for a `T`: a flat struct of text, numbers, booleans, enums and lists of enums, or one
    /// of these alone. Not for secrets: those belong behind an address ([`Context::elicit_url`]).
    ///
    /// **In revisions without sessions, what stands before this runs again when the answer is there**; see
    /// [`Ask`].
    ///
    /// ```
    /// use fmcp_core::{Context, Elicited, ToolError};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Trip {
    ///     /// Where to
    ///     city: String,
    ///     nights: u8,
    /// }
    ///
    /// async fn book(ctx: Context) -> Result<String, ToolError> {
    ///     match ctx.elicit::<Trip>("Where do you want to go?").await? {
    ///         Elicited::Accepted(trip) => Ok(format!("{} nights in {}", trip.nights, trip.city)),
    ///         Elicited::Declined | Elicited::Cancelled => Ok("Another time, then.".into()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// When awaited: when `T` is more than a form can ask for, the client cannot ask its user or does not
    /// answer in time, or its answers cannot be used.
    pub fn elicit<T>(&self, message: impl Into<String>) -> Ask<Elicited<T>>
    where
        T: JsonSchema + DeserializeOwned + Send + 'static,
    {
        let form = Form::of::<T>();
        let question = form
            .as_ref()
            .map(|form| ElicitFormParams::new(message, form.schema.clone()));
        let question = question.map_err(|error| Error::internal(error.message().to_owned()));
        Ask::new(self, question, move |answer| match &form {
            Ok(form) => elicited::read(answer, |entered| form.read(entered)),
            Err(error) => Err(error.message().to_owned()),
        })
    }

    /// Asks the user with a form that is made at run time.
    ///
    /// # Errors
    /// As [`Context::elicit`], when awaited.
    pub fn elicit_form(
        &self,
        message: impl Into<String>,
        form: RequestedSchema,
    ) -> Ask<Elicited<Extra>> {
        let question = ElicitFormParams::new(message, form.clone());
        Ask::new(self, Ok(question), move |answer| {
            elicited::read(answer, |entered| fit::fields(&form, entered))
        })
    }

    /// Asks the user to agree. Whoever turns away does not.
    ///
    /// # Errors
    /// As [`Context::elicit`], when awaited.
    pub fn confirm(&self, message: impl Into<String>) -> Ask<bool> {
        let question = ElicitFormParams::new(message, RequestedSchema::new());
        Ask::new(self, Ok(question), |answer| {
            elicited::read(answer, |_| Ok(())).map(|answer| answer.is_accepted())
        })
    }

    /// Asks the user to choose one of several words, or of several pairs of a word and a title.
    ///
    /// ```
    /// # async fn handler(ctx: fmcp_core::Context) -> Result<(), fmcp_core::ToolError> {
    /// let size = ctx.choose("Which size?", ["small", "large"]).await?;
    /// let seat = ctx.choose("Where?", [("w", "At the window"), ("a", "At the aisle")]).await?;
    /// # let _: (fmcp_core::Elicited<String>, fmcp_core::Elicited<String>) = (size, seat); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Context::elicit`], when awaited; also when there is nothing to choose from.
    pub fn choose<C: Into<Choice>>(
        &self,
        message: impl Into<String>,
        choices: impl IntoIterator<Item = C>,
    ) -> Ask<Elicited<String>> {
        let choices: Vec<Choice> = choices.into_iter().map(Into::into).collect();
        let is_empty = choices.is_empty();
        let form = RequestedSchema::new().required_field(CHOICE, choice::field(choices));
        let question = if is_empty {
            Err(Error::internal("there is nothing to choose from"))
        } else {
            Ok(ElicitFormParams::new(message, form.clone()))
        };
        Ask::new(self, question, move |answer| {
            elicited::read(answer, |entered| {
                let chosen = fit::fields(&form, entered)?.remove(CHOICE);
                let chosen = chosen.and_then(|chosen| chosen.parse().ok());
                chosen.ok_or_else(|| "nothing was chosen".to_owned())
            })
        })
    }

    /// Asks the user to open an address, out of sight of client and model: for secrets, payments, and
    /// signing in elsewhere. The answer says whether the user has agreed to go there, and nothing of what
    /// came of it.
    ///
    /// The address must not carry secrets, and whoever opens it must prove to be this user.
    ///
    /// # Errors
    /// As [`Context::elicit`], when awaited.
    pub fn elicit_url(
        &self,
        message: impl Into<String>,
        url: impl Into<String>,
    ) -> Ask<Elicited<()>> {
        let question = ElicitUrlParams::new(message, url);
        Ask::new(self, Ok(question), |answer| {
            elicited::read(answer, |_| Ok(()))
        })
    }

    /// Asks the client where its user works. (The protocol advises new servers to take places as
    /// arguments instead.)
    ///
    /// # Errors
    /// As [`Context::elicit`], when awaited.
    pub fn list_roots(&self) -> Ask<Vec<Root>> {
        Ask::new(self, Ok(ListRootsRequest::new()), |answer| {
            let answer = answer.parse::<ListRootsResult>();
            answer
                .map(|answer| answer.roots)
                .map_err(|_| "it is no list of roots".to_owned())
        })
    }

    /// Whether the client has said that it can be asked this.
    ///
    /// # Errors
    /// When it has not: the error with which to end. (A question that is awaited ends so by itself.)
    pub fn can_ask(&self, question: &InputRequest) -> Result<()> {
        require(question, self.call())
    }

    /// The answers that the client has sent with this call, as they came: for handlers that ask by hand,
    /// with [`HandlerError::ask`](crate::HandlerError::ask). Nothing about them has been checked.
    #[must_use]
    pub fn input_responses(&self) -> InputResponses {
        self.call().rounds().given()
    }

    /// The state that an earlier run of this handler has left by hand, in
    /// [`InputRequiredResult::request_state`](crate::protocol::model::InputRequiredResult::request_state).
    #[must_use]
    pub fn request_state(&self) -> Option<String> {
        self.call().rounds().by_hand()
    }
}
