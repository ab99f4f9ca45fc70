impl WeatherStation {
    const DAYS: u8 = 3;
    /// The forecast for a city.
    #[cfg(feature = "forecast")]
    pub async fn forecast(
        &self,
        city: String,
        days: u8,
        ctx: Context,
    ) -> Result<Json<Self>, ToolError> {
        self.ask(city, days, ctx).await
    }
    fn reindex(&self) {}
    #[deprecated]
    async fn station(&self, id: u64) -> Json<Station> {
        self.find(id).await
    }
    fn ask_for(city: String) -> String {
        format!("How is the weather in {city}?")
    }
    fn not_exposed(&self, id: u64) {}
}
impl WeatherStation {
    /// The server that answers calls with the methods of this value.
    pub fn into_server(self) -> ::fmcp::Server {
        let this = ::std::sync::Arc::new(self);
        let server = ::fmcp::Server::new("weather-station")
            .version("1.0.0")
            .title("Weather")
            .instructions("Ask for a city");
        #[cfg(feature = "forecast")]
        let server = server
            .tool({
                #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
                #[serde(
                    crate = "::fmcp::serde",
                    rename = "forecast arguments",
                    deny_unknown_fields
                )]
                #[schemars(crate = "::fmcp::schemars")]
                struct __Arguments {
                    #[schemars(description = "Its name")]
                    city: String,
                    #[serde(default = "__days_default")]
                    days: u8,
                }
                fn __days_default() -> u8 {
                    WeatherStation::DAYS
                }
                ::fmcp::assert::argument::<String>();
                ::fmcp::assert::argument::<u8>();
                ::fmcp::assert::from_call::<Context>();
                ::fmcp::assert::tool_reply::<Result<Json<Self>, ToolError>>();
                let this = ::std::sync::Arc::clone(&this);
                ::fmcp::Tool::new(
                        "forecast",
                        move |
                            ::fmcp::Input(arguments): ::fmcp::Input<__Arguments>,
                            ctx: Context|
                        {
                            let this = ::std::sync::Arc::clone(&this);
                            async move {
                                Self::forecast(&this, arguments.city, arguments.days, ctx)
                                    .await
                            }
                        },
                    )
                    .description("The forecast for a city.")
                    .read_only(true)
            });
        let server = server
            .tool({
                let this = ::std::sync::Arc::clone(&this);
                ::fmcp::Tool::new(
                    "reindex",
                    move || {
                        let this = ::std::sync::Arc::clone(&this);
                        async move {
                            ::fmcp::blocking(move || Self::reindex(&this)).await
                        }
                    },
                )
            });
        #[allow(deprecated)]
        let server = server
            .resource({
                #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
                #[serde(
                    crate = "::fmcp::serde",
                    rename = "station arguments",
                    deny_unknown_fields
                )]
                #[schemars(crate = "::fmcp::schemars")]
                struct __Arguments {
                    id: u64,
                }
                ::fmcp::assert::argument::<u64>();
                ::fmcp::assert::resource_reply::<Json<Station>>();
                let this = ::std::sync::Arc::clone(&this);
                ::fmcp::Resource::new(
                        "weather://stations/{id}",
                        move |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| {
                            let this = ::std::sync::Arc::clone(&this);
                            async move { Self::station(&this, arguments.id).await }
                        },
                    )
                    .name("station")
            });
        let server = server
            .prompt({
                #[derive(::fmcp::serde::Deserialize, ::fmcp::schemars::JsonSchema)]
                #[serde(
                    crate = "::fmcp::serde",
                    rename = "ask_for arguments",
                    deny_unknown_fields
                )]
                #[schemars(crate = "::fmcp::schemars")]
                struct __Arguments {
                    city: String,
                }
                ::fmcp::assert::argument::<String>();
                ::fmcp::assert::prompt_reply::<String>();
                ::fmcp::Prompt::new(
                    "ask_for",
                    |::fmcp::Input(arguments): ::fmcp::Input<__Arguments>| async move {
                        Self::ask_for(arguments.city)
                    },
                )
            });
        server
    }
}
impl<S: Store> Notes<S>
where
    S: Send,
{
    async fn count(&self) -> usize {
        self.store.count()
    }
}
impl<S: Store> Notes<S>
where
    S: Send,
{
    /// The server that answers calls with the methods of this value.
    pub fn into_server(self) -> ::fmcp::Server {
        let this = ::std::sync::Arc::new(self);
        let server = ::fmcp::Server::new(NAME);
        let server = server
            .tool({
                ::fmcp::assert::tool_reply::<usize>();
                let this = ::std::sync::Arc::clone(&this);
                ::fmcp::Tool::new(
                    "count",
                    move || {
                        let this = ::std::sync::Arc::clone(&this);
                        async move { Self::count(&this).await }
                    },
                )
            });
        server
    }
}
