//! The error of an answer, its codes and what they carry.

use super::{ClientCapabilities, ElicitUrlParams};
use crate::{
    Raw,
    json::{model, setters},
};

model! {
    /// Why a request could not be answered.
    pub struct ErrorObject new(code: i64, message: String) {
        /// The kind of error; see the constants.
        code: i64 = "code",
        /// One sentence.
        message: String = "message",
        /// More, in a form that depends on the code; `null` is a value.
        data: Option<Raw> = "data" raw,
    }

    /// What [`ErrorObject::UNSUPPORTED_PROTOCOL_VERSION`] carries.
    pub struct UnsupportedProtocolVersion new(supported: Vec<String>, requested: String) {
        /// The revisions that the server speaks.
        supported: Vec<String> = "supported",
        /// The one that was asked for.
        requested: String = "requested",
    }

    /// What [`ErrorObject::MISSING_CLIENT_CAPABILITY`] carries.
    pub struct MissingClientCapability new(required_capabilities: ClientCapabilities) {
        /// What the client would have to be able to do.
        required_capabilities: ClientCapabilities = "requiredCapabilities",
    }

    /// What [`ErrorObject::URL_ELICITATION_REQUIRED`] carries (2025-11-25 only).
    #[derive(Default)]
    pub struct UrlElicitationRequired new(elicitations: Vec<ElicitUrlParams>) {
        /// Where the user must go first.
        elicitations: Vec<ElicitUrlParams> = "elicitations",
    }
}

setters!(ErrorObject { data: Raw });

impl ErrorObject {
    /// The message is not JSON.
    pub const PARSE_ERROR: i64 = -32700;
    /// The message is JSON but no request.
    pub const INVALID_REQUEST: i64 = -32600;
    /// Nobody answers this method.
    pub const METHOD_NOT_FOUND: i64 = -32601;
    /// The parameters do not fit: an unknown tool, a wrong argument, a stale cursor.
    pub const INVALID_PARAMS: i64 = -32602;
    /// The fault lies with the one who was asked.
    pub const INTERNAL_ERROR: i64 = -32603;
    /// An HTTP header says other than the body.
    pub const HEADER_MISMATCH: i64 = -32020;
    /// The client cannot do what the request needs.
    pub const MISSING_CLIENT_CAPABILITY: i64 = -32021;
    /// The server does not speak the revision.
    pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
    /// There is no such resource (up to 2025-11-25; invalid parameters since).
    pub const LEGACY_RESOURCE_NOT_FOUND: i64 = -32002;
    /// The user must visit an address first (2025-11-25 only).
    pub const URL_ELICITATION_REQUIRED: i64 = -32042;
}
