//! Made-up replies that hold what a revision can say, and nothing else.

use fmcp_core::protocol::{Method, Revision};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use Revision::{V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28};

type Json = BoxedStrategy<Value>;

/// A field that may be missing.
struct Field(&'static str, BoxedStrategy<Option<Value>>);

fn must(name: &'static str, value: impl Strategy<Value = Value> + 'static) -> Field {
    Field(name, value.prop_map(Some).boxed())
}

fn may(name: &'static str, value: impl Strategy<Value = Value> + 'static) -> Field {
    Field(name, option::of(value).boxed())
}

fn object(fields: Vec<Field>) -> Json {
    let (names, values): (Vec<_>, Vec<_>) = fields.into_iter().map(|Field(n, v)| (n, v)).unzip();
    let build = move |values: Vec<Option<Value>>| -> Value {
        let named = names.iter().zip(values);
        named
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
            .collect::<Map<_, _>>()
            .into()
    };
    values.prop_map(build).boxed()
}

fn list(element: impl Strategy<Value = Value> + 'static) -> Json {
    vec(element, 0..3).prop_map(Value::from).boxed()
}

fn one_of(values: &[Value]) -> Json {
    select(values.to_vec()).boxed()
}

fn text() -> Json {
    "[a-zß\"\\\\ ]{0,8}".prop_map(Value::from).boxed()
}

fn name() -> Json {
    "[a-z]{1,6}".prop_map(Value::from).boxed()
}

fn uri() -> Json {
    "file:///[a-z]{1,6}".prop_map(Value::from).boxed()
}

fn flag() -> Json {
    any::<bool>().prop_map(Value::from).boxed()
}

fn count() -> Json {
    any::<u32>().prop_map(Value::from).boxed()
}

fn meta() -> Json {
    one_of(&[
        json!({"example.com/a": 1}),
        json!({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "b": [null]}),
    ])
}

fn base64() -> Json {
    one_of(&[json!(""), json!("aGk="), json!("AAECAwQFBgc=")])
}

/// The words of one revision.
#[derive(Clone, Copy)]
struct Words(Revision);

impl Words {
    /// A field that the protocol has had since `first`.
    fn since(
        self,
        first: Revision,
        name: &'static str,
        value: impl Strategy<Value = Value> + 'static,
    ) -> Field {
        if self.0 >= first {
            may(name, value)
        } else {
            Field(name, Just(None).boxed())
        }
    }

    /// A field that only one revision has.
    fn only(self, revision: Revision, name: &'static str, value: Value) -> Field {
        let values = if self.0 == revision {
            vec![None, Some(value)]
        } else {
            vec![None]
        };
        Field(name, select(values).boxed())
    }

    /// A result: its own fields, and those that all have.
    fn result(self, mut fields: Vec<Field>) -> Json {
        fields.push(may("_meta", meta()));
        fields.push(self.since(V2026_07_28, "resultType", Just(json!("complete"))));
        object(fields)
    }

    fn cached(self, mut fields: Vec<Field>) -> Json {
        fields.push(self.since(V2026_07_28, "ttlMs", count()));
        fields.push(self.since(
            V2026_07_28,
            "cacheScope",
            one_of(&[json!("public"), json!("private")]),
        ));
        self.result(fields)
    }

    fn page(self, name: &'static str, element: Json) -> Json {
        self.cached(vec![must(name, list(element)), may("nextCursor", text())])
    }

    fn annotations(self) -> Json {
        object(vec![
            may(
                "audience",
                list(one_of(&[json!("user"), json!("assistant")])),
            ),
            may("priority", one_of(&[json!(0), json!(0.5), json!(1)])),
            self.since(
                V2025_06_18,
                "lastModified",
                Just(json!("2025-01-12T15:00:58Z")),
            ),
        ])
    }

    fn icons(self) -> Field {
        let icon = object(vec![
            must("src", Just(json!("https://example.com/i.png"))),
            may("mimeType", Just(json!("image/png"))),
            may("sizes", list(one_of(&[json!("48x48"), json!("any")]))),
            may("theme", one_of(&[json!("light"), json!("dark")])),
        ]);
        self.since(V2025_11_25, "icons", list(icon))
    }

    /// What things have that are listed, and links to them.
    fn listed(self, mut fields: Vec<Field>) -> Json {
        fields.push(must("name", name()));
        fields.push(may("description", text()));
        fields.push(self.since(V2025_06_18, "title", text()));
        fields.push(self.since(V2025_06_18, "_meta", meta()));
        fields.push(self.icons());
        object(fields)
    }

    fn resource_fields(self) -> Vec<Field> {
        vec![
            must("uri", uri()),
            may("mimeType", text()),
            may("size", count()),
            may("annotations", self.annotations()),
        ]
    }

    fn template(self) -> Json {
        self.listed(vec![
            must("uriTemplate", Just(json!("file:///{path}"))),
            may("mimeType", text()),
            may("annotations", self.annotations()),
        ])
    }

    fn schema(self) -> Json {
        let mut properties = vec![json!({}), json!({"a": {"type": "string"}})];
        if self.0 >= V2026_07_28 {
            properties.push(json!({"a": true, "b": false, "c": {"type": "null"}}));
        }
        object(vec![
            must("type", Just(json!("object"))),
            may("properties", one_of(&properties)),
            may("required", list(name())),
            may("description", text()),
        ])
    }

    fn output_schema(self) -> Json {
        if self.0 < V2026_07_28 {
            return self.schema();
        }
        let others = [
            json!({}),
            json!({"type": "array", "items": true}),
            json!({"oneOf": [{"type": "object"}]}),
        ];
        prop_oneof![self.schema(), one_of(&others)].boxed()
    }

    fn tool(self) -> Json {
        let hints = object(vec![
            may("title", text()),
            may("readOnlyHint", flag()),
            may("destructiveHint", flag()),
            may("idempotentHint", flag()),
            may("openWorldHint", flag()),
        ]);
        self.listed(vec![
            must("inputSchema", self.schema()),
            self.since(V2025_06_18, "outputSchema", self.output_schema()),
            self.since(V2025_03_26, "annotations", hints),
            self.only(V2025_11_25, "execution", json!({"taskSupport": "optional"})),
        ])
    }

    fn prompt(self) -> Json {
        let argument = object(vec![
            must("name", name()),
            may("description", text()),
            may("required", flag()),
            self.since(V2025_06_18, "title", text()),
        ]);
        self.listed(vec![may("arguments", list(argument))])
    }

    fn contents(self) -> Json {
        let with = |inside| {
            object(vec![
                must("uri", uri()),
                may("mimeType", text()),
                inside,
                self.since(V2025_06_18, "_meta", meta()),
            ])
        };
        prop_oneof![with(must("text", text())), with(must("blob", base64()))].boxed()
    }

    fn content(self) -> Json {
        let block = |kind: &'static str, mut fields: Vec<Field>| {
            fields.insert(0, must("type", Just(json!(kind))));
            fields.push(may("annotations", self.annotations()));
            fields.push(self.since(V2025_06_18, "_meta", meta()));
            object(fields)
        };
        let media = || vec![must("data", base64()), must("mimeType", text())];
        let mut blocks = vec![
            block("text", vec![must("text", text())]),
            block("image", media()),
            block("resource", vec![must("resource", self.contents())]),
        ];
        if self.0 >= V2025_03_26 {
            blocks.push(block("audio", media()));
        }
        if self.0 >= V2025_06_18 {
            let mut fields = self.resource_fields();
            fields.push(must("type", Just(json!("resource_link"))));
            blocks.push(self.listed(fields));
        }
        prop::strategy::Union::new(blocks).boxed()
    }

    fn tool_result(self) -> Json {
        let mut values = vec![json!({}), json!({"a": [1]})];
        if self.0 >= V2026_07_28 {
            values.extend([json!(null), json!([1, "a"]), json!("text"), json!(0.5)]);
        }
        self.result(vec![
            must("content", list(self.content())),
            self.since(V2025_06_18, "structuredContent", one_of(&values)),
            may("isError", flag()),
        ])
    }

    fn implementation(self) -> Json {
        object(vec![
            must("name", name()),
            must("version", name()),
            self.since(V2025_06_18, "title", text()),
            self.since(V2025_11_25, "description", text()),
            self.since(V2025_11_25, "websiteUrl", uri()),
            self.icons(),
        ])
    }

    fn capabilities(self) -> Json {
        let yes = || Just(json!({}));
        let some = || one_of(&[json!({}), json!({"listChanged": true})]);
        object(vec![
            may("tools", some()),
            may("prompts", some()),
            may(
                "resources",
                one_of(&[json!({}), json!({"subscribe": true, "listChanged": false})]),
            ),
            may("logging", yes()),
            may("experimental", Just(json!({"a": {}}))),
            self.since(V2025_03_26, "completions", yes()),
            self.since(
                V2026_07_28,
                "extensions",
                Just(json!({"example.com/e": {}})),
            ),
            self.only(
                V2025_11_25,
                "tasks",
                json!({"requests": {"tools": {"call": {}}}}),
            ),
        ])
    }

    fn self_description(self) -> Json {
        let mut fields = vec![
            must("capabilities", self.capabilities()),
            may("instructions", text()),
        ];
        if self.0 >= V2026_07_28 {
            fields.push(must("supportedVersions", Just(json!([self.0.as_str()]))));
            return self.cached(fields);
        }
        fields.push(must("protocolVersion", Just(json!(self.0.as_str()))));
        fields.push(must("serverInfo", self.implementation()));
        self.result(fields)
    }

    fn completion(self) -> Json {
        let completion = object(vec![
            must("values", list(text())),
            may("total", count()),
            may("hasMore", flag()),
        ]);
        self.result(vec![must("completion", completion)])
    }

    fn prompt_result(self) -> Json {
        let role = one_of(&[json!("user"), json!("assistant")]);
        let message = object(vec![must("role", role), must("content", self.content())]);
        self.result(vec![
            must("messages", list(message)),
            may("description", text()),
        ])
    }
}

/// A result of `revision`, and the method whose result it is.
pub(super) fn reply(revision: Revision) -> BoxedStrategy<(Method, Value)> {
    let words = Words(revision);
    let of = |method: Method, result: Json| result.prop_map(move |result| (method.clone(), result));
    prop_oneof![
        of(Method::Discover, words.self_description()),
        of(Method::ListTools, words.page("tools", words.tool())),
        of(Method::CallTool, words.tool_result()),
        of(
            Method::ListResources,
            words.page("resources", words.listed(words.resource_fields()))
        ),
        of(
            Method::ListTemplates,
            words.page("resourceTemplates", words.template())
        ),
        of(
            Method::ReadResource,
            words.cached(vec![must("contents", list(words.contents()))])
        ),
        of(Method::ListPrompts, words.page("prompts", words.prompt())),
        of(Method::GetPrompt, words.prompt_result()),
        of(Method::Complete, words.completion()),
        of(Method::Ping, words.result(vec![])),
    ]
    .boxed()
}
