//! The official schema of a revision, where it is at hand.
//!
//! The official schemas let every object have fields of any name, so that a field which a revision does
//! not know would pass. Here the objects that they name are closed first.

use std::{
    cell::RefCell,
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
};

use fmcp_core::protocol::{Era, Method, Revision};
use jsonschema::Validator;
use serde_json::{Value, json};

/// The official schemas, and how many values have been held against them.
pub(super) struct Official {
    root: PathBuf,
    validators: RefCell<HashMap<(Revision, &'static str), Validator>>,
    checked: RefCell<HashMap<Revision, usize>>,
}

impl Official {
    /// The schemas that `FMCP_SPEC` names, or that lie beside the repository.
    pub(super) fn find() -> Option<Self> {
        let root = match env::var_os("FMCP_SPEC") {
            Some(root) => PathBuf::from(root),
            None => {
                let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec");
                beside.is_dir().then_some(beside)?
            }
        };
        Some(Self {
            root,
            validators: RefCell::default(),
            checked: RefCell::default(),
        })
    }

    /// What the schema of the revision has to say against a result.
    pub(super) fn faults(
        &self,
        revision: Revision,
        method: &Method,
        result: &Value,
    ) -> Vec<String> {
        let name = match (method, &result["resultType"]) {
            (_, kind) if kind == "input_required" => "InputRequiredResult",
            (Method::CallTool, _) if result["task"].is_object() => "CreateTaskResult",
            _ => result_name(revision, method),
        };
        let mut validators = self.validators.borrow_mut();
        let validator = validators
            .entry((revision, name))
            .or_insert_with(|| self.read(revision, name));
        *self.checked.borrow_mut().entry(revision).or_default() += 1;
        let faults = validator.iter_errors(result);
        faults
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect()
    }

    /// Says how many values were checked, and fails if there were none in some revision.
    #[allow(clippy::print_stdout)]
    pub(super) fn report(&self, what: &str) {
        let checked = self.checked.borrow();
        for revision in Revision::ALL {
            let count = checked.get(&revision).copied().unwrap_or_default();
            println!("{what}: {count} results held against the schema of {revision}");
            assert!(
                count > 0,
                "nothing was held against the schema of {revision}"
            );
        }
    }

    fn read(&self, revision: Revision, name: &str) -> Validator {
        let file = self.root.join(revision.as_str()).join("schema/schema.json");
        let mut schema: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let place = if schema["$defs"].is_object() {
            "$defs"
        } else {
            "definitions"
        };
        let mut definitions = schema[place].take();
        for (name, definition) in definitions.as_object_mut().unwrap() {
            let open =
                name.ends_with("MetaObject") || definition.get("additionalProperties").is_some();
            if definition.get("properties").is_some() && !open {
                definition["additionalProperties"] = json!(false);
            }
        }
        if revision == Revision::V2025_11_25 {
            // Extensions were agreed on in this revision's handshakes before a schema knew the field.
            let known = &mut definitions["ServerCapabilities"]["properties"];
            known["extensions"] = json!({"type": "object"});
        }
        assert!(definitions[name].is_object(), "{revision} has no {name}");
        let schema = json!({
            "$schema": schema["$schema"],
            "allOf": [{"$ref": format!("#/{place}/{name}")}],
            place: definitions,
        });
        jsonschema::validator_for(&schema).unwrap()
    }
}

fn result_name(revision: Revision, method: &Method) -> &'static str {
    match method {
        Method::Discover if revision.era() == Era::Legacy => "InitializeResult",
        Method::Discover => "DiscoverResult",
        Method::ListTools => "ListToolsResult",
        Method::CallTool => "CallToolResult",
        Method::ListResources => "ListResourcesResult",
        Method::ListTemplates => "ListResourceTemplatesResult",
        Method::ReadResource => "ReadResourceResult",
        Method::ListPrompts => "ListPromptsResult",
        Method::GetPrompt => "GetPromptResult",
        Method::Complete => "CompleteResult",
        Method::Listen => "SubscriptionsListenResult",
        Method::GetTask => "GetTaskResult",
        Method::CancelTask => "CancelTaskResult",
        Method::ListTasks => "ListTasksResult",
        Method::TaskResult => "GetTaskPayloadResult",
        _ => "EmptyResult",
    }
}
